"""What arrives in the mailbox: reports and answers as real programs write them, made up by us (mail/returned/*.eml)."""

from pathlib import Path

SAMPLES = Path(__file__).parent / "mail" / "returned"
REPLIES = ("reply-outlook", "reply-gmail", "reply-apple", "reply-thunderbird")


def a_message(name: str, to: str = "", **words: object) -> bytes:
    """Return a sample as it arrives, sent to the envelope's sender ``to``; ``words`` fill what else it leaves open."""
    text = (SAMPLES / f"{name}.eml").read_text(encoding="utf-8")
    for word, value in {"to": to, **words}.items():
        text = text.replace(f"{{{word}}}", str(value))
    return text.replace("\n", "\r\n").encode()


def a_reply(name: str, uid: str, answer: str = "DECLINED", sequence: int = 0) -> bytes:
    return a_message(name, uid=uid, answer=answer, sequence=sequence)
