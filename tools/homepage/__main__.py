"""Run the homepage: ``python -m tools.homepage --port 8003 --booking http://localhost:8000``."""

import argparse
import contextlib
import logging
import signal

from werkzeug.serving import make_server

from tools.homepage.pages import make_pages


def main() -> None:
    parser = argparse.ArgumentParser(prog="tools.homepage", description="A sample homepage that embeds the booking.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--booking", required=True, help="the address of the service")
    parser.add_argument("--municipality", default="schwarmstedt")
    asked = parser.parse_args()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    pages = make_server("127.0.0.1", asked.port, make_pages(asked.booking, asked.municipality), threaded=True)
    signal.signal(signal.SIGTERM, _leave)
    with contextlib.suppress(KeyboardInterrupt):
        pages.serve_forever()


def _leave(*_: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
