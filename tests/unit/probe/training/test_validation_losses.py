"""A loss that is computed without gradients by the training's function is drawn beside it, and nothing else is."""

from __future__ import annotations

import linecache
import sys
from collections import defaultdict
from typing import Any

import pytest
import torch

from tests.unit.probe.coach.runs import IMPORTS
from tests.unit.probe.training.validated_loops import DATA, DRAWN, NOT_DRAWN
from tui_torch.probe.training.recorder import TrainingRecorder
from tui_torch.probe.training.validation import losses
from tui_torch.protocol.events import TrainingProgress

FILE = "<your code>"
PYTORCHS_OWN = torch.no_grad.__enter__, torch.inference_mode.__enter__, torch.set_grad_enabled.__init__


class Ran:
    """A program that was run, and recorded."""

    def __init__(self, code: str) -> None:
        self.events: list[TrainingProgress] = []
        self.seen: defaultdict[str, list[float]] = defaultdict(list)
        recorder = TrainingRecorder(self.events.append)
        recorder.install()
        lines = code.splitlines(keepends=True)
        linecache.cache[FILE] = (len(code), None, lines, FILE)
        names: dict[str, Any] = {"__name__": "__main__", "seen": self.seen}
        exec(IMPORTS, names)
        try:
            recorder.begin(code)
            exec(compile(code, FILE, "exec", dont_inherit=True), names)
            recorder.end()
        finally:
            recorder.uninstall()
            del linecache.cache[FILE]

    def points(self, kind: str) -> dict[str, list[tuple[int, float]]]:
        found: dict[str, list[tuple[int, float]]] = {}
        for event in self.events:
            for series in event.series:
                if series.kind == kind:
                    found.setdefault(series.name, []).extend(series.points)
        return found

    @property
    def validation(self) -> dict[str, list[float]]:
        return {name: [value for _, value in points] for name, points in self.points("validation").items()}


@pytest.mark.parametrize("name", DRAWN)
def test_the_mean_of_each_pass_is_drawn_by_its_name(name: str) -> None:
    ran = Ran(DRAWN[name])
    assert ran.seen
    assert set(ran.validation) == set(ran.seen)
    for curve, values in ran.seen.items():
        assert ran.validation[curve] == pytest.approx(values, rel=1e-5)


@pytest.mark.parametrize("name", NOT_DRAWN)
def test_what_is_no_validation_is_not_drawn(name: str) -> None:
    ran = Ran(NOT_DRAWN[name])
    assert ran.points("loss")
    assert ran.validation == {}


@pytest.mark.parametrize("name", ["a step, and then what is handed on", "metrics"])
def test_what_is_not_drawn_is_not_looked_for_in_files(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    monkeypatch.setattr(losses, "name_of", asked.append)
    assert Ran(NOT_DRAWN[name]).validation == {}
    assert asked == []


def test_a_pass_is_drawn_at_the_step_after_which_it_was_computed() -> None:
    ran = Ran(DRAWN["a module, over a loader"])
    assert [step for step, _ in ran.points("validation")["val_loss"]] == [5, 10, 15, 20]


def test_code_that_does_not_speak_of_turning_gradients_off_is_not_listened_to(monkeypatch: pytest.MonkeyPatch) -> None:
    def hears(*_: object) -> None:
        raise AssertionError("the code was listened to")

    monkeypatch.setattr(sys, "setprofile", hears)
    if (monitoring := getattr(sys, "monitoring", None)) is not None:
        monkeypatch.setattr(monitoring, "use_tool_id", hears)
    loop = DATA + "for xb, yb in train_loader:\n    loss = loss_fn(model(xb), yb)\n    loss.backward()\n"
    assert len(Ran(loop).points("loss")["loss"]) == 5


def test_pytorch_and_python_are_left_as_they_were() -> None:
    Ran(DRAWN["a module, over a loader"])
    assert sys.getprofile() is None
    assert (torch.no_grad.__enter__, torch.inference_mode.__enter__, torch.set_grad_enabled.__init__) == PYTORCHS_OWN


def test_a_profile_function_of_the_learners_own_is_left_alone() -> None:
    ran = Ran(
        "import sys\ncalls = []\nsys.setprofile(lambda *what: calls.append(what[1]))\n"
        + DRAWN["a module, over a loader"]
        + "\nseen['calls'].append(len(calls))\nsys.setprofile(None)\n"
    )
    assert ran.seen["calls"][0] > 1000
    assert len(ran.points("loss")["loss"]) == 20


def test_no_tensor_of_a_function_is_kept_alive_by_listening() -> None:
    ran = Ran(
        DATA
        + """
import weakref

def train():
    for step in range(8):
        loss = loss_fn(model(X[:80]), y[:80])
        opt.zero_grad()
        loss.backward()
        opt.step()
        if step in (0, 2, 5, 7):
            with torch.no_grad():
                val = loss_fn(model(Xv), yv)
            held = [weakref.ref(loss), weakref.ref(val)]
            del loss, val
            seen["alive"].append(sum(one() is not None for one in held))

train()
"""
    )
    assert ran.seen["alive"] == [0, 0, 0, 0]


def test_what_a_function_has_from_around_it_is_left_to_it() -> None:
    ran = Ran(
        DATA
        + """
def made(factor):
    def loss_of(prediction, target):
        return factor * ((prediction - target) ** 2).mean()

    def plain(value):
        return factor * value

    return loss_of, plain

loss_of, plain = made(2.0)
for step in range(9):
    loss = loss_of(model(X[:80]), y[:80])
    opt.zero_grad()
    loss.backward()
    opt.step()
    torch.set_grad_enabled(False)
    val = loss_of(model(Xv), yv).item()
    torch.set_grad_enabled(True)
    seen["val"].append(plain(val) / 2)
"""
    )
    assert ran.validation["val"] == pytest.approx(ran.seen["val"])


def test_where_a_place_without_gradients_computes_no_loss_it_is_not_listened_to_for_long() -> None:
    ran = Ran(
        DATA
        + """
import sys
w = torch.zeros(4, 1, requires_grad=True)
for step in range(40):
    loss = F.mse_loss(X @ w, y)
    loss.backward()
    with torch.no_grad():
        w -= 0.05 * w.grad
        w.grad = None
        seen["listening"].append(sys.getprofile() is not None)
"""
    )
    assert not any(ran.seen["listening"][12:])


@pytest.mark.parametrize(
    ("step", "name"),
    [
        ("val_loss = loss_fn(model(batch[0]), batch[1])\n    return val_loss", "val_loss"),
        ("return loss_fn(model(batch[0]), batch[1])", "evaluate(validation_step, val_loader)"),
    ],
)
def test_a_library_that_calls_it_an_output_does_not_name_a_loss(step: str, name: str) -> None:
    file = "/lib/site-packages/trainer.py"
    library = """\
import torch

def evaluate(step, loader):
    with torch.no_grad():
        for batch in loader:
            output = step(batch)
"""
    linecache.cache[file] = (len(library), None, library.splitlines(keepends=True), file)
    try:
        ran = Ran(
            DATA
            + f"""
names = dict()
exec(compile({library!r}, {file!r}, "exec", dont_inherit=True), names)
evaluate = names["evaluate"]

def validation_step(batch):
    {step}

for epoch in range(4):
    for xb, yb in train_loader:
        loss = loss_fn(model(xb), yb)
        opt.zero_grad()
        loss.backward()
        opt.step()
    with torch.no_grad():
        evaluate(validation_step, val_loader)
"""
        )
    finally:
        del linecache.cache[file]
    assert list(ran.points("validation")) == [name]
