"""What citizens, programs and staff may all be told: the refusals of the API and of every page.

A refusal's docstring tells developers when it is raised; its ``code`` is the API's word for it and the key of the
sentence that people read (see ``booking/web/problems.py``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with what was sent: a JSON pointer to the field and the key of a sentence."""

    pointer: str
    key: str
    values: Mapping[str, object] = field(default_factory=dict)


class Refusal(Exception):  # noqa: N818 - a refusal is an answer, not an error of ours
    """The request is understood and declined."""

    code: ClassVar[str] = "refused"


class NotFound(Refusal):
    """No such municipality, office, concern, reference or token."""

    code = "not-found"

    def __init__(self, what: str = "page") -> None:
        super().__init__(what)
        self.what = what


class Malformed(Refusal):
    """The body cannot be read at all."""

    code = "malformed"


class Invalid(Refusal):
    """The body can be read, but fields in it cannot be accepted; every faulty field is named."""

    code = "validation"

    def __init__(self, *faults: Fault) -> None:
        super().__init__(", ".join(f"{fault.pointer}: {fault.key}" for fault in faults))
        self.faults = faults


class TooLarge(Refusal):
    """The body is larger than any booking."""

    code = "too-large"


class WithAlternatives(Refusal):
    """A refusal that names the nearest free starts instead."""

    def __init__(self, alternatives: Sequence[datetime] = ()) -> None:
        super().__init__()
        self.alternatives = tuple(alternatives)


class StartTaken(WithAlternatives):
    """Somebody else has this time, or no able clerk is free for the whole of it."""

    code = "start-taken"


class ConfirmationExpired(WithAlternatives):
    """The time was not confirmed soon enough and somebody else has it now."""

    code = "confirmation-expired"


class OutsideWindow(Refusal):
    """The start lies before the lead time or after the last day that is open for booking."""

    code = "outside-window"


class NotCombinable(Refusal):
    """No clerk can handle this combination of concerns in one visit."""

    code = "not-combinable"


class TooManyAppointments(Refusal):
    """The address already has as many active appointments as one contact may have."""

    code = "too-many-appointments"


class WrongCode(Refusal):
    """The six digits are not those of the mail."""

    code = "wrong-code"


class CodeLocked(Refusal):
    """Too many wrong codes; only the link of the mail confirms now."""

    code = "code-locked"


class KeyReused(Refusal):
    """The idempotency key was used before, with another body."""

    code = "key-reused"


class NotPossibleNow(Refusal):
    """The appointment's state does not allow this."""

    code = "not-possible-now"

    def __init__(self, status: str = "") -> None:
        super().__init__(status)
        self.status = status


class UndoOver(NotPossibleNow):
    """The minute in which a move or a cancellation can be undone is over, or something else has happened since."""

    def __init__(self) -> None:
        super().__init__("undo")


class LinkRevoked(Refusal):
    """The link was valid once and has been withdrawn."""

    code = "link-revoked"


class RateLimited(Refusal):
    """Too many open bookings from one network."""

    code = "rate-limited"

    def __init__(self, retry_after: int = 60) -> None:
        super().__init__()
        self.retry_after = retry_after


class ProofRequired(Refusal):
    """The office is in abuse mode: a booking needs a solved challenge (ALTCHA), or a letter first.

    ``challenge`` is what to solve. A proof that is wrong, lapsed, for another office or used already is answered by a
    new one.
    """

    code = "proof-required"

    def __init__(self, challenge: Mapping[str, Any] | None = None) -> None:
        super().__init__()
        self.challenge = dict(challenge or {})


class BookByPhone(Refusal):
    """The office has asked this contact to book by phone; why, it tells them there."""

    code = "book-by-phone"


class LettersSpent(RateLimited):
    """The letter that asks for confirmation has been sent as often as it may be; waiting does not help."""


class Unavailable(Refusal):
    """The database does not answer; the same request may succeed soon."""

    code = "unavailable"

    def __init__(self, retry_after: int = 5) -> None:
        super().__init__()
        self.retry_after = retry_after
