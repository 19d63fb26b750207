"""Joining a kernel that `jupyter console` has started: both are at work, and nothing of ours stays."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.kernel.attached import PATIENCE, Follower, TheirKernel, without_pytorch
from tests.terminal import CTRL_C, Terminal
from tui_torch.kernel.joining import joined_kernel
from tui_torch.kernel.joining.connection_files import CannotJoinError
from tui_torch.kernel.joining.joined_kernel import JoinedKernel
from tui_torch.protocol.attachment import CellBegan, CellEnded, Joined, Peeked, TorchImported
from tui_torch.protocol.events import Failed, Inspected, TrainingProgress, Watched
from tui_torch.protocol.notes import Note
from tui_torch.protocol.orders import Request, Watch
from tui_torch.protocol.views import AutogradGraphView, ValuesView
from tui_torch.ui.attaching.app import AttachApp

pytestmark = [pytest.mark.xdist_group("attached kernel"), pytest.mark.asyncio(loop_scope="module")]

TRAINING = """
import torch
w = torch.zeros(3, requires_grad=True)
opt = torch.optim.SGD([w], lr=0.1)
for step in range(40):
    loss = ((w - 1) ** 2).sum()
    opt.zero_grad()
    loss.backward()
    opt.step()
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def kernel(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[TheirKernel]:
    kernel = TheirKernel(tmp_path_factory.mktemp("attached"))
    await kernel.begin()
    yield kernel
    kernel.end()


@pytest_asyncio.fixture(loop_scope="module")
async def joining(kernel: TheirKernel) -> AsyncIterator[Callable[[], Follower]]:
    """Makes followers, which leave when the test is over, however it ends: one that stayed would keep out the next, and
    to collect the sockets of one that nobody has closed may take for ever."""
    made: list[Follower] = []

    def follower() -> Follower:
        made.append(Follower(kernel))
        return made[-1]

    yield follower
    for one in made:
        await one.leave()


@pytest_asyncio.fixture(loop_scope="module")
async def follower(joining: Callable[[], Follower]) -> Follower:
    follower = joining()
    await follower.begin()
    return follower


@pytest_asyncio.fixture(loop_scope="module")
async def joined(kernel: TheirKernel) -> AsyncIterator[JoinedKernel]:
    joined = JoinedKernel(kernel.file)
    yield joined
    await joined.close()


def of(told: list[Any], kind: type) -> list[Any]:
    return [word for word in told if isinstance(word, kind)]


def differences(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """What is new and what is gone, but for modules of Python and PyTorch themselves, which stay imported."""
    theirs = {*sys.stdlib_module_names, "torch"}
    found: dict[str, Any] = {}
    for name in before:
        then, now = (Counter(map(str, flat(state[name]))) for state in (before, after))
        new, gone = list(now - then), list(then - now)
        if name == "modules":
            new = [module for module in new if module.split(".")[0] not in theirs]
        if new or gone:
            found[name] = {"new": new, "gone": gone}
    return found


def flat(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.items())
    return value if isinstance(value, list) else [value]


async def test_what_is_typed_into_jupyter_console_is_seen_from_the_cell_on_that_imports_torch(
    kernel: TheirKernel, joining: Callable[[], Follower]
) -> None:
    assert await kernel.evaluate("'torch' in __import__('sys').modules") is False
    follower = joining()
    await follower.begin()
    joined = await follower.hears_of(Joined)
    assert joined.torch is None
    assert joined.installed is not None
    kernel.types("n = 41")
    told = await follower.hears_the_end()
    assert [(word.number, word.code) for word in of(told, CellBegan)] == [(1, "n = 41")]
    assert [(one.name, one.text) for one in of(told, Inspected)[-1].inspection.variables] == [("n", "41")]
    follower.told.clear()
    kernel.types(f"exec({TRAINING!r}); n + 1")
    told = await follower.hears_the_end()
    assert len(of(told, TorchImported)) == 1
    assert of(told, TorchImported)[0].problem is None
    losses = [value for word in of(told, TrainingProgress) for _, value in word.losses]
    assert losses[0] == 3.0
    assert losses[-1] < 0.001
    assert len(losses) == 40
    await kernel.shows("Out[2]: 42")
    assert await follower.leave()
    assert "Error" not in kernel.terminal.text
    assert "tui" not in kernel.terminal.text.replace(repr(TRAINING), "")


async def test_nothing_is_left_behind(kernel: TheirKernel, joining: Callable[[], Follower]) -> None:
    before = await kernel.state_after(TRAINING)
    follower = joining()
    await follower.begin()
    during = await kernel.state_after(TRAINING)
    assert {"callbacks", "descriptors", "handlers", "finders", "torch"} <= differences(before, during).keys()
    assert await follower.leave()
    assert differences(before, await kernel.state_after(TRAINING)) == {}


async def test_nothing_is_left_behind_either_when_we_are_killed(kernel: TheirKernel) -> None:
    before = await kernel.state_after(TRAINING)
    ours = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "tui_torch", "attach", str(kernel.file.path), "--yes", "--json"),
        stdout=asyncio.subprocess.PIPE,
    )
    assert ours.stdout is not None
    lines = [json.loads(await ours.stdout.readline()) for _ in range(2)]
    assert [line["event"] for line in lines] == ["joined", "variables"]
    during = await kernel.state_after(TRAINING)
    assert {"callbacks", "torch"} <= differences(before, during).keys()
    ours.kill()
    await ours.wait()
    assert differences(before, await kernel.state_after(TRAINING)) == {}


