"""The citizens' pages: concern → checklist → contact → time → "not booked yet" → the appointment's one page.

Server-rendered and whole without JavaScript. What is chosen travels in addresses, what is typed in form fields; no page
sets a cookie, so a foreign site has no login to ride on.
"""

from booking.web.citizen import (
    appointment,
    booking,
    choosing,
    contact,
    embed_page,
    legal,
    lost_link,
    pending,
    personal_data,
    settled,
    times,
    town,
    without_form,
)
from booking.web.citizen.door import blueprint

__all__ = [
    "appointment",
    "blueprint",
    "booking",
    "choosing",
    "contact",
    "embed_page",
    "legal",
    "lost_link",
    "pending",
    "personal_data",
    "settled",
    "times",
    "town",
    "without_form",
]
