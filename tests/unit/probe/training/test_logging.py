"""What a learner logs: with `log()`, or with a SummaryWriter that their code has anyway."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

import tui_torch
from tui_torch.probe.isolation.undisturbed import inspecting
from tui_torch.probe.training.recorder import TrainingRecorder
from tui_torch.probe.training.tensorboard import listen_to_writers
from tui_torch.protocol.events import SeriesPoints, TrainingProgress


class Run:
    def __init__(self) -> None:
        self.events: list[TrainingProgress] = []
        self.recorder = TrainingRecorder(self.events.append, lambda: 0.0)
        self.recorder.install()
        self.recorder.begin()

    def logged(self) -> dict[str, tuple[tuple[int, float], ...]]:
        self.recorder.end()
        found: dict[str, SeriesPoints] = {}
        for event in self.events:
            for series in event.series:
                if series.kind == "logged":
                    points = found[series.name].points if series.name in found else ()
                    found[series.name] = SeriesPoints(series.name, "logged", points + series.points)
        return {name: series.points for name, series in found.items()}


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    run = Run()
    monkeypatch.setattr(tui_torch, "listener", run.recorder.log)
    yield run
    run.recorder.uninstall()


def backward() -> None:
    (torch.tensor(1.0, requires_grad=True) * 1).backward()


def test_outside_the_tutor_logging_does_nothing_and_imports_nothing() -> None:
    code = "import sys; from tui_torch import log; log(loss=object()); print('torch' in sys.modules, len(sys.modules))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    alone = subprocess.run(
        [sys.executable, "-c", "import sys; print(len(sys.modules))"], capture_output=True, text=True, check=True
    )
    with_torch, modules = told.stdout.split()
    assert (with_torch, told.stderr) == ("False", "")
    assert int(modules) - int(alone.stdout) <= 2


def test_what_is_logged_is_at_the_step_of_the_loop(run: Run) -> None:
    for accuracy in (0.25, 0.5):
        for _ in range(3):
            backward()
        tui_torch.log(accuracy=accuracy, val_loss=1 - accuracy)
    assert run.logged() == {"accuracy": ((3, 0.25), (6, 0.5)), "val_loss": ((3, 0.75), (6, 0.5))}


def test_without_a_backward_the_calls_are_the_steps(run: Run) -> None:
    for number in (3, 2, 1):
        tui_torch.log(left=number)
    assert run.logged() == {"left": ((1, 3.0), (2, 2.0), (3, 1.0))}


def test_without_a_backward_a_step_that_was_given_is_kept_while_steps_grow(run: Run) -> None:
    for step in (10, 20, 20, 5, None, 30):
        run.recorder.log({"left": 1.0}, step)
    assert [step for step, _ in run.logged()["left"]] == [10, 20, 21, 22, 23, 30]


def test_a_step_that_was_given_counts_for_its_own_name_alone(run: Run) -> None:
    run.recorder.log({"left": 1.0}, 10)
    run.recorder.log({"right": 1.0}, 5)
    assert run.logged() == {"left": ((10, 1.0),), "right": ((5, 1.0),)}


def test_in_a_loop_a_step_that_was_given_does_not_count(run: Run) -> None:
    backward()
    run.recorder.log({"left": 1.0}, 10)
    run.recorder.log({"left": 2.0}, 11)
    assert run.logged() == {"left": ((1, 1.0), (1, 2.0))}


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (1, 1.0),
        (True, 1.0),
        (np.float32(0.5), 0.5),
        (np.array([0.5]), 0.5),
        (torch.tensor(0.5), 0.5),
        (torch.tensor([[2]]), 2.0),
        (torch.tensor(0.5, requires_grad=True) * 1, 0.5),
        (torch.tensor(0.5, dtype=torch.bfloat16), 0.5),
    ],
)
def test_every_kind_of_number_is_taken(run: Run, value: object, number: float) -> None:
    tui_torch.log(it=value)
    assert run.logged() == {"it": ((1, number),)}


class Hostile(float):
    def __float__(self) -> float:
        raise RuntimeError("not mine")


@pytest.mark.parametrize(
    "value", ["0.5", None, 10**400, 1j, [0.5], torch.ones(2), torch.ones((), device="meta"), object()]
)
def test_what_is_no_number_is_left_out_and_said_once(
    run: Run, capsys: pytest.CaptureFixture[str], value: object
) -> None:
    for _ in range(3):
        tui_torch.log(it=value, other=1)
    assert set(run.logged()) == {"other"}
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and said.startswith("log(it=…): ") and said.endswith("left out.\n")


def test_a_number_that_refuses_to_be_one_does_not_stop_the_loop(run: Run) -> None:
    tui_torch.log(it=Hostile(0.5))
    assert run.logged() == {"it": ((1, 0.5),)}


def test_what_we_make_a_learners_module_log_is_not_theirs(run: Run) -> None:
    with inspecting():
        tui_torch.log(it=1)
    assert run.logged() == {}


@pytest.mark.parametrize("module", ["torch.utils.tensorboard", "tensorboardX"])
def test_the_scalars_of_a_summary_writer_are_told(run: Run, module: str, tmp_path: Path) -> None:
    pytest.importorskip("tensorboard" if module.startswith("torch") else module)
    for name in [name for name in sys.modules if name.startswith(module)]:
        del sys.modules[name]
    remove = listen_to_writers(run.recorder.log)
    try:
        assert module not in sys.modules
        writer = importlib.import_module(module).SummaryWriter(str(tmp_path))
        backward()
        writer.add_scalar("loss/train", torch.tensor(0.5), 7)
        writer.add_scalars("both", {"a": 1.0, "b": 2.0}, 7)
        writer.close()
    finally:
        remove()
        for name in [name for name in sys.modules if name.startswith(module)]:
            del sys.modules[name]
    assert run.logged() == {"loss/train": ((1, 0.5),), "both/a": ((1, 1.0),), "both/b": ((1, 2.0),)}
    assert list(tmp_path.rglob("events.*"))


def test_writers_are_as_they_were_once_nobody_listens(run: Run) -> None:
    writer = importlib.import_module("tensorboardX").SummaryWriter
    before = dict(vars(writer))
    remove = listen_to_writers(run.recorder.log)
    assert vars(writer)["add_scalar"] is not before["add_scalar"]
    remove()
    assert dict(vars(writer)) == before


def test_listening_to_writers_imports_none() -> None:
    code = (
        "import sys; from tui_torch.probe.training.tensorboard import listen_to_writers\n"
        "listen_to_writers(print)\nprint([m for m in sys.modules if 'tensorboard' in m and 'tui_torch' not in m])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout == "[]\n"