async def test_a_cell_tells_its_values_its_losses_its_notes_and_its_error(
    kernel: TheirKernel, follower: Follower
) -> None:
    forgotten = TRAINING.replace("    opt.zero_grad()\n", "").replace("range(40)", "range(12)")
    await kernel.runs(f"{forgotten}\nimport numpy as np\na = np.ones(4)\n1 / 0")
    told = await follower.hears_the_end()
    assert [note.rule for note in of(told, Note)] == ["never-zeroed"]
    (failed,) = of(told, Failed)
    assert failed.error == "ZeroDivisionError"
    assert [(frame.file, frame.code) for frame in failed.frames] == [(f"In [{of(told, CellBegan)[0].number}]", "1 / 0")]
    variables = {one.name: one for one in of(told, Inspected)[-1].inspection.variables}
    assert variables["w"].shape == (3,)
    assert variables["w"].gradient is not None
    assert variables["a"].change == "new"
    assert of(told, CellEnded)[0].outcome == "failed"


async def test_what_is_asked_is_answered_between_cells_and_in_a_loop_that_trains(
    kernel: TheirKernel, follower: Follower
) -> None:
    await kernel.runs(TRAINING)
    await follower.hears_the_end()
    follower.joined.ask(Request("values", "w"))
    assert (await follower.hears_of(ValuesView)).note is None
    follower.joined.ask(Request("graph", "loss"))
    assert (await follower.hears_of(AutogradGraphView)).graph.name == "loss"
    follower.told.clear()
    follower.joined.ask(Watch(("w",)))
    slow = TRAINING.replace("range(40)", "range(10**6)") + "    if stop: break\n"
    running = asyncio.create_task(kernel.runs(f"stop = []\n{slow}"))
    watched = await follower.hears_of(Watched)
    assert [summary.name for summary in watched.summaries] == ["w"]
    follower.joined.ask(Request("values", "loss"))
    assert (await follower.hears_of(ValuesView)).request.expression == "loss"
    assert not of(follower.told, CellEnded)
    await kernel.stops(running)
    ended = await follower.hears_of(CellEnded)
    assert ended.outcome == "interrupted"


async def test_while_a_cell_runs_it_is_told_what_its_names_are(kernel: TheirKernel, follower: Follower) -> None:
    kernel.types("import torch, numpy; late = torch.zeros(3, 4); rows = numpy.ones(5); answer = input('Go on? ')")
    await follower.hears_of(CellBegan)
    await kernel.asks("Go on?")
    follower.joined.peek()
    peeked = {one.name: one for one in (await follower.hears_of(Peeked)).variables}
    assert (peeked["late"].kind, peeked["late"].shape, peeked["late"].dtype) == ("tensor", (3, 4), "float32")
    assert (peeked["rows"].kind, peeked["rows"].shape) == ("array", (5,))
    assert all(one.statistics is None and one.values is None for one in peeked.values())
    assert not of(follower.told, CellEnded)
    kernel.types("yes")
    await follower.hears_the_end()


async def test_their_questions_are_theirs_to_answer(kernel: TheirKernel, follower: Follower) -> None:
    kernel.types("answer = input('Who is it? ')")
    await follower.hears_of(CellBegan)
    await kernel.asks("Who is it?")
    follower.joined.ask(Request("values", "answer"))
    kernel.types("Ada")
    told = await follower.hears_the_end()
    assert of(told, CellEnded)[0].outcome == "ok"
    values = {one.name: one.text for one in of(told, Inspected)[-1].inspection.variables}
    assert values["answer"] == "'Ada'"


async def test_one_tui_torch_at_a_time_is_attached(
    kernel: TheirKernel, joining: Callable[[], Follower], follower: Follower
) -> None:
    second = joining()
    with pytest.raises(CannotJoinError, match="another tui-torch is attached to it"):
        await second.begin()
    assert await second.leave()
    await kernel.runs("after = 1")
    assert of(await follower.hears_the_end(), CellEnded)[0].outcome == "ok"


