"""When the coach speaks, and what it keeps once a run is over."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import torch

from tests.unit.probe.coach.runs import FILE, IMPORTS, Slowly
from tui_torch.probe.coach.coach import Coach
from tui_torch.probe.training.recorder import TrainingRecorder
from tui_torch.protocol.events import SeriesPoints, TrainingProgress
from tui_torch.protocol.notes import Note

BROKEN = """\
w = torch.tensor(1.0, requires_grad=True)
for step in range(10):
    loss = w * (math.inf if step > 3 else 1.0)
    loss.backward()
    said.append(len(notes))
"""


def coached(code: str, names: dict[str, Any]) -> list[Note]:
    """The notes of a run, which the code can see as `notes` while it runs."""
    notes: list[Note] = names.setdefault("notes", [])
    exec(IMPORTS, names)
    coach = Coach(FILE, notes.append, Slowly())
    recorder = TrainingRecorder(coach.trained, Slowly())
    coach.listen_to(recorder)
    recorder.install()
    try:
        recorder.begin(code)
        coach.begin(code, names)
        exec(compile(code, FILE, "exec", dont_inherit=True), names)
        recorder.end()
        coach.end()
    finally:
        recorder.uninstall()
        coach.uninstall()
    assert coach.failures.met == []
    return notes


def test_that_a_loss_is_no_number_any_more_is_said_while_the_loop_runs() -> None:
    said: list[int] = []
    notes = coached(BROKEN, {"said": said})
    assert [note.rule for note in notes] == ["loss-not-finite"]
    assert said[:4] == [0, 0, 0, 0] and said[-1] == 1


def test_a_run_that_is_over_is_not_kept_alive() -> None:
    names: dict[str, Any] = {"said": []}
    coach = Coach(FILE, lambda note: None)
    recorder = TrainingRecorder(coach.trained)
    coach.listen_to(recorder)
    recorder.install()
    exec(IMPORTS + "model = nn.Linear(1, 1)\nx = torch.ones(1, 1)\n", names)
    code = "for step in range(3):\n    loss = model(x).mean()\n    loss.backward()\n"
    recorder.begin(code)
    coach.begin(code, names)
    exec(compile(code, FILE, "exec", dont_inherit=True), names)
    recorder.end()
    coach.end()
    held = [weakref.ref(names["model"]), weakref.ref(names["loss"]), weakref.ref(names["model"].weight)]
    names.clear()
    gc.collect()
    recorder.uninstall()
    assert [reference() for reference in held] == [None, None, None]


def test_a_coach_that_is_uninstalled_says_nothing_more() -> None:
    notes: list[Note] = []
    coach = Coach(FILE, notes.append)
    coach.listen_to(TrainingRecorder(coach.trained))
    coach.begin("loss.backward()", {"w": torch.ones(1)})
    coach.uninstall()
    series = (SeriesPoints("loss", "loss", ((1, float("nan")),)),)
    coach.trained(TrainingProgress(1, series, None, (), None, 0))
    coach.end()
    assert notes == []
