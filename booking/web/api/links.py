"""What one call's answer is good for in the next (OpenAPI's links): the way from a free time to a confirmed one.

The token of the mail's link is in no answer, so nothing here can carry it: those calls take the same one each time.
"""

from collections.abc import Mapping
from typing import Any, Final

Json = dict[str, Any]


def _link(operation: str, description: str, **more: Any) -> Json:
    return {"operationId": operation, "description": description, **more}


def _by_holder(operation: str, description: str) -> Json:
    known = {"reference": "$response.body#/reference"}
    return _link(operation, description, parameters=known, requestBody={"holder": "$response.body#/holder"})


_SAME_TOWN: Final[Json] = {"municipality": "$request.path.municipality"}
_FIRST_FREE: Final[Json] = {"office": "$response.body#/offices/0/office", "start": "$response.body#/offices/0/next"}
_SAME_TOKEN: Final[Json] = {
    "confirm": _link("confirmWithToken", "With the same token."),
    "move": _link("moveWithToken", "With the same token; `start` is one of the free times."),
    "cancel": _link("cancelWithToken", "With the same token."),
    "calendar": _link("calendar", "With the same token, once it is booked."),
}

LINKS: Final[Mapping[str, Json]] = {  # by the operation whose success carries them
    "availability": {
        "book": _link("create", "Book the first free time.", parameters=_SAME_TOWN, requestBody=_FIRST_FREE),
        "move": _link("moveWithToken", "Move an appointment to the first free time.", requestBody=_FIRST_FREE),
    },
    "create": {
        "confirm": _by_holder("confirmWithCode", "Type the code of the mail."),
        "resend": _by_holder("sendAgain", "Ask for the mail once more."),
        "email": _by_holder("correctEmail", "Correct a mistyped address."),
    },
    "show": _SAME_TOKEN,
    "confirmWithToken": _SAME_TOKEN,
    "moveWithToken": _SAME_TOKEN,
}
