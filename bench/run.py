"""All benchmarks: what a request costs, and what the rules alone cost. `make bench`, or `make bench ENGINE=sqlite`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import engine, web

if __name__ == "__main__":
    web.main()
    print()
    engine.main()
