"""Run the mailbox: ``python -m tools.mailbox --smtp-port 8002 --page-port 8001 --folder instance/mailbox``."""

import argparse
import logging
import signal
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from werkzeug.serving import make_server

from tools.mailbox.letters import Letters
from tools.mailbox.pages import make_pages


class Taking:
    """Takes every letter from everybody, as a demo should."""

    def __init__(self, letters: Letters) -> None:
        self.letters = letters

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: ARG002, N802 - aiosmtpd's names
        content: Any = envelope.original_content
        self.letters.keep(content, recipients=envelope.rcpt_tos)
        return "250 Message accepted for delivery"


def main() -> None:
    parser = argparse.ArgumentParser(prog="tools.mailbox", description="A mailbox for trying things out.")
    parser.add_argument("--smtp-port", type=int, required=True)
    parser.add_argument("--page-port", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    asked = parser.parse_args()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    taking = Taking(Letters(asked.folder))
    # With a name given, aiosmtpd does not ask the network for the machine's.
    smtp = Controller(
        taking, hostname="127.0.0.1", port=asked.smtp_port, server_hostname="localhost", enable_SMTPUTF8=True
    )
    smtp.start()
    pages = make_server("127.0.0.1", asked.page_port, make_pages(asked.folder), threaded=True)
    signal.signal(signal.SIGTERM, _leave)
    try:
        pages.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        smtp.stop()


def _leave(*_: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
