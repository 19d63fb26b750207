"""The coach in a real kernel: what it says of a run reaches the learner, once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.ui.recorded import TOO_LARGE
from tui_torch.console.run import play_as_json
from tui_torch.course.library import lessons_folder
from tui_torch.course.loader import load_lesson
from tui_torch.kernel.session import KernelSession
from tui_torch.protocol.events import Event, Failed, Finished, Inspected, Noted
from tui_torch.protocol.notes import Note
from tui_torch.protocol.orders import Portion, Run

pytestmark = pytest.mark.xdist_group("kernel")

in_the_kernels_loop = pytest.mark.asyncio(loop_scope="module")

PILING_UP = """\
import torch
w = torch.tensor(0.0, requires_grad=True)
opt = torch.optim.SGD([w], lr=0.01)
for step in range(30):
    loss = (w - 3) ** 2
    loss.backward()
    opt.step()
"""
ZEROED = PILING_UP.replace("    loss.backward()", "    opt.zero_grad()\n    loss.backward()")
LATER = """\
import time
for step in range(200):
    time.sleep(0.001)
    print("on", step)
"""


async def run(kernel: KernelSession, code: str) -> list[Event]:
    return [event async for event in kernel.run(Run(code))]


def notes(events: list[Event]) -> list[Note]:
    return [event.note for event in events if isinstance(event, Noted)]


@in_the_kernels_loop
async def test_a_note_comes_once_and_before_the_end(kernel: KernelSession) -> None:
    events = await run(kernel, PILING_UP)
    [note] = notes(events)
    assert (note.rule, note.line, note.suggested_fix) == ("never-zeroed", 6, "opt.zero_grad()\nloss.backward()")
    kinds = [type(event) for event in events]
    assert kinds.index(Noted) < kinds.index(Inspected) < kinds.index(Finished)


@in_the_kernels_loop
async def test_the_fixed_code_gets_no_note_in_the_same_kernel(kernel: KernelSession) -> None:
    assert len(notes(await run(kernel, PILING_UP))) == 1
    assert notes(await run(kernel, ZEROED)) == []
    assert len(notes(await run(kernel, PILING_UP))) == 1


@in_the_kernels_loop
async def test_a_loss_that_is_no_number_is_said_while_the_code_runs(kernel: KernelSession) -> None:
    events = await run(kernel, TOO_LARGE.replace("range(30)", "range(3000)") + LATER)
    [note] = notes(events)
    assert (note.rule, note.line) == ("loss-not-finite", 7)
    assert note.suggested_fix == "opt = torch.optim.SGD(model.parameters(), lr=1e-5)"
    printed = [at for at, event in enumerate(events) if "on 199" in getattr(event, "text", "")]
    assert events.index(Noted(note)) < printed[0]


@in_the_kernels_loop
async def test_a_run_that_fails_gets_its_notes_too(kernel: KernelSession) -> None:
    events = await run(kernel, PILING_UP + "w + 'a'\n")
    assert [note.rule for note in notes(events)] == ["never-zeroed"]
    assert any(isinstance(event, Failed) for event in events)


@in_the_kernels_loop
async def test_what_a_step_stands_on_is_not_coached(kernel: KernelSession) -> None:
    standing = (Portion("before", PILING_UP),)
    events = [event async for event in kernel.run(Run("print(w)", standing=standing))]
    assert notes(events) == []


@in_the_kernels_loop
async def test_run_json_tells_the_notes(kernel: KernelSession, tmp_path: Path) -> None:
    lesson = load_lesson(lessons_folder() / "regression" / "optimizers.yaml")
    written: list[str] = []
    await play_as_json(kernel, lesson, [lesson.step("the-forgotten-reset")], written.append)
    [note] = json.loads(written[0])["notes"]
    assert note["rule"] == "never-zeroed" and note["line"] == 5
    assert note["mend"] == "opt.zero_grad()\nloss.backward()"
    assert "10.8" in note["says"]


TWO_LOSSES = """\
import torch
w, v = torch.tensor(0.0, requires_grad=True), torch.tensor(0.0, requires_grad=True)
opt_w, opt_v = torch.optim.SGD([w], lr=1.1), torch.optim.SGD([v], lr=0.1)
for step in range(20):
    opt_w.zero_grad(); opt_v.zero_grad()
    aux, a, b = (v - 1) ** 2, (w - 3) ** 2, w.new_tensor(0.0)
    aux.backward(); {call}
    opt_w.step(); opt_v.step()
"""


@in_the_kernels_loop
@pytest.mark.parametrize("call", ["(a + b).backward()", "loss = a + b; loss.backward()"])
async def test_the_one_of_two_losses_that_explodes_is_said(kernel: KernelSession, call: str) -> None:
    [note] = notes(await run(kernel, TWO_LOSSES.format(call=call)))
    assert (note.rule, note.line) == ("exploding", 3) and "1.1 is too large; try 0.1" in note.says
