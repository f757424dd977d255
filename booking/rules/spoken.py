"""Spelling on the phone: each sign of a reference with the word that says it."""

_CITIES = """
    Aachen Berlin Chemnitz Düsseldorf Essen Frankfurt Goslar Hamburg Ingelheim Jena Köln Leipzig München Nürnberg
    Offenbach Potsdam Quickborn Rostock Salzwedel Tübingen Unna Völklingen Wuppertal Xanten Ypsilon Zwickau
"""
_DIGITS = ("null", "eins", "zwo", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun")
WORDS = {city[0]: city for city in _CITIES.split()} | {str(digit): word for digit, word in enumerate(_DIGITS)}


def spelled(reference: str) -> list[tuple[str, str]]:
    """Return (sign, word) pairs: cities for letters (DIN 5009:2022), and ``zwo``, which nobody takes for ``drei``."""
    return [(sign, WORDS[sign]) for sign in reference.upper() if sign in WORDS]
