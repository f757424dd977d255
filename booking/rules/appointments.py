"""An appointment as a value: what doors, letters and calendar objects are made of."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from booking.rules.catalogue import Catalogue, Concern, Office
from booking.rules.lifecycle import UNBOOKED, Asking, Status
from booking.rules.texts import Text
from booking.rules.visits import Bring

TYPED_BY_STAFF = frozenset({"phone", "desk"})


@dataclass(frozen=True, slots=True)
class Wish:
    """A concern (by slug) and how many persons or pieces of it."""

    concern: str
    quantity: int = 1


@dataclass(frozen=True, slots=True)
class BookedConcern:
    """What an appointment is for, as it was named and measured when it was booked."""

    id: int
    slug: str
    name: Text
    quantity: int
    minutes: int
    discreet: bool


@dataclass(frozen=True, slots=True)
class Former:
    """When, and at which office, an appointment was before the office moved it."""

    start: datetime
    office: Office


@dataclass(frozen=True)
class Appointment:
    """One appointment with everything that may be shown of it.

    ``start`` and ``end`` are aware, in UTC. ``documents`` is the merged checklist. ``token`` is the mailed
    link's secret and must reach nobody but its reader; ``mail_failure`` is the relay's permanent refusal, for staff.
    ``declined_at`` is when its calendar entry, as it is now, was declined; nothing is cancelled by that.
    ``former`` is there only where it was asked for: in the letter, and on the page, that tells of a relocation;
    ``blocked_until`` in letters that tell a blocked contact until when to call.
    """

    id: int
    catalogue: Catalogue
    office: Office
    reference: str
    uid: str
    sequence: int
    status: Status
    start: datetime
    end: datetime
    concerns: tuple[BookedConcern, ...]
    documents: tuple[Bring, ...]
    answers: tuple[tuple[Text, str], ...]
    name: str
    email: str
    phone: str
    language: str
    address_proven: bool
    created_at: datetime
    changed_at: datetime
    confirm_by: datetime | None
    cancelled_by: str | None
    mail_failure: str | None
    holder: str
    token: str
    code: str
    channel: str = "online"
    is_extended: bool = False
    former: Former | None = None
    declined_at: datetime | None = None
    blocked_until: datetime | None = None

    @property
    def is_discreet(self) -> bool:
        """Whether a concern's name must not appear in subjects, calendars, feeds or prints."""
        return any(concern.discreet for concern in self.concerns)

    @property
    def chosen(self) -> list[Concern]:
        """What it is for, as the catalogue describes it now."""
        return [self.catalogue.concern(concern.id) for concern in self.concerns]

    @property
    def wanted(self) -> list[tuple[Concern, int]]:
        """The same, with how many of each."""
        return list(zip(self.chosen, (concern.quantity for concern in self.concerns), strict=True))

    @property
    def asking(self) -> Asking:
        """What the time to confirm it depends on."""
        return Asking(self.start, self.created_at, self.is_extended)

    @property
    def is_bare(self) -> bool:
        """Whether its letters name neither person nor concern: staff typed the address, nobody has proven it.

        What was booked online became firm by its letter's link; if its address is unproven now, staff corrected it.
        """
        return not self.address_proven and (self.channel in TYPED_BY_STAFF or self.status not in UNBOOKED)

    def told_at(self, now: datetime) -> Status:
        """Return the status that whoever typed the address is told.

        A booking that was declined by letter (it is expired though its time is not over) looks like any other: the
        address may be a stranger's, and only its owner may learn that it has too many.
        """
        declined = self.status is Status.EXPIRED and self.confirm_by is not None and self.confirm_by > now
        return Status.PENDING if declined else self.status_at(now)

    def status_at(self, now: datetime) -> Status:
        """Return the status that counts: a pending appointment past its time is expired, job or no job."""
        if self.status is Status.PENDING and self.confirm_by is not None and self.confirm_by <= now:
            return Status.EXPIRED
        return self.status


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody asks to book. ``start`` is aware; ``answers`` maps question ids to texts.

    ``language`` is wanted and need not be among the municipality's. ``key`` is the idempotency key and ``body`` the raw
    request (its keyed hash tells a replay from a reuse); ``network`` is the client's address, of which only a daily
    keyed hash is kept. In abuse mode ``proof`` is a solved challenge; who cannot solve one proves the address
    ``by_letter`` before any time is taken.
    """

    municipality: str
    office: str
    start: datetime
    wishes: tuple[Wish, ...]
    name: str
    email: str
    phone: str
    language: str
    answers: Mapping[str, str]
    channel: str
    key: str
    body: bytes
    network: str
    proof: str = ""
    by_letter: bool = False
