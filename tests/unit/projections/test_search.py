"""What is searched for is found by pairs of characters, wherever it stands in its field."""

from hypothesis import given
from hypothesis import strategies as st

from projections.disclosure.search import (
    Field,
    normalised,
    query_text,
    search_terms,
    search_text,
    tsquery,
)

TEXT = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x4E20), min_size=2, max_size=12)


def test_signs_width_and_case_do_not_matter():
    """Brackets vary from office to office."""
    assert (
        normalised("长市监处罚〔2026〕１２３号")
        == normalised("长市监处罚[2026] 123号")
        == "长市监处罚2026123号"
    )
    assert normalised("ＡＢＣ Ltd.") == "abcltd"


def test_one_character_is_no_query():
    """It would find nearly everything."""
    assert query_text("食") is None
    assert query_text("〔〕- ") is None
    assert query_text("食品") == "食品"


def test_fields_are_lines_with_their_letter():
    """Pairs do not cross lines, and the letter is in no pair."""
    text = search_text(
        [(Field.DOC_NO, "甲1号"), (Field.ORGANISATION, None), (Field.AGENCY, "乙局")]
    )
    assert text == "d甲1号\na乙局"
    assert search_terms(text) == "1号 乙局 甲1"


@given(text=TEXT, data=st.data())
def test_every_part_of_a_text_has_its_pairs_among_the_texts(text: str, data):
    """So the index never hides what the check after it would have found."""
    start = data.draw(st.integers(0, len(text) - 2))
    end = data.draw(st.integers(start + 2, len(text)))
    terms = set(search_terms(search_text([(Field.ORGANISATION, text)])).split(" "))
    wanted = {part.strip("'") for part in tsquery([text[start:end]]).split(" & ")}
    assert wanted <= terms
