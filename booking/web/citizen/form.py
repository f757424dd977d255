"""What somebody has typed: it travels from step to step as form fields, never in an address."""

import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from flask import request

from booking.errors import Fault, Invalid
from booking.rules.orders import check_answers, question_key
from booking.web.citizen.choice import Choice, read_choice
from booking.web.schemas import CodeForm, Contact, EmailForm, MoveForm, check_contact, check_texts, load

ANSWER = "answer."
KEY = re.compile(r"[0-9a-f-]{36}")


@dataclass(frozen=True)
class Typed:
    """The choice with name, e-mail, phone and answers as typed, and the form's idempotency key.

    ``doubted`` is the address about which the page has asked whether it is right: it asks once. ``proof`` is a solved
    challenge, kept for another time at the same office; ``by_letter``: the address is proven before a time is taken.
    """

    choice: Choice
    name: str
    email: str
    phone: str
    answers: Mapping[str, str]
    key: str
    doubted: str = ""
    proof: str = ""
    by_letter: bool = False

    def hidden(self) -> list[tuple[str, str]]:
        """Return everything as form fields for the next step."""
        office = self.choice.office
        return [
            *(("concern", value) for value in self.choice.fields),
            *([("office", office.slug)] if office else []),
            ("name", self.name),
            ("email", self.email),
            ("phone", self.phone),
            *((ANSWER + key, text) for key, text in self.answers.items()),
            *([("doubted", self.doubted)] if self.doubted else []),
            *([("proof", self.proof)] if self.proof else []),
            ("key", self.key),
        ]

    def body(self, start: str) -> bytes:
        """Return what tells a repetition (double click, Back, Reload) from another order under the same key."""
        fields = [field for field in self.hidden() if field[0] not in {"key", "doubted", "proof"}]
        way = [("by_letter", "1")] if self.by_letter else []
        return json.dumps([*fields, *way, ("start", start)]).encode()


def read_typed() -> Typed | None:
    """Read the form of this request; None if nothing is chosen. Raises what ``read_choice`` raises.

    The field ``meant`` is a button's: the address that was suggested instead of the one that was typed.
    """
    choice = read_choice()
    if choice is None:
        return None
    asked = [question_key(concern, question.id) for concern, _ in choice.concerns for question in concern.questions]
    return Typed(
        choice=choice,
        name=request.form.get("name", "").strip(),
        email=(request.form.get("meant") or request.form.get("email", "")).strip(),
        phone=request.form.get("phone", "").strip(),
        answers={key: request.form.get(ANSWER + key, "").strip() for key in asked},
        key=_key(request.form.get("key", "")),
        doubted=request.form.get("doubted", "").strip(),
        proof=request.form.get("proof", ""),
        by_letter="by_letter" in request.form,
    )


def check(typed: Typed) -> tuple[Contact, Mapping[str, str]]:
    """Return contact and answers, tidied. Raises Invalid with every faulty field of both."""
    faults: list[Fault] = []
    contact, answers = Contact("", "", ""), {}
    try:
        contact = check_contact(name=typed.name, email=typed.email, phone=typed.phone)
    except Invalid as invalid:
        faults += invalid.faults
    try:
        answers = check_texts(typed.answers)
        check_answers(typed.choice.concerns, answers)
    except Invalid as invalid:
        faults += invalid.faults
    if faults:
        raise Invalid(*faults)
    return contact, answers


def read_start(text: str) -> datetime:
    """Read the start that a button carries. Raises Invalid."""
    start: datetime = load(MoveForm, {"start": text})["start"]
    return start


def read_email(text: str) -> str:
    """Read an address alone, tidied. Raises Invalid."""
    email: str = load(EmailForm, {"email": text})["email"]
    return email


def read_code(holder: str, text: str) -> str:
    """Read the letter's digits, however they were grouped. Raises Invalid: what is no code is no try either."""
    code: str = load(CodeForm, {"holder": holder, "code": text})["code"]
    return code


def field_of(fault: Fault) -> str:
    """Return the name (and id) of the form field that a fault points to."""
    return fault.pointer.removeprefix("/").replace("answers/", ANSWER)


def _key(given: str) -> str:
    return given if KEY.fullmatch(given) else str(uuid.uuid4())
