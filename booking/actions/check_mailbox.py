"""What ``doctor`` can tell of the mailbox: it is opened as the job process opens it, and nothing is read."""

from collections.abc import Iterable, Iterator

from flask import current_app

from booking.actions.findings import Finding, note
from booking.actions.read_mailbox import is_mailbox_set
from booking.mail.mailbox import Mailbox, MailboxAway

TIME_LIMIT = 5.0


def check_mailbox(senders: Iterable[str]) -> Iterator[Finding]:
    """Connect, encrypt, log in and open the folder; say which senders' mail may arrive elsewhere."""
    config = current_app.config
    if not is_mailbox_set():
        if config["BOUNCE_ADDRESS"]:
            yield note(
                "BOUNCE_ADDRESS is set, but no mailbox is read: set IMAP_SERVER, or nobody learns what came back."
            )
        return
    try:
        with Mailbox(current_app, TIME_LIMIT):
            pass
    except MailboxAway as away:
        yield Finding(f"The mailbox cannot be used ({away}): check IMAP_SERVER and the settings beside it.")
    if not config["BOUNCE_ADDRESS"]:
        yield note("BOUNCE_ADDRESS is not set: nobody can tell which letter came back.")
    known = {_domain(config["IMAP_USERNAME"]), _domain(config["BOUNCE_ADDRESS"] or "")}
    for sender in sorted({sender for sender in senders if _domain(sender) not in known}):
        yield note(f"Calendars answer to {sender}: see that its mail reaches the mailbox that is read.")


def _domain(address: str) -> str:
    return address.rpartition("@")[2].casefold()
