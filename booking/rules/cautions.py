"""What staff are warned of before they book: they may go on, with a reason that the audit log keeps."""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from booking.errors import Fault, Invalid, NeedsReason


class Caution(StrEnum):
    """What speaks against an appointment without making it impossible. An overlap is none: nobody may override it."""

    OUTSIDE_WINDOW = "outside-window"
    OUTSIDE_BLOCKS = "outside-blocks"
    ALREADY_BOOKED = "already-booked"


REASONS: Mapping[Caution, tuple[str, ...]] = {  # codes: free text would carry citizens' data into the audit log
    Caution.OUTSIDE_WINDOW: ("urgent", "agreed", "long-planned"),
    Caution.OUTSIDE_BLOCKS: ("agreed", "urgent", "unable"),
    Caution.ALREADY_BOOKED: ("other-matter", "other-person", "follow-up"),
}


def check_reasons(cautions: Iterable[Caution], given: Mapping[str, str]) -> Mapping[str, str]:
    """Return the reason of each caution. Raises NeedsReason with those that lack one, Invalid for one off the list.

    Also for one that is not needed: who is refused for it should not learn which cautions there are.
    """
    cautions = list(cautions)
    faults = [
        Fault(f"/reasons/{caution}", "reason")
        for caution in Caution
        if given.get(caution) and given[caution] not in REASONS[caution]
    ]
    if faults:
        raise Invalid(*faults)
    lacking = [caution.value for caution in cautions if not given.get(caution)]
    if lacking:
        raise NeedsReason(*lacking)
    return {caution.value: given[caution] for caution in cautions}
