"""Which lessons and programs a test takes in the suite, where it does the same with each of many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Mapping, Sequence
from itertools import product

import pytest
from _pytest.mark import ParameterSet

PARTS = 8
"""Each such test takes one lesson of so many, and several tests take each lesson among them."""
PARTS_OF_EXAMPLES = 5
"""Each property is tried with one of so many of its examples, drawn anew in each run."""
PARTS_OF_PROGRAMS = 12
"""Each test of the coach's takes one program of so many of each kind: there are many hundreds."""


def in_full_only(ids: Sequence[str], part: int, besides: Container[str] = (), parts: int = PARTS) -> frozenset[str]:
    """The ids of the lessons that a test takes when it is counted in full, with `-m "slow or not slow"`.

    Args:
        ids: Those of the course, in its order.
        part: Which of the parts the suite takes, 0 to `parts` - 1: tests of a kind take different ones.
        besides: Ids of lessons that are too long for the suite in any case.
        parts: How many there are.
    """
    return frozenset(name for number, name in enumerate(ids) if number % parts != part or name in besides)


def part_of_each(kinds: Mapping[str, str], part: int, parts: int = PARTS_OF_PROGRAMS) -> frozenset[str]:
    """A part of the programs of each kind, and one at least.

    Args:
        kinds: The kind of each program, by the program's name.
        part: Which of the parts, 0 to `parts` - 1.
        parts: How many there are.
    """
    counts, seen = Counter(kinds.values()), Counter[str]()
    taken = set[str]()
    for name, kind in kinds.items():
        if seen[kind] % parts == min(part, counts[kind] - 1):
            taken.add(name)
        seen[kind] += 1
    return frozenset(taken)


def at_both_speeds(
    kinds: Mapping[str, str], group: str | None = None, besides: Container[str] = ()
) -> list[ParameterSet]:
    """Parameters `name`, `slowly` of all programs as they are, and as on a machine on which a step takes a second.

    In the suite a part of the programs of each kind is tried slowly, and another as they are.

    Args:
        kinds: The kind of each program, by the program's name.
        group: What other tests do with programs as they are is done in the same process if they have the mark
            `with_program(group, number)`.
        besides: Programs that the suite tries as they are in any case.
    """
    slowly, as_it_is = part_of_each(kinds, 0), part_of_each(kinds, 1)
    parameters = list[ParameterSet]()
    for number, name in enumerate(kinds):
        of_it = [] if group is None else [with_program(group, number)]
        of_it += [] if name in as_it_is or name in besides else [pytest.mark.slow]
        parameters.append(pytest.param(name, False, id=f"{name}-as it is", marks=of_it))
    for name in kinds:
        parameters.append(
            pytest.param(name, True, id=f"{name}-slowly", marks=() if name in slowly else pytest.mark.slow)
        )
    return parameters


def one_in_five(programs: Sequence[str], part: int) -> list[ParameterSet]:
    """Parameters that are names of programs, of which the suite takes those of a part and the full count all."""
    return [pytest.param(name, marks=marks(name, in_full_only(programs, part, parts=5))) for name in programs]


def in_turn(*axes: Mapping[str, object], each: int) -> list[ParameterSet]:
    """Parameters of every combination of what is on the axes, of which the suite takes those that have their turn.

    Args:
        axes: What is combined, by the name that it has in the ids of the tests.
        each: One of so many combinations has its turn; those of neighbours on any axis have different ones.
    """
    parameters = list[ParameterSet]()
    for chosen in product(*(enumerate(axis.items()) for axis in axes)):
        is_in_suite = sum(number for number, _ in chosen) % each == 0
        parameters.append(
            pytest.param(
                *(value for _, (_, value) in chosen),
                id="-".join(name for _, (name, _) in chosen),
                marks=() if is_in_suite else pytest.mark.slow,
            )
        )
    return parameters


def with_program(kind: str, number: int) -> pytest.MarkDecorator:
    """The mark of a test with a program, so that what it does may be known from another test with that."""
    return pytest.mark.xdist_group(f"{kind} {number}")


def marks(name: str, full: Container[str]) -> list[pytest.MarkDecorator]:
    """The marks of a test with the lesson of that id."""
    return [pytest.mark.slow] if name in full else []
