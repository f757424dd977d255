"""What only staff can be told; the sentences are German, in the domain ``staff``."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from booking.errors.public import Refusal, StartTaken


class StaffRefusal(Refusal):
    """A refusal that only staff can meet: its sentence is German, in the domain ``staff``; ``values`` stand in it."""

    values: Mapping[str, object] = {}
    about: str = ""  # which of several sentences, if there is more than one: ``CODE.ABOUT``


class SharedClerk(StaffRefusal):
    """The clerk also works at an office that is out of reach: only who is responsible for both may change its times."""

    code = "shared-clerk"


class Strands(StaffRefusal):
    """The change would leave appointments without their clerk, and nobody has said that this is known."""

    code = "strands"

    def __init__(self, references: Sequence[str] = ()) -> None:
        super().__init__()
        self.references = tuple(references)


class WrongLogin(StaffRefusal):
    """Name, password or second factor do not fit; which of them is not told."""

    code = "wrong-login"


class WrongFactor(StaffRefusal):
    """The code of the second factor is wrong, or was used before."""

    code = "wrong-factor"


class NoGroup(StaffRefusal):
    """The identity provider knows somebody who has no role here."""

    code = "no-group"


class SignOnFailed(StaffRefusal):
    """The identity provider refused, or what it says does not belong to what was asked."""

    code = "sign-on-failed"


class SignOnAway(StaffRefusal):
    """The identity provider does not answer."""

    code = "sign-on-away"


class LastAdmin(StaffRefusal):
    """Nobody would be left who administers the municipality."""

    code = "last-admin"


class SharedLogin(StaffRefusal):
    """The login has roles in other municipalities too: only its owner or the operator changes it as a whole."""

    code = "shared-login"


class LoggedOut(StaffRefusal):
    """Nobody is logged in (any more)."""

    code = "logged-out"


class Forbidden(StaffRefusal):
    """The login's role does not allow this here."""

    code = "forbidden"


class StepStale(StaffRefusal):
    """Somebody has gone on meanwhile: the step to be undone, or the state to go on from, is not the latest."""

    code = "step-stale"


class NotToday(StaffRefusal):
    """Nobody arrives for an appointment of another day."""

    code = "not-today"


class TimeGone(StaffRefusal):
    """The time that would have to be taken back belongs to somebody else: which appointment, at what local time."""

    code = "time-gone"

    def __init__(self, reference: str, at: datetime) -> None:
        super().__init__(reference)
        self.values = {"reference": reference, "at": f"{at:%H:%M}"}


class FreeOnlyUntil(StaffRefusal):
    """An appointment cannot be extended so far: its clerk is free until a local time only, then another's.

    ``is_over``: that time has come already, so that no number of minutes would do.
    """

    code = "free-only-until"

    def __init__(self, until: datetime, reference: str, *, is_over: bool = False) -> None:
        super().__init__()
        self.values = {"until": f"{until:%H:%M}", "reference": reference}
        self.about = "over" if is_over else ""


class ClerkBusy(StaffRefusal):
    """The clerk has another appointment at this moment, until a local time.

    ``about`` says of the other: ``expected`` (has not come), ``here`` (waits), else it is running.
    """

    code = "clerk-busy"

    def __init__(self, until: datetime, reference: str, about: str = "") -> None:
        super().__init__()
        self.values = {"until": f"{until:%H:%M}", "reference": reference}
        self.about = about


class ClerkTaken(StaffRefusal, StartTaken):
    """A chosen clerk cannot have an appointment there.

    ``about`` says why: ``busy`` (with whom, since when), ``unable``, ``away``, ``shut`` or no working ``hours``.
    """

    code = "clerk-taken"

    def __init__(self, about: str, values: Mapping[str, object], alternatives: Sequence[datetime]) -> None:
        StartTaken.__init__(self, alternatives)
        self.about, self.values = about, values


class ClerkUnable(StaffRefusal):
    """The clerk does not handle what somebody came for: the names of these concerns."""

    code = "clerk-unable"

    def __init__(self, concerns: str) -> None:
        super().__init__()
        self.values = {"concerns": concerns}


class FormExpired(StaffRefusal):
    """The page of a form is older than the login, or its token is missing."""

    code = "form-expired"


class FromElsewhere(StaffRefusal):
    """Another site sent this form."""

    code = "from-elsewhere"


class TooManyLogins(StaffRefusal):
    """Too many failed logins with this name or from this network; ``retry_after`` is in seconds."""

    code = "too-many-logins"

    def __init__(self, retry_after: int = 900) -> None:
        super().__init__()
        self.retry_after = retry_after


class SearchedTooOften(StaffRefusal):
    """A login has looked too often for appointments that are not there, or booked without a reason that was needed."""

    code = "searched-too-often"


class NoteChanged(StaffRefusal):
    """Somebody else has changed the note since it was read; ``theirs`` is how it stands now."""

    code = "note-changed"

    def __init__(self, theirs: str = "") -> None:
        super().__init__()
        self.theirs = theirs


class ClerkAway(StaffRefusal):
    """The clerk is absent then."""

    code = "clerk-away"


class OfficeShut(StaffRefusal):
    """The office has a closure then."""

    code = "office-shut"


class NeedsReason(StaffRefusal):
    """Staff may do this all the same, with a reason for each caution (codes of ``rules.cautions``)."""

    code = "needs-reason"

    def __init__(self, *cautions: str) -> None:
        super().__init__(", ".join(cautions))
        self.cautions = cautions
