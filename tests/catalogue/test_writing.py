"""What is written can be read again, by us and by people."""

from hypothesis import given, settings
from hypothesis import strategies as st

from booking.catalogue.reading import read_document
from booking.catalogue.writing import WIDTH, write_yaml
from tests.budgets import examples
from tests.catalogue.samples import SCHWARMSTEDT

texts = st.text(
    st.characters(
        exclude_categories=["Cc", "Cs"], exclude_characters="\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
    ),
    max_size=150,
) | st.sampled_from(
    ["no", "Null", "true", "12", "07:00", "1.5", "-", "a: b", "a #b", "'", '"', "# x", "a,b", "Eilig?", "a\nb"]
)
documents = st.dictionaries(
    texts.filter(bool),
    st.recursive(
        st.none() | st.booleans() | st.integers(0, 10**9) | texts,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts.filter(bool), inner, max_size=4),
        max_leaves=12,
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=examples(300), deadline=None)
@given(documents)
def test_what_is_written_is_read_as_the_same(document: dict[str, object]) -> None:
    again = read_document(write_yaml(document))
    assert again.faults == ()
    assert again.data == document


def test_a_catalogue_is_read_as_the_same() -> None:
    data = read_document(SCHWARMSTEDT).data
    assert isinstance(data, dict)
    assert read_document(write_yaml(data)).data == data


def test_lines_stay_short_enough_to_read() -> None:
    data = read_document(SCHWARMSTEDT).data
    assert isinstance(data, dict)
    assert max(len(line) for line in write_yaml(data).splitlines()) <= WIDTH


def test_sums_have_two_decimals_and_plain_words_no_quotes() -> None:
    assert write_yaml({"fee": {"amount": 7.5}, "name": "Am Markt 1", "hours": "08:30-12:00"}) == (
        'fee: {amount: 7.50}\n\nname: Am Markt 1\n\nhours: "08:30-12:00"\n'
    )
