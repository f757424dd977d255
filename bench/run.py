"""All benchmarks: requests, the rules alone, and a full day. `make bench`, or `make bench ENGINE=sqlite`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import day, engine, web

if __name__ == "__main__":
    web.main()
    print()
    engine.main()
    print()
    day.main()
