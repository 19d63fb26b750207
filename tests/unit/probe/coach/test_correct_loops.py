"""About correct loops of the kinds that papers and courses are full of, the coach says nothing."""

from __future__ import annotations

import pytest

from tests.spread import at_both_speeds
from tests.unit.probe.coach.correct import (
    adaptation,
    adversarial,
    generative,
    machinery,
    optimization,
    reinforcement,
    representation,
)
from tests.unit.probe.coach.runs import Slowly, notes_of

FAMILIES = (
    adaptation.LOOPS,
    adversarial.LOOPS,
    generative.LOOPS,
    machinery.LOOPS,
    machinery.IN_PROCESSES,
    optimization.LOOPS,
    reinforcement.LOOPS,
    representation.LOOPS,
)
LOOPS = {name: code for family in FAMILIES for name, code in family.items()}


def test_there_are_more_than_sixty_of_them() -> None:
    assert len(LOOPS) == sum(map(len, FAMILIES)) > 60


@pytest.mark.parametrize(("name", "slowly"), at_both_speeds(dict.fromkeys(LOOPS, "correct")))
def test_a_correct_loop_of_any_kind_gets_no_note(name: str, slowly: bool) -> None:
    found = notes_of(LOOPS[name], clock=Slowly() if slowly else None)
    assert [(note.rule, note.line, note.says) for note in found] == []


@pytest.mark.slow
@pytest.mark.parametrize("name", machinery.COMPILED)
def test_a_correct_loop_that_is_compiled_gets_no_note(name: str) -> None:
    assert notes_of(machinery.COMPILED[name]) == []
