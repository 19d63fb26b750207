"""What is wrong with a loop is said, at its line, with the numbers of the run, and with a suggested fix."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pytest
import torch
from torch.optim.optimizer import _global_optimizer_pre_hooks  # type: ignore[attr-defined]

from tests.spread import at_both_speeds, one_in_five
from tests.unit.probe.coach.every_program import MENDED_IN_SUITE, MISTAKES, RULES, notes_of_mistake
from tests.unit.probe.coach.runs import FILE, IMPORTS, Slowly, notes_of, whole_numbers_are_refused
from tui_torch.probe.coach.coach import Coach
from tui_torch.probe.errors.explain import explain
from tui_torch.probe.training.recorder import TrainingRecorder
from tui_torch.protocol.notes import Note


def test_each_rule_has_three_programs_that_trigger_it() -> None:
    counts = Counter(mistake.rule for mistake in MISTAKES.values())
    assert {rule: count for rule, count in counts.items() if count < 3} == {}


def explained(code: str) -> str:
    """What is said of the error in which a program ends."""
    names: dict[str, Any] = {"__name__": "__main__"}
    exec(IMPORTS, names)
    with pytest.raises(RuntimeError) as raised:
        exec(compile(code, FILE, "exec", dont_inherit=True), names)
    explanation = explain(raised.value, str(raised.value), FILE, code)
    assert explanation is not None
    return explanation.meaning


@pytest.mark.parametrize(("name", "slowly"), at_both_speeds(RULES, "mistake", besides=MENDED_IN_SUITE))
def test_a_mistake_is_found_at_its_line(name: str, slowly: bool) -> None:
    mistake = MISTAKES[name]
    if mistake.is_refused and whole_numbers_are_refused():
        assert "float" in explained(mistake.code)
        return
    lines = mistake.code.splitlines()
    notes = notes_of(mistake.code, clock=Slowly()) if slowly else notes_of_mistake(name)
    assert [(note.rule, lines[(note.line or 1) - 1].strip()) for note in notes] == [(mistake.rule, mistake.line)]
    [note] = notes
    assert note.suggested_fix == mistake.suggested_fix
    assert all(words in note.says for words in mistake.says), note.says
    assert note.says.count("`") % 2 == 0


LATE = """\
x, y = torch.randn(32, 3), torch.randn(32, 1)
model = nn.Linear(3, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=1e-4)
for step in range({steps}):
    loss = F.mse_loss(model(x), y)
    if step < {until}:
        optimizer.zero_grad()
    loss.backward()
    {between}
    optimizer.step()
    tick()
"""


def notes_of_a_long_run(steps: int, until: int, between: str) -> list[Note]:
    """A step takes 5 milliseconds, however often anyone looks at the clock."""
    clock = Slowly(0.0)

    def tick() -> None:
        clock.now += 0.005

    names: dict[str, Any] = {"__name__": "__main__", "tick": tick}
    exec(IMPORTS, names)
    return notes_of(LATE.format(steps=steps, until=until, between=between), names, clock=clock)


@pytest.mark.parametrize("between", ["pass", "nn.utils.clip_grad_norm_(model.parameters(), 0.1)"])
def test_a_mistake_that_begins_late_is_found(between: str) -> None:
    notes = notes_of_a_long_run(1400, 1000, between)
    assert [(note.rule, note.line) for note in notes] == [("never-zeroed", 8)]
    step = int(notes[0].says.partition("at step ")[2].split()[0])
    assert 1000 < step <= 1400


def test_the_same_loop_without_the_mistake_is_right() -> None:
    assert notes_of_a_long_run(1400, 1400, "pass") == []


def test_in_the_long_run_nothing_of_the_coach_is_called_in_the_loop() -> None:
    coach = Coach(FILE, lambda note: None, lambda: 0.0)
    recorder = TrainingRecorder(coach.trained, lambda: 0.0)
    coach.listen_to(recorder)
    weight = torch.ones(1, requires_grad=True)
    names: dict[str, Any] = {"weight": weight, "optimizer": torch.optim.SGD([weight], lr=0.1)}
    source = "optimizer.zero_grad(); weight.sum().backward(); optimizer.step()"
    code = compile(source, FILE, "exec")
    recorder.install()
    recorder.begin(source)
    coach.begin(source, names)
    listening = [bool(recorder.before_backward or recorder.after_backward or _global_optimizer_pre_hooks)]
    for _ in range(100):
        exec(code, names)
    listening.append(bool(recorder.before_backward or recorder.after_backward or _global_optimizer_pre_hooks))
    recorder.end()
    coach.end()
    recorder.uninstall()
    assert listening == [True, False]


STEADY = {
    "never-zeroed",
    "step-before-backward",
    "zeroed-before-step",
    "holds-none-of-it",
    "not-held",
    "cut-off",
    "trains-in-eval",
    "never-stepped",
}
"""Rules whose mistake goes on in each step, however long the loop is."""
LONGER = {
    name: re.sub(r"\bfor (\w+) in range\(\d+\):\n", r"for \1 in range(60):\n", mistake.code)
    for name, mistake in MISTAKES.items()
    if mistake.rule in STEADY
}


@pytest.mark.parametrize(
    "name", one_in_five([name for name, code in LONGER.items() if code != MISTAKES[name].code], part=1)
)
def test_a_mistake_is_found_in_a_loop_that_is_slow_and_long(name: str) -> None:
    # 40 ms from one look at the clock to the next: looks at later steps begin between a backward() and its step().
    mistake, lines = MISTAKES[name], LONGER[name].splitlines()
    found = notes_of(LONGER[name], clock=Slowly(0.04))
    assert [(note.rule, lines[(note.line or 1) - 1].strip()) for note in found] == [(mistake.rule, mistake.line)]
