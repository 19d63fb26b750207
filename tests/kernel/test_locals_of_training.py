"""A program that trains in `main()` is seen: its locals come with the run, and every page of them is answered."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.kernel.runs import only, printed, run
from tui_torch.console.programs.opening import run_program
from tui_torch.console.programs.views import JsonView
from tui_torch.kernel.session import KernelSession
from tui_torch.programs.calls import call_of
from tui_torch.programs.reading import read_script
from tui_torch.protocol.events import Finished, LocalsRead, TrainingProgress
from tui_torch.protocol.orders import Request
from tui_torch.protocol.views import LayersView, ValuesView

pytestmark = [pytest.mark.xdist_group("kernel"), pytest.mark.asyncio(loop_scope="module")]

PROGRAM = """
import torch
from training import Trainer
def main():
    model = torch.nn.Linear(2, 1)
    trainer = Trainer(model)
    trainer.fit(torch.ones(4, 2))
if __name__ == "__main__":
    main()
"""
TRAINING = """
import torch
class Trainer:
    def __init__(self, model):
        self.model, self.optimizer = model, torch.optim.SGD(model.parameters(), lr=0.1)
    def fit(self, x):
        for _ in range(5):
            self.optimizer.zero_grad()
            loss = self.model(x).square().mean()
            loss.backward()
            self.optimizer.step()
"""


async def test_a_trainer_in_a_module_beside_the_program_is_seen(
    kernel: KernelSession, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "mine.py"
    file.write_text(PROGRAM, "utf-8")
    (tmp_path / "training.py").write_text(TRAINING, "utf-8")
    read = read_script(file)
    assert await run_program(kernel, read.text, call_of(file, (), tmp_path), JsonView(kernel.answer)) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    fit, main = [line for line in lines if line["event"] == "locals"]
    assert (fit["function"], fit["file"], fit["state"], fit["steps"]) == (
        "Trainer.fit",
        str(tmp_path / "training.py"),
        "ended",
        5,
    )
    rows = {row["name"]: row for row in fit["variables"]}
    assert list(rows) == ["self.model", "self.optimizer", "x", "loss"]
    assert all(parameter["gradient_norm"] for parameter in rows["self.model"]["parameters"])
    assert (main["function"], main["line"]) == ("main", 7)
    assert [row["name"] for row in main["variables"]] == ["model", "trainer"]
    tree = await kernel.look(Request("layers", "self.model", frame=0))
    assert isinstance(tree, LayersView) and tree.gradient_norm is not None and tree.layers[0].output == "[4, 1]"
    values = await kernel.look(Request("values", "self.model.weight", frame=0))
    assert isinstance(values, ValuesView) and values.shape == (1, 2) and values.note is None


async def test_they_come_with_the_curve_and_before_the_end_and_go_with_the_next_run(kernel: KernelSession) -> None:
    code = (
        "import torch\ndef train():\n    w = torch.ones(2, requires_grad=True)\n    (w * w).sum().backward()\ntrain()"
    )
    events = await run(kernel, code)
    kinds = [type(event) for event in events]
    assert kinds.index(TrainingProgress) < kinds.index(LocalsRead) < kinds.index(Finished)
    last = [event for event in events if isinstance(event, LocalsRead)][-1]
    assert [row.name for row in last.frames[0].variables] == ["w"]
    events = await run(kernel, "print(1)")
    assert printed(events) == "1\n" and only(events, Finished).outcome == "ok"
    values = await kernel.look(Request("values", "w", frame=0))
    assert isinstance(values, ValuesView) and values.note is not None
