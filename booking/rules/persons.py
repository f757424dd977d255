"""People's names, numbers and addresses as others type them: what fits what."""

import re
import unicodedata
from collections.abc import Callable

from booking.rules.spelling import ALIKE

FEWEST_LETTERS = 2  # of what is looked for: one letter fits almost everybody
FEWEST_DIGITS = 6  # of a telephone number that shall name somebody
_BETWEEN = re.compile(r"[\W_]+")


def folded(name: str) -> str:
    """Return a name without case and accents, one space between its words; ``ä`` is ``ae``, ``ß`` is ``ss``."""
    plain = name.casefold()
    if not plain.isascii():
        plain = unicodedata.normalize("NFKD", plain.translate(ALIKE))
        plain = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return _BETWEEN.sub(" ", plain).strip()


def fitting(asked: str) -> Callable[[str], bool]:
    """Return what tells whether every word that is looked for stands in a name, as a part of it.

    ``Muller`` finds ``Müller``, too: those who leave the dots away are answered by names with one letter for two.
    """
    words, short = folded(asked).split(), _short(folded(asked)).split()
    if sum(map(len, words)) < FEWEST_LETTERS:
        return lambda _name: False

    def fits(name: str) -> bool:
        plain = folded(name)
        return all(word in plain for word in words) or all(word in _short(plain) for word in short)

    return fits


def is_called(name: str, said: str) -> bool:
    """Whether somebody of this name is meant: every word that was said is a whole word of it."""
    known, asked = folded(name), folded(said)
    if not any(len(word) >= FEWEST_LETTERS for word in asked.split()):
        return False
    return set(asked.split()) <= set(known.split()) or set(_short(asked).split()) <= set(_short(known).split())


def digits_of(phone: str) -> str:
    """Return a telephone number as it is dialled within Germany: ``+49 (0)5071 8099`` becomes ``050718099``."""
    number = re.sub(r"[^0-9+]", "", phone.replace("(0)", ""))
    number = re.sub(r"^(\+|00)49", "0", number)
    return re.sub(r"^\+", "00", number)


def is_number(phone: str, said: str) -> bool:
    """Whether two ways to write a telephone number mean the same one."""
    asked = digits_of(said)
    return len(asked) >= FEWEST_DIGITS and digits_of(phone) == asked


def _short(folded_name: str) -> str:
    """Return a folded name with one letter where German writes two for an umlaut."""
    return folded_name.replace("ae", "a").replace("oe", "o").replace("ue", "u")
