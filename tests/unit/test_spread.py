"""What the suite takes of many programs: other thirds in other tests, and something of each kind in every one."""

from __future__ import annotations

import pytest

from tests.spread import PARTS, at_both_speeds, third_of_each

KINDS = {"a": "one", "b": "two", "c": "two", **{str(number): "many" for number in range(7)}}


@pytest.mark.parametrize("part", range(PARTS))
def test_a_third_has_one_of_each_kind_at_least(part: int) -> None:
    taken = third_of_each(KINDS, part)
    assert {KINDS[name] for name in taken} == set(KINDS.values())
    assert taken & {str(number) for number in range(7)} == {str(number) for number in range(part, 7, PARTS)}


def test_the_thirds_together_are_all() -> None:
    assert frozenset().union(*(third_of_each(KINDS, part) for part in range(PARTS))) == set(KINDS)


def test_every_program_is_tried_at_both_speeds_and_few_of_them_in_the_suite() -> None:
    tried = at_both_speeds(KINDS, besides={"2"})
    assert {one.values for one in tried} == {(name, slowly) for name in KINDS for slowly in (False, True)}
    in_suite = {one.values for one in tried if not any(mark.name == "slow" for mark in one.marks)}
    assert {name for name, slowly in in_suite if slowly} == third_of_each(KINDS, 0)
    assert {name for name, slowly in in_suite if not slowly} == third_of_each(KINDS, 1) | {"2"}
