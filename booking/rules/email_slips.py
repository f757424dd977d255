"""Slips of the finger in the domain of an e-mail address, and what was probably meant.

A letter to ``gmial.com`` is lost in silence, and with it the booking. Only domains that many people have are suggested,
never for an address that may well be right: a domain of the list is left alone, and of a short name ("web", "gmx") only
swapped letters count, because ``wob.de`` and ``gm.de`` are other people's.
"""

from booking.rules.spelling import is_slip

_USUAL = """
    gmail.com gmx.de web.de t-online.de gmx.net icloud.com outlook.de hotmail.com outlook.com googlemail.com
    yahoo.de freenet.de hotmail.de yahoo.com live.de aol.com mail.de posteo.de mailbox.org arcor.de online.de
    me.com msn.com email.de kabelmail.de vodafone.de o2online.de ewe.net ewetel.net htp-tel.de proton.me
    protonmail.com gmx.at gmx.ch gmx.com aol.de live.com mail.com magenta.de ukr.net i.ua mail.ru yandex.ru
    wp.pl onet.pl interia.pl abv.bg hotmail.fr hotmail.it orange.fr libero.it
"""
USUAL = tuple(_USUAL.split())  # the commonest first: of two that are equally near, that is meant
MEANT = {
    "gmail.de": "gmail.com",
    "googlemail.de": "googlemail.com",
    "t-online.com": "t-online.de",
    "tonline.de": "t-online.de",
}
LEAST_LABEL, LEAST_END = 5, 3  # letters of which any may be wrong; in shorter parts only two swapped ones count
SHORTEST = 3  # letters of a name that is guessed at all: "em.com" is not "me.com"


def suggestion(email: str) -> str | None:
    """Return the address that was probably meant by another one, or None; it need not be an address at all."""
    local, at, typed = email.strip().rpartition("@")
    domain = typed.casefold().strip().strip(".").replace(",", ".").replace(" ", "")
    if not local or not at or not domain:
        return None
    meant = domain if domain in USUAL else MEANT.get(domain) or _nearest(domain)
    if meant is None or meant == typed.casefold():
        return None
    return f"{local}@{meant}"


def _nearest(domain: str) -> str | None:
    """Return the first usual domain that one slip in the name, one in the end, or both, make of this one."""
    for usual in USUAL:
        name, _, end = usual.rpartition(".")
        if len(name) < SHORTEST:
            continue
        typed_name, dot, typed_end = domain.rpartition(".")
        if not dot and (typed_end == name or _is_near(domain, name + end, LEAST_LABEL)):
            return usual  # "gmail", "gmailcom"
        if dot and _is_near(typed_name, name, LEAST_LABEL) and _is_near(typed_end, end, LEAST_END):
            return usual
    return None


def _is_near(typed: str, meant: str, least: int) -> bool:
    if typed == meant:
        return True
    if not is_slip(typed, meant):
        return False
    is_swapped = len(typed) == len(meant) and sorted(typed) == sorted(meant)
    return is_swapped or len(meant) >= least
