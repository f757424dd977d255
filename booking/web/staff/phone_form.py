"""The phone page's form: where the caller lives, what they come for, which times suit, who they are.

All of it travels in the body of POSTs from step to step; nothing is kept elsewhere.
"""

import json
import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Literal

from flask import g, request

from booking.actions.browse import open_catalogue
from booking.actions.find_for_phone import Sieve
from booking.errors import NotFound
from booking.rules import roles
from booking.rules.appointments import Wish
from booking.rules.blocks import instant_at
from booking.rules.catalogue import Catalogue, Concern, Office, Question
from booking.rules.orders import checklist, question_key
from booking.rules.search import Found, find, is_begun
from booking.rules.visits import Bring
from booking.web.citizen.form import read_start
from booking.web.staff.typed import Typed, day_in
from booking.web.staff.users import staff

ANSWER, REASON = "answer.", "reason."
KEY = re.compile(r"[0-9a-f-]{36}")
MOST_FOUND = 6
MOST_CONCERNS = 20
WEEKDAYS = range(7)
PARTS: Mapping[str, Literal["", "morning", "afternoon"]] = {"": "", "morning": "morning", "afternoon": "afternoon"}


@dataclass(frozen=True)
class Call:
    """What is known of a call so far; ``offices`` are those of its municipality that this login reaches."""

    catalogue: Catalogue
    offices: tuple[Office, ...]
    query: str
    wishes: tuple[Wish, ...]
    sieve: Sieve

    @cached_property
    def wanted(self) -> list[tuple[Concern, int]]:
        """The chosen concerns with how many of each."""
        return [(self.catalogue.concern(wish.concern), wish.quantity) for wish in self.wishes]

    @property
    def documents(self) -> list[Bring]:
        """The checklist to be read aloud."""
        return checklist(self.wanted)

    @cached_property
    def found(self) -> Found:
        """What the words of the search field lead to: concerns not chosen yet, and who else does it."""
        chosen = {wish.concern for wish in self.wishes}
        offered = [each for each in self._offered() if each.slug not in chosen]
        found = find(offered, self.catalogue.referrals, self.query) if self.query else Found([], [], elsewhere=False)
        return found._replace(concerns=found.concerns[:MOST_FOUND], referrals=found.referrals[:MOST_FOUND])

    @property
    def likeliest(self) -> Concern | None:
        """What Enter takes without being chosen: nothing found in mid-word, nor if somebody else is meant rather."""
        first = next(iter(self.found.concerns), None)
        return first if first and not self.found.elsewhere and is_begun(first, self.query) else None

    @property
    def questions(self) -> list[tuple[str, Question]]:
        """Pairs of field name and question, for every question of the chosen concerns."""
        return [
            (ANSWER + question_key(concern, asked.id), asked)
            for concern, _ in self.wanted
            for asked in concern.questions
        ]

    def weekdays_from(self, now: datetime) -> set[int]:
        """Return the weekdays (0 is Monday) on which an office in reach has blocks, from today on."""
        today, here = now.astimezone(self.catalogue.zone).date(), {office.id for office in self.offices}
        blocks = [block for block in self.catalogue.blocks if block.office in here]
        weekly = {block.weekday for block in blocks if not (block.valid_to and block.valid_to < today)}
        dated = {block.date.weekday() for block in blocks if block.date and block.date >= today}
        return {day for day in weekly | dated if day is not None}

    @property
    def one_office(self) -> Office | None:
        """The office that alone is wanted."""
        return self.catalogue.office(next(iter(self.sieve.offices))) if len(self.sieve.offices) == 1 else None

    def _offered(self) -> list[Concern]:
        here = {office.id for office in self.offices}
        return [
            concern
            for concern in self.catalogue.open_concerns
            if any(at.staff for office, at in concern.offices.items() if office in here)
        ]


@dataclass(frozen=True)
class Caller:
    """Who is on the phone, as typed so far; ``doubted`` is the address about which the page has asked once."""

    name: str
    phone: str
    email: str
    language: str
    channel: str
    key: str
    doubted: str
    answers: Mapping[str, str]
    reasons: Mapping[str, str]

    def hidden(self) -> list[tuple[str, str]]:
        """Return what was typed as form fields, for a step that does not show them."""
        typed = [("name", self.name), ("phone", self.phone), ("email", self.email), ("language", self.language)]
        answers = [(ANSWER + key, text) for key, text in self.answers.items()]
        return [(name, text) for name, text in (*typed, ("channel", self.channel), *answers) if text]


@dataclass(frozen=True, slots=True)
class Choice:
    """The chosen time: which office, when, and which clerk (a slug) where it may lie outside blocks."""

    office: str
    start: datetime
    clerk: str


