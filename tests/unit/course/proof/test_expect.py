from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.texts import CHARACTERS
from tui_torch.course.proof.expect import difference, output_matches, outside, value_matches

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(CHARACTERS, max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(CHARACTERS, max_size=3), inner, max_size=3),
    max_leaves=10,
)


@pytest.mark.parametrize(
    ("wanted", "seen"),
    [
        ("a\n", "a\n"),
        ("a", "a\n\n"),
        ("a\nb", "a  \nb\t\n"),
        ("...", ""),
        ("...", "anything\nat all"),
        ("a...z", "az"),
        ("a...z", "a\nb\nz"),
        ("x: ...\ny: ...", "x: 1\ny: 2"),
        ("a...b...c", "a-b-b-c"),
        ("tensor([0, ..., 9])", "tensor([0, 1, ..., 8, 9])"),
        ("...end", "the end"),
    ],
)
def test_output_is_the_wanted_one(wanted: str, seen: str) -> None:
    assert output_matches(wanted, seen)


@pytest.mark.parametrize(
    ("wanted", "seen"),
    [
        ("a", "b"),
        ("a", "a b"),
        (" a", "a"),
        ("", "a"),
        ("a\nb", "ab"),
        ("a...a", "a"),
        ("a...b...c", "a-c-b"),
        ("a...b...b", "ab"),
        ("x: ...\ny", "x: 1\nz"),
    ],
)
def test_output_is_not_the_wanted_one(wanted: str, seen: str) -> None:
    assert not output_matches(wanted, seen)


@given(
    pieces=st.lists(st.text("ab \n", max_size=4), min_size=1, max_size=5), gaps=st.lists(st.text("ab\n"), min_size=5)
)
def test_text_with_gaps_cut_out_matches_the_whole(pieces: list[str], gaps: list[str]) -> None:
    solid = [f"<{piece}>" for piece in pieces]
    seen = solid[0] + "".join(gap + piece for gap, piece in zip(gaps, solid[1:], strict=False))
    assert output_matches("...".join(solid), seen)


@pytest.mark.parametrize(
    ("wanted", "seen"),
    [
        (3, 3.0),
        (3.0, 3),
        (0.3, 0.30000001),
        (1000.0, 1000.05),
        (0.0, 5e-7),
        ([[1, 2.0], [3, 4]], [[1.0, 2], [3, 4.0001]]),
        ([1, 2], (1, 2)),
        (math.nan, "nan"),
        ("nan", math.nan),
        (math.nan, math.nan),
        (math.inf, "inf"),
        ("-inf", -math.inf),
        (None, None),
        ("cpu", "cpu"),
        ({"a": [1]}, {"a": [1.0]}),
    ],
)
def test_a_value_is_the_wanted_one(wanted: object, seen: object) -> None:
    assert value_matches(wanted, seen)


@pytest.mark.parametrize(
    ("wanted", "seen", "sentence"),
    [
        (3, 4, "expected 3, saw 4"),
        (3.0, 3.001, "expected 3.0, saw 3.001"),
        (100_000, 100_001, "expected 100000, saw 100001"),
        (1, True, "expected 1, saw True"),
        (True, 1, "expected True, saw 1"),
        (None, 0, "expected None, saw 0"),
        ("3", 3, "expected '3', saw 3"),
        ("a", "b", "expected 'a', saw 'b'"),
        (math.inf, "-inf", "expected inf, saw '-inf'"),
        (math.inf, 1e308, "expected inf, saw 1e+308"),
        ([1, 2], [1], "expected 2 entries, saw 1: [1]"),
        ([1], 1, "expected [1], saw 1"),
        ([[1, 2], [3, 4]], [[1, 2], [3, 5]], "at [1][1]: expected 4, saw 5"),
        ({"a": 1}, {"b": 1}, "expected the keys ['a'], saw ['b']"),
        ({"a": [1]}, {"a": [2]}, "at ['a'][0]: expected 1, saw 2"),
    ],
)
def test_a_value_that_is_not_the_wanted_one_is_noticed(wanted: object, seen: object, sentence: str) -> None:
    assert not value_matches(wanted, seen)
    assert difference(wanted, seen) == sentence


def test_a_whole_number_too_large_for_a_float_is_close_to_none() -> None:
    assert not value_matches(1.0, 10**400)


@given(value=PLAIN)
def test_every_value_is_itself(value: object) -> None:
    assert value_matches(value, value)


@given(wanted=PLAIN, seen=PLAIN)
def test_there_is_a_difference_exactly_when_values_do_not_match(wanted: object, seen: object) -> None:
    assert value_matches(wanted, seen) == (difference(wanted, seen) == "")
    assert value_matches(wanted, seen) == value_matches(seen, wanted)


def test_a_value_is_shown_with_at_most_120_characters() -> None:
    assert difference("x" * 118, 1) == f"expected {'x' * 118!r}, saw 1"
    assert difference("x" * 119, 1) == f"expected '{'x' * 119}…, saw 1"


@pytest.mark.parametrize(
    ("seen", "sentence"),
    [
        (0.9, ""),
        (1, ""),
        ([[0.9, 0.95], [1.0, 1.0]], ""),
        (0.8999, "expected 0.9 to 1, saw 0.8999"),
        (math.nan, "expected 0.9 to 1, saw nan"),
        ("nan", "expected 0.9 to 1, saw 'nan'"),
        ([1.0, [1.0, 2.0]], "at [1][1]: expected 0.9 to 1, saw 2.0"),
        (True, "expected a number from 0.9 to 1, saw True"),
        (None, "expected a number from 0.9 to 1, saw None"),
        ([], "expected numbers from 0.9 to 1, saw none: []"),
    ],
)
def test_every_number_of_a_value_has_to_lie_within_the_limits(seen: object, sentence: str) -> None:
    assert outside((0.9, 1.0), seen) == sentence
