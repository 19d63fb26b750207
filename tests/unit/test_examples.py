"""The suite tries a property with a fifth of its examples, and the full count with all of them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import IN_SUITE, in_suite

pytestmark = pytest.mark.xdist_group("examples")

TRIED: dict[str, int] = {"usual": 0, "few": 0, "many": 0}


@given(st.integers())
def test_numbers_are_tried(number: int) -> None:
    TRIED["usual"] += 1


class TestFewAndMany:
    @settings(max_examples=8)
    @given(st.integers())
    def test_few_numbers_are_tried(self, number: int) -> None:
        TRIED["few"] += 1

    @given(st.integers())
    @settings(max_examples=150)
    def test_many_numbers_are_tried(self, number: int) -> None:
        TRIED["many"] += 1


def test_a_property_is_tried_with_a_fifth_of_its_examples_in_the_suite_alone(request: pytest.FixtureRequest) -> None:
    if request.config.option.markexpr == IN_SUITE:
        assert TRIED == {"usual": 20, "few": 8, "many": 30}
    else:
        assert TRIED == {"usual": 100, "few": 8, "many": 150}


def test_no_property_is_left_without_examples() -> None:
    assert [in_suite(count) for count in (1, 10, 20, 40, 100)] == [1, 10, 10, 10, 20]
