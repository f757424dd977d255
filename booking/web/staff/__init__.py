"""The staff's pages: the day schedule, the phone page and running an office, behind a login, in German.

Every route names the roles it admits (``door.admits``); an office in an address is ``municipality.office``.
"""

from booking.web.staff import (
    absences,
    account,
    appointment,
    audit_log,
    clerks,
    closures,
    day,
    feeds,
    figures,
    find,
    home,
    login,
    paper,
    paper_settings,
    phone,
    rules,
    single_sign_on,
    slips,
    times,
    waiting_room,
    why,
)
from booking.web.staff.door import blueprint

__all__ = [
    "absences",
    "account",
    "appointment",
    "audit_log",
    "blueprint",
    "clerks",
    "closures",
    "day",
    "feeds",
    "figures",
    "find",
    "home",
    "login",
    "paper",
    "paper_settings",
    "phone",
    "rules",
    "single_sign_on",
    "slips",
    "times",
    "waiting_room",
    "why",
]
