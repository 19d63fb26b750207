"""What the suite takes of many programs: other parts in other tests, and something of each kind in every one."""

from __future__ import annotations

import pytest

from tests.spread import PARTS_OF_PROGRAMS, at_both_speeds, part_of_each

MANY = PARTS_OF_PROGRAMS + 1
KINDS = {"a": "one", "b": "two", "c": "two", **{str(number): "many" for number in range(MANY)}}


@pytest.mark.parametrize("part", range(PARTS_OF_PROGRAMS))
def test_a_part_has_one_of_each_kind_at_least(part: int) -> None:
    taken = part_of_each(KINDS, part)
    assert {KINDS[name] for name in taken} == set(KINDS.values())
    many = {str(number) for number in range(MANY)}
    assert taken & many == {str(number) for number in range(part, MANY, PARTS_OF_PROGRAMS)}


def test_the_parts_together_are_all() -> None:
    assert frozenset().union(*(part_of_each(KINDS, part) for part in range(PARTS_OF_PROGRAMS))) == set(KINDS)


def test_every_program_is_tried_at_both_speeds_and_few_of_them_in_the_suite() -> None:
    tried = at_both_speeds(KINDS, besides={"2"})
    assert {one.values for one in tried} == {(name, slowly) for name in KINDS for slowly in (False, True)}
    in_suite = {one.values for one in tried if not any(mark.name == "slow" for mark in one.marks)}
    assert {name for name, slowly in in_suite if slowly} == part_of_each(KINDS, 0)
    assert {name for name, slowly in in_suite if not slowly} == part_of_each(KINDS, 1) | {"2"}
