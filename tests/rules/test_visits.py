import pytest

from booking.errors import NotCombinable
from booking.rules.visits import Item, able_clerks, merged_checklist, minutes_of_visit

PASSPORT, CAR, MOVE = 1, 2, 3
ID_CARD = Item("ausweis", "document", {"de": "Personalausweis"})
IF_CHILD = {"de": "für Kinder"}
IF_LOST = {"de": "nach Verlust"}


@pytest.mark.parametrize(
    ("items", "minutes", "why"),
    [
        ([(15, 5, 1)], 15, "the first person takes the concern's minutes"),
        ([(15, 5, 3)], 25, "each further one the extra minutes"),
        ([(15, 10, 3), (10, 0, 1)], 45, "all concerns are summed"),
        ([(7, 0, 1), (7, 0, 1)], 15, "and rounded once: 14 becomes 15, not 20"),
        ([(8, 0, 1)], 10, "up to the grid"),
    ],
)
def test_a_visit_takes_the_sum_of_its_concerns(items: list[tuple[int, int, int]], minutes: int, why: str) -> None:
    assert minutes_of_visit(items) == minutes, why


def test_only_clerks_that_handle_all_of_it_are_able() -> None:
    handles = {3: {PASSPORT, CAR}, 1: {PASSPORT}, 2: None}
    assert able_clerks(handles, [PASSPORT]) == [1, 2, 3]
    assert able_clerks(handles, [PASSPORT, CAR]) == [2, 3]


def test_what_nobody_handles_in_one_go_is_not_combinable() -> None:
    with pytest.raises(NotCombinable):
        able_clerks({1: {PASSPORT}, 2: {CAR}}, [PASSPORT, CAR])


def test_equal_documents_become_one_line_in_the_order_of_first_mention() -> None:
    photo = Item("foto", "thing", {"de": "Passfoto"})
    merged = merged_checklist([([ID_CARD, photo], 1), ([ID_CARD], 1)])
    assert [line.id for line in merged] == ["ausweis", "foto"]


def test_always_beats_conditional() -> None:
    sometimes = Item("ausweis", "document", ID_CARD.name, required=False, when=IF_LOST)
    (line,) = merged_checklist([([sometimes], 1), ([ID_CARD], 1)])
    assert line.required
    assert line.when == ()


def test_different_conditions_are_all_listed_and_equal_ones_once() -> None:
    lines = [Item("urkunde", "document", {}, required=False, when=when) for when in (IF_CHILD, IF_LOST, IF_CHILD)]
    (line,) = merged_checklist([([each], 1) for each in lines])
    assert not line.required
    assert line.when == (IF_CHILD, IF_LOST)


def test_quantities_per_person_are_summed_and_what_is_needed_once_stays_one() -> None:
    photo = Item("foto", "thing", {}, per_unit=True)
    photos, card = merged_checklist([([photo, ID_CARD], 3), ([photo, ID_CARD], 2)])
    assert (photos.count, photos.per_unit) == (5, True)
    assert (card.count, card.per_unit) == (1, False)


def test_notes_are_kept_without_duplicates_and_empty_ones_dropped() -> None:
    notes = [{"de": "im Original"}, {"de": ""}, {}, {"de": "im Original"}, {"de": "nicht älter als ein Jahr"}]
    lines = [Item("urkunde", "document", {}, note=note) for note in notes]
    (line,) = merged_checklist([([each], 1) for each in lines])
    assert line.notes == ({"de": "im Original"}, {"de": "nicht älter als ein Jahr"})


def test_what_only_some_of_the_concerns_need_says_for_which() -> None:
    shared, own = Item("ausweis", "document", {"de": "Ausweis"}), Item("brief", "document", {"de": "Brief"})
    found = {bring.id: bring.only_for for bring in merged_checklist([([shared], 1), ([own, shared], 1)])}
    assert found == {"ausweis": (), "brief": (1,)}
    assert all(bring.only_for == () for bring in merged_checklist([([shared, own], 2)]))
