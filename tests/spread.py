"""Which lessons and programs a test takes in the suite, where it does the same with each of many."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from itertools import product

import pytest
from _pytest.mark import ParameterSet

PARTS = 3
"""Each such test takes one lesson of so many, and several tests take each lesson among them."""


def in_full_only(ids: Sequence[str], part: int, besides: Container[str] = ()) -> frozenset[str]:
    """The ids of the lessons that a test takes when it is counted in full, with `-m "slow or not slow"`.

    Args:
        ids: Those of the course, in its order.
        part: Which of the parts the suite takes, 0 to `PARTS` - 1: tests of a kind take different ones.
        besides: Ids of lessons that are too long for the suite in any case.
    """
    return frozenset(name for number, name in enumerate(ids) if number % PARTS != part or name in besides)


def at_both_speeds(programs: Iterable[str], kind: str | None = None) -> list[ParameterSet]:
    """Parameters `name`, `slowly` of all programs as they are, and as on a machine on which a step takes a second.

    In the suite every third is tried slowly. What other tests do with programs of a kind as they are, is done in the
    same process if they have the mark `with_program(kind, number)`.
    """
    parameters = [
        pytest.param(name, False, id=f"{name}-as it is", marks=() if kind is None else with_program(kind, number))
        for number, name in enumerate(programs)
    ]
    for number, name in enumerate(programs):
        marks = pytest.mark.slow if number % PARTS else ()
        parameters.append(pytest.param(name, True, id=f"{name}-slowly", marks=marks))
    return parameters


def one_in_three(programs: Sequence[str], part: int) -> list[ParameterSet]:
    """Parameters that are names of programs, of which the suite takes those of a part and the full count all."""
    return [pytest.param(name, marks=marks(name, in_full_only(programs, part))) for name in programs]


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
