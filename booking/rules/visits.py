"""One visit for several concerns: its length, who can handle it in one go, and what to bring."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from booking.errors import NotCombinable
from booking.rules.spans import round_up_to_grid
from booking.rules.texts import Text


@dataclass(frozen=True, slots=True)
class Item:
    """One line of a concern's checklist; a conditional one says ``when`` it is needed."""

    id: str
    kind: str
    name: Text
    required: bool = True
    per_unit: bool = False
    when: Text = field(default_factory=dict)
    note: Text = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Bring:
    """One line of the whole visit's checklist: ``count`` pieces, always or in any of the cases ``when``.

    ``only_for`` has the places of the concerns that need it, counted from 0; empty if all of them do.
    """

    id: str
    kind: str
    name: Text
    required: bool
    count: int
    per_unit: bool
    when: tuple[Text, ...]
    notes: tuple[Text, ...]
    only_for: tuple[int, ...] = ()


def minutes_of_visit(items: Sequence[tuple[int, int, int]]) -> int:
    """Sum (minutes for the first, for each further one, quantity) over all, then round up once to the grid."""
    return round_up_to_grid(sum(first + extra * (quantity - 1) for first, extra, quantity in items))


def able_clerks(handles: Mapping[int, Collection[int] | None], chosen: Collection[int]) -> list[int]:
    """Return the clerks that handle all the chosen concerns, by id; ``None`` stands for every concern.

    Raises ``NotCombinable`` if there is none.
    """
    able = sorted(clerk for clerk, known in handles.items() if known is None or set(chosen) <= set(known))
    if not able:
        raise NotCombinable
    return able


def merged_checklist(concerns: Iterable[tuple[Sequence[Item], int]]) -> list[Bring]:
    """Merge the checklists of (items, quantity) pairs: one line per id, in the order of first mention.

    Always beats conditional, different conditions are all listed, quantities per unit summed, equal notes kept once.
    """
    found: dict[str, list[tuple[Item, int]]] = {}
    needed_for: dict[str, list[int]] = {}
    place = -1
    for place, (items, quantity) in enumerate(concerns):
        for item in items:
            found.setdefault(item.id, []).append((item, quantity))
            needed_for.setdefault(item.id, []).append(place)
    return [
        _merged(mentions, only_for=() if len(needed_for[key]) > place else tuple(needed_for[key]))
        for key, mentions in found.items()
    ]


def _merged(mentions: Sequence[tuple[Item, int]], only_for: tuple[int, ...]) -> Bring:
    items = [item for item, _ in mentions]
    required = any(item.required for item in items)
    return Bring(
        id=items[0].id,
        kind=items[0].kind,
        name=items[0].name,
        required=required,
        count=max(1, sum(quantity for item, quantity in mentions if item.per_unit)),
        per_unit=any(item.per_unit for item in items),
        when=() if required else _distinct(item.when for item in items),
        notes=_distinct(item.note for item in items),
        only_for=only_for,
    )


def _distinct(texts: Iterable[Text]) -> tuple[Text, ...]:
    kept: list[Text] = []
    for text in texts:
        if any(text.values()) and text not in kept:
            kept.append(text)
    return tuple(kept)
