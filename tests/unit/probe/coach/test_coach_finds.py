"""What is wrong with a loop is said, at its line, with the numbers of the run, and with the line mended."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.unit.probe.coach.mistakes import MISTAKES
from tests.unit.probe.coach.runs import notes_of


def test_each_rule_has_three_programs_that_trigger_it() -> None:
    counts = Counter(mistake.rule for mistake in MISTAKES.values())
    assert {rule: count for rule, count in counts.items() if count < 3} == {}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_found_at_its_line(name: str) -> None:
    mistake = MISTAKES[name]
    lines = mistake.code.splitlines()
    notes = notes_of(mistake.code)
    assert [(note.rule, lines[(note.line or 1) - 1].strip()) for note in notes] == [(mistake.rule, mistake.line)]
    [note] = notes
    assert note.mend == mistake.mend
    assert all(words in note.says for words in mistake.says), note.says
    assert note.says.count("`") % 2 == 0
