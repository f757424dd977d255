"""People's names, numbers and addresses as others type them: what fits what."""

import re
import unicodedata

from booking.rules.spelling import ALIKE

FEWEST_LETTERS = 2  # of what is looked for: one letter fits almost everybody
FEWEST_DIGITS = 6  # of a telephone number that shall name somebody
_TWO_FOR_ONE = str.maketrans({"ä": "a", "ö": "o", "ü": "u"})


def folded(name: str) -> str:
    """Return a name without case and accents, one space between its words; ``ä`` is ``ae``, ``ß`` is ``ss``."""
    return _plain(name.casefold().translate(ALIKE))


def fits(name: str, asked: str) -> bool:
    """Whether every word that is looked for stands in the name, as a part of it; ``Muller`` finds ``Müller``, too."""
    if sum(letter.isalnum() for letter in asked) < FEWEST_LETTERS:
        return False
    return _has_all(folded(name), folded(asked)) or _has_all(_short(name), _short(asked))


def is_called(name: str, said: str) -> bool:
    """Whether somebody of this name is meant: every word that was said is a whole word of it."""
    words = folded(said).split()
    if not any(len(word) >= FEWEST_LETTERS for word in words):
        return False
    return set(words) <= set(folded(name).split()) or set(_short(said).split()) <= set(_short(name).split())


def digits_of(phone: str) -> str:
    """Return a telephone number as it is dialled within Germany: ``+49 (0)5071 8099`` becomes ``050718099``."""
    number = re.sub(r"[^0-9+]", "", phone.replace("(0)", ""))
    number = re.sub(r"^(\+|00)49", "0", number)
    return re.sub(r"^\+", "00", number)


def is_number(phone: str, said: str) -> bool:
    """Whether two ways to write a telephone number mean the same one."""
    asked = digits_of(said)
    return len(asked) >= FEWEST_DIGITS and digits_of(phone) == asked


def _short(name: str) -> str:
    """Fold a name as those type it who leave the dots away; where it has two letters for one, those count as one."""
    bare = _plain(name.casefold().translate(_TWO_FOR_ONE).translate(ALIKE))
    return bare.replace("ae", "a").replace("oe", "o").replace("ue", "u")


def _plain(text: str) -> str:
    if not text.isascii():
        text = "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))
    return " ".join("".join(sign if sign.isalnum() else " " for sign in text).split())


def _has_all(name: str, asked: str) -> bool:
    return bool(asked) and all(word in name for word in asked.split())