async def test_who_comes_or_leaves_while_a_cell_runs_has_to_wait_for_its_end(
    kernel: TheirKernel, joining: Callable[[], Follower], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(joined_kernel, "LEAVING", 0.2)
    before = await kernel.state_after(TRAINING)
    kernel.types("answer = input('At first? ')")
    await kernel.asks("At first?")
    follower = joining()
    await follower.joined.meet()
    assert not await follower.joined.load()
    kernel.types("yes")
    await follower.joined.loaded()
    follower.listen()
    kernel.types("answer = input('At last? ')")
    await kernel.asks("At last?")
    assert not await follower.leave()
    kernel.types("yes")
    assert differences(before, await kernel.state_after(TRAINING)).keys() <= {"names"}


async def test_the_command_asks_before_it_loads_anything(kernel: TheirKernel, tmp_path: Path) -> None:
    command = (*(sys.executable, "-P", "-m", "tui_torch", "attach"), str(kernel.file.path))
    before = await kernel.state_after("")
    asked = Terminal("--plain", program=command, environment={"TUI_TORCH_HOME": str(tmp_path)})
    await asyncio.to_thread(asked.wait_for, "takes all of it out again", "y/N")
    asked.press("n\r")
    assert await asyncio.to_thread(asked.wait_for_the_end) == 2
    assert "nothing was loaded" in asked.text
    asked.close()
    agreed = Terminal("--plain", program=command, environment={"TUI_TORCH_HOME": str(tmp_path)})
    await asyncio.to_thread(agreed.wait_for, "y/N")
    agreed.press("y\r")
    await asyncio.to_thread(agreed.wait_for, "Joined: Python")
    await kernel.runs("seen = 5")
    await asyncio.to_thread(agreed.wait_for, "seen", "ok")
    agreed.press(CTRL_C)
    assert await asyncio.to_thread(agreed.wait_for_the_end) == 0
    assert "nothing of the probe is in the kernel any more" in " ".join(agreed.text.split())
    agreed.close()
    assert differences(before, await kernel.state_after("")).keys() <= {"names"}


async def test_the_screen_shows_what_is_run_there_and_what_its_names_are_meanwhile(
    kernel: TheirKernel, joined: JoinedKernel, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TUI_TORCH_HOME", str(tmp_path))
    await joined.meet()
    app = AttachApp(joined)
    async with app.run_test(size=(140, 44)) as pilot:
        screen = app.attach_screen

        async def until(holds: Callable[[], object]) -> None:
            # By the clock: what waits below may swallow the one cancellation of a timeout.
            deadline = time.monotonic() + PATIENCE
            while not holds():
                assert time.monotonic() < deadline, f"it does not come about; the kernel is {screen.heading.state!r}"
                await pilot.pause(0.02)

        await until(lambda: "idle" in screen.heading.state)
        assert "PyTorch" in screen.heading.kernel
        forgotten = TRAINING.replace("    opt.zero_grad()\n", "").replace("range(40)", "range(12)")
        await kernel.runs(f"{forgotten}\n1 / 0")
        await until(lambda: "failed" in screen.heading.state)
        assert "1 / 0" in screen.cell.plain
        assert "ZeroDivisionError" in screen.notes.plain
        assert "zeroes the gradients" in screen.notes.plain
        assert screen.chart.run.has_loop
        names = [summary.name for summary in screen.inspector.inspection.variables]
        assert {"w", "loss", "opt"} <= set(names)
        await pilot.press("t", "4")
        await until(lambda: (detail := screen.inspector.in_full) is not None and detail.page.view is not None)
        running = asyncio.create_task(kernel.runs("import time\nlater = torch.ones(5)\ntime.sleep(100)"))
        await until(lambda: "runs" in screen.heading.state)
        await until(lambda: any(one.name == "later" for one in screen.inspector.inspection.variables))
        await kernel.stops(running)
        await until(lambda: "interrupted" in screen.heading.state)
        await pilot.resize_terminal(80, 24)
        await until(lambda: min(pane.size.height for pane in (screen.inspector, screen.chart, screen.cell)) > 0)
        await pilot.press("question_mark")
        await until(lambda: app.screen is not screen)
        await pilot.press("escape")
        await until(lambda: app.screen is screen)
        await pilot.press("q")
        await until(lambda: not app.is_running)
    assert await joined.leave()


async def test_a_kernel_that_comes_back_is_joined_again_also_where_neither_pytorch_nor_we_are_installed(
    kernel: TheirKernel, joining: Callable[[], Follower], tmp_path: Path
) -> None:
    follower = joining()
    await follower.begin()
    kernel.kill()
    await follower.hears_nothing_more()
    with without_pytorch(kernel.file.path, tmp_path) as process:
        assert await follower.joined.comes_back() == "restarted"
        await follower.listen_again()
        joined = await follower.hears_of(Joined)
        assert (joined.pid, joined.torch, joined.installed) == (process.pid, None, None)
        follower.told.clear()
        assert await kernel.runs("names = [1, 2]; print(len(names))") == "2\n"
        told = await follower.hears_the_end()
        assert [(one.name, one.text) for one in of(told, Inspected)[-1].inspection.variables] == [("names", "2 items")]
        assert await follower.leave()
        assert await kernel.evaluate("[m for m in __import__('sys').modules if 'tui_torch' in m or m == 'torch']") == []
