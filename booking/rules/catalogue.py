"""The bookable catalogue of one municipality as values: what is offered where, by whom and when.

Read once per revision (``booking/models/reading.py``) and never changed afterwards, so that every request of a process
may share it. ``id`` is the database's key, ``slug`` the public name.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal
from functools import cached_property
from zoneinfo import ZoneInfo

from booking.errors import NotFound
from booking.rules.blocks import Block, Closure, Timetable
from booking.rules.spans import Span
from booking.rules.texts import Text
from booking.rules.towns import FACELESS, Face
from booking.rules.visits import Item
from booking.rules.windows import Policy


@dataclass(frozen=True, slots=True)
class Fee:
    """What a visit costs, in words and, where it can be said, as a sum."""

    text: Text
    amount: Decimal | None
    amount_from: Decimal | None
    currency: str


@dataclass(frozen=True, slots=True)
class Form:
    """A form on the municipality's homepage; ``format`` as people say it (PDF), ``size_kb`` in units of 1000 bytes."""

    name: Text
    url: str
    format: str = ""
    size_kb: int | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """Something the office asks while one books."""

    id: str
    label: Text
    required: bool
    max_length: int


@dataclass(frozen=True, slots=True)
class Offered:
    """A concern at an office: how long it takes there and who may book it."""

    office: int
    minutes: int
    extra_minutes: int
    online: bool
    staff: bool


@dataclass(frozen=True, slots=True)
class Concern:
    """What people come for. ``horizon_days`` and ``lead_minutes`` override the office's where set.

    ``units`` is what ``unit`` is called from two on, by language: a word, or one by CLDR plural category.
    """

    id: int
    slug: str
    group: Text
    name: Text
    description: Text
    keywords: Mapping[str, tuple[str, ...]]
    unit: Text
    units: Mapping[str, str | Mapping[str, str]]
    minutes: int
    extra_minutes: int
    max_quantity: int
    discreet: bool
    leika: str | None
    legal_basis: tuple[str, ...]
    fee: Fee | None
    forms: tuple[Form, ...]
    questions: tuple[Question, ...]
    documents: tuple[Item, ...]
    offices: Mapping[int, Offered]
    horizon_days: int | None
    lead_minutes: int | None
    active: bool = True


@dataclass(frozen=True, slots=True)
class Office:
    """A place with an address; ``opening_hours`` are local wall-clock spans by weekday (0 is Monday).

    Where nobody checks people in, or calls them, the day schedule leaves out these steps.
    """

    id: int
    slug: str
    name: Text
    unit: Text
    room: Text
    street: str
    postal_code: str
    city: str
    phone: str
    email: str
    accessibility: tuple[str, ...]
    payment: tuple[str, ...]
    opening_hours: Mapping[int, tuple[tuple[time, time], ...]]
    policy: Policy
    active: bool = True
    uses_check_in: bool = True
    uses_call: bool = True

    @property
    def address(self) -> str:
        """The postal address on one line."""
        return f"{self.street}, {self.postal_code} {self.city}"


@dataclass(frozen=True, slots=True)
class Clerk:
    """A workplace; ``concerns`` is None where it handles every one. Only active clerks are here."""

    id: int
    slug: str
    name: Text
    after_minutes: int
    concerns: frozenset[int] | None


@dataclass(frozen=True, slots=True)
class Referral:
    """What people look for here but others do; nameless in catalogues that give it only keywords."""

    name: Text
    keywords: Mapping[str, tuple[str, ...]]
    who: Text
    url: str
    phone: str


@dataclass(frozen=True, slots=True)
class Notice:
    """Words of an office (or, with ``None``, of all) on the public pages, from the first to the last day inclusive."""

    id: int
    office: int | None
    text: Text
    first: date
    last: date


@dataclass(frozen=True)
class Catalogue:
    """One municipality with everything that availability and letters need to know of it."""

    id: int
    slug: str
    revision: int
    name: Text
    zone: ZoneInfo
    languages: tuple[str, ...]
    proofread: tuple[str, ...]
    website: str
    base_url: str
    sender_email: str
    sender_name: Text
    footer: Text
    imprint_url: str
    privacy_url: str
    embedding_origins: tuple[str, ...]
    retention: Mapping[str, int]
    policy: Policy
    offices: tuple[Office, ...]
    clerks: tuple[Clerk, ...]
    blocks: tuple[Block, ...]
    closures: tuple[Closure, ...]
    holidays: Mapping[date, Text]
    absences: Mapping[int, tuple[Span, ...]]
    concerns: tuple[Concern, ...]
    referrals: tuple[Referral, ...] = field(default=())
    notices: tuple[Notice, ...] = field(default=())
    face: Face = FACELESS

    @cached_property
    def open_offices(self) -> tuple[Office, ...]:
        """The offices that can be booked; ``offices`` also has those that only old appointments still name."""
        return tuple(office for office in self.offices if office.active)

    @cached_property
    def open_concerns(self) -> tuple[Concern, ...]:
        """The concerns that can be booked at some open office by somebody."""
        return tuple(concern for concern in self.concerns if concern.active)

    @cached_property
    def _offices(self) -> dict[str | int, Office]:
        by_slug: dict[str | int, Office] = {office.slug: office for office in self.open_offices}
        return by_slug | {office.id: office for office in self.offices}

    @cached_property
    def _concerns(self) -> dict[str | int, Concern]:
        by_slug: dict[str | int, Concern] = {concern.slug: concern for concern in self.open_concerns}
        return by_slug | {concern.id: concern for concern in self.concerns}

    def office(self, key: str | int) -> Office:
        """Return an open office by slug, or any by id (old appointments name closed ones); else NotFound."""
        try:
            return self._offices[key]
        except KeyError:
            raise NotFound("office") from None

    def concern(self, key: str | int) -> Concern:
        """Return an open concern by slug, or any by id; else NotFound."""
        try:
            return self._concerns[key]
        except KeyError:
            raise NotFound("concern") from None

    def notices_on(self, day: date, offices: Collection[int]) -> list[Notice]:
        """Return what stands on public pages on a local day: of these offices (ids) and of the municipality."""
        return [at for at in self.notices if at.first <= day <= at.last and (at.office is None or at.office in offices)]

    @cached_property
    def timetable(self) -> Timetable:
        """When which clerk works, and what stands against it."""
        return Timetable(self.zone, self.blocks, self.closures, self.holidays, self.absences)

    @cached_property
    def neighbours(self) -> Mapping[int, tuple[int, ...]]:
        """For each office the offices that share a clerk with it, itself included, in id order.

        Their availability changes together, so a writer locks them together, always in this order.
        """
        at: dict[int, set[int]] = {}
        for block in self.blocks:
            at.setdefault(block.clerk, set()).add(block.office)
        return {
            office.id: tuple(sorted({office.id}.union(*(shared for shared in at.values() if office.id in shared))))
            for office in self.offices
        }