def read_call(town: str) -> Call:
    """Read what is wanted and apply the button that was pressed. Raises NotFound for what does not exist here."""
    catalogue = open_catalogue(town)
    offices = tuple(at for at in catalogue.open_offices if staff().actor(roles.BOOKERS, town, at.id))
    if not offices:
        raise NotFound("municipality")
    g.catalogue = catalogue
    query = request.form.get("q", "").strip()
    call = Call(catalogue, offices, query, _wishes(catalogue), _sieve(offices))
    added = request.form.get("add") or _first_found(call)
    if added in {wish.concern for wish in call.wishes}:
        return call  # pressed twice
    return replace(call, query="", wishes=(*call.wishes, Wish(added))) if added else call


def read_caller(*, channel: str = "phone") -> Caller:
    """Read who is on the phone. The field ``meant`` is a button's: the address that was suggested instead."""
    form = request.form
    key = form.get("key", "")
    return Caller(
        name=form.get("name", "").strip(),
        phone=form.get("phone", "").strip(),
        email=(form.get("meant") or form.get("email", "")).strip(),
        language=form.get("language", "de"),
        channel=form["channel"] if form.get("channel") in {"phone", "desk"} else channel,
        key=key if KEY.fullmatch(key) else str(uuid.uuid4()),
        doubted=form.get("doubted", "").strip(),
        answers=_prefixed(ANSWER),
        reasons=_prefixed(REASON),
    )


def read_choice(call: Call) -> Choice:
    """Read the chosen time: a button's ``office|start``, or day, time and clerk of an extra one. Raises Invalid."""
    if "extra" in request.form:
        return _extra(call)
    office, _, start = request.form.get("time", "").partition("|")
    return Choice(office, read_start(start), request.form.get("clerk", ""))


def chosen_office() -> str:
    """Return the slug of the office whose time was chosen; empty if none was."""
    return request.form.get("time", "").partition("|")[0] or request.form.get("extra_clerk", "").partition(".")[0]


def body_of(call: Call, choice: Choice, caller: Caller) -> bytes:
    """Return what tells a repetition (Enter twice) from another order under the same key."""
    wishes = [(wish.concern, wish.quantity) for wish in call.wishes]
    who = (caller.name, caller.phone, caller.email)
    return json.dumps([call.catalogue.slug, choice.office, choice.start.isoformat(), wishes, who]).encode()


def _extra(call: Call) -> Choice:
    """The clerk of an extra appointment is ``office.clerk``; its time is the office's wall clock."""
    office, _, clerk = request.form.get("extra_clerk", "").partition(".")
    typed = Typed()
    day, at = typed.day("extra_day", required=True), typed.clock("extra_time", required=True)
    typed.check()
    assert day is not None  # noqa: S101 - for mypy: both were required
    assert at is not None  # noqa: S101
    start = instant_at(datetime.combine(day, at), call.catalogue.zone)
    return Choice(office, read_start(start.isoformat()), clerk)


def _wishes(catalogue: Catalogue) -> tuple[Wish, ...]:
    most = {concern.slug: concern.max_quantity for concern in catalogue.open_concerns}  # one may have been closed since
    pressed = {name: request.form.get(name) for name in ("remove", "more", "less")}
    wishes = []
    for value in request.form.getlist("concern")[:MOST_CONCERNS]:
        slug, _, quantity = value.partition(":")
        count = int(quantity) if quantity.isascii() and quantity.isdigit() and len(quantity) <= 2 else 1  # noqa: PLR2004
        count += (pressed["more"] == slug) - (pressed["less"] == slug)
        if slug in most and pressed["remove"] != slug and count > 0:
            wishes.append(Wish(slug, min(count, most[slug])))
    return tuple(wishes)


def _first_found(call: Call) -> str | None:
    """Enter in the search field adds the likeliest concern, if its words begin as what was typed."""
    return call.likeliest.slug if "first" in request.form and call.likeliest else None


def _sieve(offices: Iterable[Office]) -> Sieve:
    form = request.form
    reached = {office.slug: office.id for office in offices}
    only = form.get("only", "")
    weekdays = frozenset(int(day) for day in form.getlist("weekday") if day.isascii() and day.isdigit())
    return Sieve(
        offices=frozenset({reached[only]} if only in reached else reached.values()),
        weekdays=weekdays & frozenset(WEEKDAYS),
        part=PARTS.get(form.get("part", ""), ""),
        first=day_in(form.get("first_day", "")),
        later=read_start(form["later"]).astimezone(g.catalogue.zone) if form.get("later") else None,
        every=day_in(form.get("every", "")),
    )


def _prefixed(prefix: str) -> dict[str, str]:
    return {name.removeprefix(prefix): text.strip() for name, text in request.form.items() if name.startswith(prefix)}
