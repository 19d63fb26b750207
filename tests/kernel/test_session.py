"""A real kernel: what a run yields, and what a run finds when it starts."""

from __future__ import annotations

import asyncio
import math
import os
import stat
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
import pytest_asyncio
import zmq

from tests.kernel.runs import only, printed, run
from tests.processes import listens, lives
from tui_torch.kernel import session as session_module
from tui_torch.kernel.conversation import Conversation
from tui_torch.kernel.session import KernelSession, KernelState
from tui_torch.kernel.zygote import Zygote
from tui_torch.protocol import wire
from tui_torch.protocol.events import (
    CheckResult,
    Displayed,
    Evaluated,
    Event,
    Failed,
    Finished,
    Graded,
    InputRequested,
    Inspected,
    Inspection,
    Output,
    PutBack,
    Started,
    TrainingProgress,
)
from tui_torch.protocol.mime_types import MIME_TYPES, VIEW
from tui_torch.protocol.orders import Portion, Request, Run

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("kernel")]


def inspection(events: list[Event]) -> Inspection:
    return only(events, Inspected).inspection


async def interrupted_once_it_prints(kernel: KernelSession, code: str) -> list[Event]:
    events: list[Event] = []
    async for event in kernel.run(Run(code)):
        events.append(event)
        if isinstance(event, Output):
            await kernel.interrupt()
    return events


async def test_a_run_that_is_not_inspected_does_all_else_as_ever(kernel: KernelSession) -> None:
    code = "w = x * 2\nprint(w)\nw.sum()"
    order = {
        "standing": (Portion("setup", "import torch\nx = torch.rand(3)"),),
        "pins": ("x",),
        "checks": (("it is doubled", "assert torch.equal(w, x * 2)"), ("it is not", "assert torch.equal(w, x)")),
        "values": ("w", "sorted(name for name in dir() if name[0] != '_')", "torch.rand(2)"),
    }
    inspected, uninspected = [await run(kernel, code, inspect=inspect, **order) for inspect in (True, False)]
    assert not any(isinstance(event, Inspected) for event in uninspected)
    shared = [event for event in inspected if not isinstance(event, (Inspected, Finished))]
    assert [event for event in uninspected if not isinstance(event, Finished)] == shared
    # The next inspection is again against what its run stood on.
    assert inspection(await run(kernel, code, **order)) == inspection(inspected)


async def test_a_run_starts_says_what_it_did_and_finishes(kernel: KernelSession) -> None:
    events = await run(kernel, "print('hello')\n1 + 1")

    assert isinstance(events[0], Started)
    assert printed(events) == "hello\n"
    assert only(events, Displayed) == Displayed("2", is_result=True)
    assert isinstance(events[-1], Finished)
    assert events[-1].outcome == "ok"


async def test_a_run_finds_what_it_stands_on_and_nothing_else(kernel: KernelSession) -> None:
    await run(kernel, "leftover = 1")

    events = await run(
        kernel, "print('leftover' in globals(), x)", standing=(Portion("setup", "x = 3; print('silent')"),)
    )

    assert printed(events) == "False 3\n"


async def test_every_run_draws_the_same_random_numbers(kernel: KernelSession) -> None:
    code = "import torch, random\nprint(torch.rand(1).item(), random.random())"

    first, second = [printed(await run(kernel, code)) for _ in range(2)]

    assert first == second


async def test_an_earlier_step_that_shows_an_error_does_not_stop_the_run(kernel: KernelSession) -> None:
    events = await run(kernel, "print(a)", standing=(Portion("boom", "a = 1\n1 / 0", may_raise=True),))

    assert printed(events) == "1\n"


async def test_an_earlier_step_that_fails_is_named_and_the_code_does_not_run(kernel: KernelSession) -> None:
    events = await run(kernel, "print('ran')", standing=(Portion("broken", "1 / 0"),))

    failed = only(events, Failed)
    assert (failed.error, failed.in_step) == ("ZeroDivisionError", "broken")
    assert printed(events) == ""
    assert events[-1].outcome == "failed"


async def test_an_interrupt_while_a_run_is_prepared_lets_nothing_run(kernel: KernelSession, tmp_path: Path) -> None:
    begun, waiting = tmp_path / "begun", "import pathlib, time\npathlib.Path({!r}).write_text('.')\ntime.sleep(60)"
    os.mkfifo(begun)
    standing = (Portion("slow", waiting.format(str(begun))),)
    running = asyncio.create_task(run(kernel, "print('ran')", standing=standing))
    await asyncio.to_thread(begun.read_bytes)
    await kernel.interrupt()
    events = await running

    assert [type(event) for event in events] == [Finished]
    assert events[-1].outcome == "interrupted"
    assert printed(await run(kernel, "print('alive')")) == "alive\n"


async def test_what_an_earlier_step_left_running_prints_nothing_into_the_run(kernel: KernelSession) -> None:
    task = """
import asyncio
gone = asyncio.Event()
async def say():
    print("from the earlier step", flush=True)
    display("displayed by the earlier step")
    gone.set()
task = asyncio.ensure_future(say())
display("displayed at once")
"""
    events = await run(kernel, "await gone.wait()\nprint('ran')", standing=(Portion("tasks", task),))

    assert printed(events) == "ran\n"
    assert not [event for event in events if isinstance(event, Displayed)]


async def test_a_run_that_cannot_be_prepared_says_so_and_runs_nothing(kernel: KernelSession) -> None:
    broken = Portion("broken", "import torch\ntorch.default_generator = None")
    try:
        events = await run(kernel, "print('ran')", standing=(broken,))
    finally:
        await kernel.restart()

    assert only(events, Failed).message == session_module.NOT_PREPARED
    assert (printed(events), events[-1].outcome) == ("", "failed")


async def test_names_that_a_run_leaves_as_they_were_are_shown_in_full(kernel: KernelSession) -> None:
    standing = (Portion("setup", "import torch\na, b = torch.arange(3.), torch.ones(2)"),)
    first = inspection(await run(kernel, "b.add_(1)", standing=standing, pins=("a.sum()",)))
    second = inspection(await run(kernel, "c = 3", standing=standing, pins=("a.sum()",)))
    third = inspection(await run(kernel, "b.add_(1)", standing=standing, pins=("a.sum()",)))

    assert [(summary.name, summary.change) for summary in second.variables] == [
        ("a", "same"), ("b", "same"), ("c", "new")
    ]  # fmt: skip
    for found in (first, third):
        assert [summary.values for summary in found.variables] == [(0.0, 1.0, 2.0), (2.0, 2.0)]
        assert [(summary.name, summary.values) for summary in found.pinned] == [("a.sum()", (3.0,))]


async def test_an_error_is_told_by_the_learners_own_lines(kernel: KernelSession) -> None:
    events = await run(kernel, "import torch\ndef f(x):\n    return x @ torch.ones(2, 3)\nf(torch.ones(4, 5))")

    failed = only(events, Failed)
    assert failed.error == "RuntimeError"
    assert "4x5 and 2x3" in failed.message
    assert [(frame.line, frame.function) for frame in failed.frames] == [(4, "<module>"), (3, "f")]
    assert events[-1].outcome == "failed"


async def test_a_syntax_error_is_told_by_its_line(kernel: KernelSession) -> None:
    failed = only(await run(kernel, "a = 1\nb = = 2"), Failed)

    assert failed.error == "SyntaxError"
    assert [frame.line for frame in failed.frames] == [2]


async def test_the_inspection_shows_the_gradients_of_the_notes_example(kernel: KernelSession) -> None:
    code = """
import torch
x = torch.tensor(3.)
w = torch.tensor(4., requires_grad=True)
b = torch.tensor(5., requires_grad=True)
y = w * x + b
y.backward()
"""
    seen = inspection(await run(kernel, code, pins=("w.grad",)))

    gradients = {summary.name: summary.gradient and summary.gradient.values for summary in seen.variables}
    assert gradients == {"x": None, "w": (3.0,), "b": (1.0,), "y": None}
    assert seen.pinned[0].values == (3.0,)


async def test_a_plain_training_loop_is_recorded(kernel: KernelSession) -> None:
    code = """
import torch
from torch.utils.data import DataLoader, TensorDataset
x = torch.randn(12, 3)
loader = DataLoader(TensorDataset(x, x @ torch.ones(3, 2)), batch_size=5)
model = torch.nn.Linear(3, 2)
opt = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(7):
    for xb, yb in loader:
        loss = torch.nn.functional.mse_loss(model(xb), yb)
        loss.backward()
        opt.step()
        opt.zero_grad()
"""
    events = [event for event in await run(kernel, code) if isinstance(event, TrainingProgress)]

    steps = [step for event in events for step, _ in event.losses]
    losses = [loss for event in events for _, loss in event.losses]
    assert steps == list(range(1, 22))
    assert losses[-1] < losses[0]
    assert [start for event in events for start in event.epoch_starts] == list(range(1, 22, 3))
    assert (events[-1].epoch, events[-1].optimizer_steps) == (7, 21)
    assert math.isclose(events[-1].learning_rate, 0.1)


async def test_checks_are_graded_after_the_run(kernel: KernelSession) -> None:
    checks = (("a is 1", "assert a == 1"), ("it printed", "assert output == 'hi\\n'"), ("b", "assert b == 2"))

    events = await run(kernel, "a = 1\nprint('hi')", checks=checks)

    graded = only(events, Graded)
    assert [check.passed for check in graded.checks] == [True, True, False]
    assert "`b`" in graded.checks[2].message
    assert graded.checks[0] == CheckResult("a is 1", passed=True)


async def test_code_that_fails_is_not_graded(kernel: KernelSession) -> None:
    events = await run(kernel, "a = 1\n1 / 0", checks=(("a is 1", "assert a == 1"),))

    assert not [event for event in events if isinstance(event, Graded)]


async def test_values_are_evaluated_after_the_run(kernel: KernelSession) -> None:
    events = await run(kernel, "import torch\nt = torch.ones(2, 2)", values=("t", "t.shape", "missing"))

    values = only(events, Evaluated).values
    assert [value.value for value in values[:2]] == [[[1, 1], [1, 1]], [2, 2]]
    assert values[2].error is not None
    assert "missing" in values[2].error


async def test_an_order_that_does_not_decode_ends_the_run_with_a_sentence_and_the_kernel_lives(
    kernel: KernelSession,
) -> None:
    events = await run(kernel, "print('ran')", pins=("x", 3))

    assert only(events, Failed).message == "Prepare.pins[1]: expected str, not int"
    assert (printed(events), events[-1].outcome) == ("", "failed")
    assert printed(await run(kernel, "print('alive')")) == "alive\n"


async def test_an_order_after_the_run_that_does_not_decode_ends_it_with_a_sentence(kernel: KernelSession) -> None:
    events = await run(kernel, "a = 1", checks=(("a is 1",),))

    assert only(events, Failed).message == "Grade.checks[0]: expected 2 items, not 1"
    assert events[-1].outcome == "failed"


async def test_an_order_on_the_control_channel_that_does_not_decode_is_logged(kernel: KernelSession) -> None:
    assert kernel.folder is not None
    kernel.watch((3,))
    try:
        assert printed(await run(kernel, "print('alive')")) == "alive\n"
    finally:
        kernel.watch(())
    assert "Watch.names[0]: expected str, not int" in (kernel.folder / "kernel.log").read_text("utf-8")


async def test_a_look_that_does_not_decode_finds_nothing(kernel: KernelSession) -> None:
    await run(kernel, "x = 1")
    assert await kernel.look(Request("values", "x", row="first")) is None


async def test_whatever_the_code_displays_under_our_own_types_the_run_goes_on(kernel: KernelSession) -> None:
    code = """
from IPython.display import display
for rubbish in (0, "text", [], {"series": [{}]}):
    for mime_type in MIME_TYPES:
        display({mime_type: rubbish}, raw=True)
print("on")
""".replace("MIME_TYPES", repr([*MIME_TYPES.values(), VIEW, "image/png", "text/plain"]))

    events = await run(kernel, code)

    assert printed(events) == "on\n"
    assert events[-1].outcome == "ok"


async def test_code_cannot_grade_itself_by_what_it_displays(kernel: KernelSession) -> None:
    grade = wire.encode(Graded((CheckResult("mine", passed=True),)))
    code = f"from IPython.display import display\ndisplay({{{MIME_TYPES[Graded]!r}: {grade!r}}}, raw=True)"
    events = await run(kernel, code, checks=(("theirs", "assert False"),))

    assert [
        [(check.name, check.passed) for check in event.checks] for event in events if isinstance(event, Graded)
    ] == [[("theirs", False)]]


async def test_what_code_has_changed_for_good_is_put_back_and_said_once(kernel: KernelSession) -> None:
    said: list[PutBack] = []
    for code in ("import random\nrandom.seed = 0", "1", "import random\nrandom.seed = 0", "print(random.seed)"):
        standing = (Portion("setup", "import random"),)
        events = await run(kernel, code, standing=standing)
        said += [event for event in events if isinstance(event, PutBack)]

    assert said == [PutBack(("`random.seed`",))]
    assert "bound method Random.seed" in printed(events)


BEYOND = "import torch\ntorch.set_num_interop_threads(torch.get_num_interop_threads() + 1)\nkept = 1"
"""Nothing changes this back in the same process."""


async def test_where_nothing_puts_back_what_code_has_changed_a_fresh_kernel_runs_what_comes_next(
    kernel: KernelSession,
) -> None:
    before = kernel.pid
    assert only(await run(kernel, BEYOND), Finished).outcome == "ok"
    assert kernel.pid == before
    standing = (Portion("setup", "import torch"),)
    events = await run(kernel, "print(torch.get_num_interop_threads(), 'kept' in globals())", standing=standing)
    put_back = only(events, PutBack)
    assert put_back == PutBack(("`torch.set_num_interop_threads`",), is_fresh=True)
    assert put_back.sentence == (
        "Code before had changed `torch.set_num_interop_threads`, which nothing changes back, "
        "so a fresh kernel runs this."
    )
    assert kernel.pid != before
    assert printed(events).endswith(" False\n")
    assert only(events, Finished).outcome == "ok"
    after = kernel.pid
    assert not [event for event in await run(kernel, "1") if isinstance(event, PutBack)]
    assert kernel.pid == after


async def test_input_waits_for_a_line(kernel: KernelSession) -> None:
    events: list[Event] = []
    async for event in kernel.run(Run("name = input('name? ')\nprint('hello', name)")):
        events.append(event)
        if isinstance(event, InputRequested):
            kernel.answer("Ada")

    assert only(events, InputRequested).prompt == "name? "
    assert printed(events) == "hello Ada\n"


async def test_input_that_asks_before_the_reader_has_connected_waits_for_it(kernel: KernelSession) -> None:
    """As in the first run of a fresh kernel: what ipykernel sends then would be lost, and the code wait for ever."""
    conversation = kernel._conversation
    assert conversation is not None
    socket = conversation._client.stdin_channel.socket
    address = socket.getsockopt_string(zmq.LAST_ENDPOINT)
    socket.disconnect(address)
    events: list[Event] = []
    # The kernel notices a moment later that the reader has gone: what it sends until then is lost with the connection.
    code = "import time\ntime.sleep(0.5)\nprint('asks', flush=True)\nname = input('name? ')\nprint('hello', name)"
    async for event in kernel.run(Run(code)):
        events.append(event)
        if isinstance(event, Output) and event.text.startswith("asks"):
            await asyncio.sleep(0.3)
            socket.connect(address)
        if isinstance(event, InputRequested):
            kernel.answer("Ada")

    assert printed(events) == "asks\nhello Ada\n"


async def test_an_interrupt_leaves_the_variables_and_the_kernel(kernel: KernelSession) -> None:
    pid = kernel.pid
    events = await interrupted_once_it_prints(kernel, "z = 5\nprint('begun', flush=True)\nwhile True: pass")

    assert events[-1].outcome == "interrupted"
    assert [(summary.name, summary.text) for summary in inspection(events).variables] == [("z", "5")]
    assert not [event for event in events if isinstance(event, Failed)]
    assert kernel.state is KernelState.READY
    assert printed(await run(kernel, "print('on it goes')")) == "on it goes\n"
    assert kernel.pid == pid


async def test_an_interrupt_that_was_not_heard_is_sent_again(kernel: KernelSession) -> None:
    code = """
import signal, time
heard = signal.signal(signal.SIGINT, signal.SIG_IGN)
print('begun', flush=True)
time.sleep(0.5)
signal.signal(signal.SIGINT, heard)
while True: pass
"""
    pid = kernel.pid
    events = await interrupted_once_it_prints(kernel, code)

    assert events[-1].outcome == "interrupted"
    assert kernel.pid == pid


async def test_input_that_is_never_answered_can_be_interrupted(kernel: KernelSession) -> None:
    events: list[Event] = []
    async for event in kernel.run(Run("input()")):
        events.append(event)
        if isinstance(event, InputRequested):
            await kernel.interrupt()

    assert events[-1].outcome == "interrupted"


DEAF = {
    "swallows it": "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
    "swallows it and counts on": (
        "n = 0\nwhile True:\n    try:\n        while True:\n            n += 1\n"
        "    except BaseException:\n        n = 0"
    ),
    "keeps it": "while True:\n    try:\n        while True: pass\n    except BaseException as error: kept = error",
    "ignores the signal": "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass",
    "swallows what it awaits": (
        "import asyncio\nwhile True:\n    try:\n        await asyncio.sleep(0.01)\n    except BaseException: pass"
    ),
}


@pytest.mark.parametrize("how", DEAF)
async def test_code_that_is_deaf_to_the_interrupt_keeps_its_kernel_and_its_variables(
    kernel: KernelSession, how: str
) -> None:
    pid = kernel.pid
    events = await interrupted_once_it_prints(kernel, f"z = 5\nprint('begun', flush=True)\n{DEAF[how]}")

    assert (events[-1].outcome, kernel.pid) == ("interrupted", pid)
    assert "still there" in events[-1].reason
    assert ("z", "5") in [(summary.name, summary.text) for summary in inspection(events).variables]
    assert not [event for event in events if isinstance(event, Failed)]
    assert printed(await run(kernel, "import sys\nprint(sys.gettrace())")) == "None\n"


async def test_a_recorded_run_that_swallows_the_interrupt_says_where_it_was_interrupted(kernel: KernelSession) -> None:
    code = f"print('begun', flush=True)\n{DEAF['swallows it and counts on']}"
    events: list[Event] = []
    async for event in kernel.run(Run(code, trace=True)):
        events.append(event)
        if isinstance(event, Output):
            await kernel.interrupt()

    assert (events[-1].outcome, "still there" in events[-1].reason) == ("interrupted", True)


async def test_code_that_cannot_be_interrupted_costs_the_kernel_and_no_more(kernel: KernelSession) -> None:
    pid = kernel.pid
    code = """
import time
try:
    print('begun', flush=True)
    time.sleep(10_000)
except KeyboardInterrupt:
    sum(iter(int, 1))  # a loop in C, in which Python looks for no signal
"""
    events = await interrupted_once_it_prints(kernel, code)

    assert events[-1].outcome == "interrupted"
    assert "restarted" in events[-1].reason
    assert printed(await run(kernel, "print('alive')")) == "alive\n"
    assert kernel.pid != pid


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import os\nos._exit(3)", "exit code 3"),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", "SIGKILL"),
        ("import ctypes\nctypes.string_at(0)", "SIGSEGV"),
        ("import os\nos.abort()", "SIGABRT"),
    ],
)
async def test_a_kernel_that_dies_is_named_and_replaced(kernel: KernelSession, code: str, said: str) -> None:
    events = await run(kernel, code)

    assert events[-1].outcome == "died"
    assert said in events[-1].reason
    assert printed(await run(kernel, "print('alive')")) == "alive\n"


async def test_a_step_stands_on_one_that_awaits(kernel: KernelSession) -> None:
    standing = (Portion("one", "import asyncio\nx = await asyncio.sleep(0.01, 41)"), Portion("two", "x += 1"))
    events = await run(kernel, "print(await asyncio.sleep(0, x))", standing=standing)

    assert (printed(events), events[-1].outcome) == ("42\n", "ok")


async def test_an_await_that_a_step_stands_on_is_interrupted(kernel: KernelSession) -> None:
    standing = (Portion("one", "import asyncio\nawait asyncio.sleep(60)"),)
    running = asyncio.create_task(run(kernel, "print('never')", standing=standing))
    await asyncio.sleep(0.5)
    assert kernel.state is KernelState.RUNNING
    await kernel.interrupt()
    events = await running

    assert (printed(events), events[-1].outcome) == ("", "interrupted")
    assert printed(await run(kernel, "print('next')")) == "next\n"


async def test_what_code_awaits_is_interrupted_and_its_variables_stay(kernel: KernelSession) -> None:
    events: list[Event] = []
    async for event in kernel.run(Run("import asyncio\nkept = 1\nprint('begun')\nawait asyncio.sleep(60)")):
        events.append(event)
        if isinstance(event, Output):
            await kernel.interrupt()

    assert events[-1].outcome == "interrupted" and "still there" in events[-1].reason
    assert not [event for event in events if isinstance(event, Failed)]
    assert "kept" in [variable.name for variable in only(events, Inspected).inspection.variables]


async def test_a_restart_ends_the_run_in_progress(kernel: KernelSession) -> None:
    events: list[Event] = []
    async for event in kernel.run(Run("print('begun', flush=True)\nwhile True: pass")):
        events.append(event)
        if isinstance(event, Output):
            restart = asyncio.create_task(kernel.restart("As you asked."))
    await restart

    assert (events[-1].outcome, events[-1].reason) == ("interrupted", "As you asked.")


async def test_a_run_that_is_asked_for_right_after_a_restart_waits_for_the_fresh_kernel(kernel: KernelSession) -> None:
    await run(kernel, "old = 1")
    restart = asyncio.create_task(kernel.restart())
    await asyncio.sleep(0)
    events = await run(kernel, "print('old' in globals())")
    await restart

    assert (printed(events), events[-1].outcome) == ("False\n", "ok")


async def test_the_old_process_and_its_files_are_gone_once_a_restart_is_done(kernel: KernelSession) -> None:
    await kernel.ready()
    old, folder = kernel.pid, kernel.folder
    assert old is not None and folder is not None and folder.exists()
    await kernel.restart()

    assert not psutil.pid_exists(old) and not folder.exists()
    assert kernel.folder is not None and kernel.folder.exists()


class _GreetedAsItIsReplaced(KernelSession):
    """Its first kernel is ready one turn of the loop after a restart has begun."""

    async def _await_greeting(self, kernel: Conversation) -> None:
        if self.state is KernelState.STARTING:
            begun = asyncio.Event()
            self.on_state = lambda state: begun.set() if state is KernelState.RESTARTING else None
            await begun.wait()
            await asyncio.sleep(0)
            self._enter_ready(None)
        else:
            await super()._await_greeting(kernel)


async def test_the_greeting_of_a_kernel_that_is_replaced_is_not_taken_for_the_next_ones(zygote: Zygote) -> None:
    session = _GreetedAsItIsReplaced(zygote=zygote)
    try:
        await session.start()
        await asyncio.sleep(0)
        restart = asyncio.create_task(session.restart())
        events = await run(session, "print('here')")
        await restart
    finally:
        await session.close()

    assert (printed(events), events[-1].outcome) == ("here\n", "ok")


async def test_an_answer_to_a_process_that_is_gone_does_nothing(kernel: KernelSession) -> None:
    await kernel.ready()
    restart = asyncio.create_task(kernel.restart())
    while not restart.done():
        kernel.answer("late")
        await asyncio.sleep(0)
    events = await run(kernel, "print('here')")

    assert (printed(events), events[-1].outcome) == ("here\n", "ok")


async def test_restarts_that_nobody_waits_for_leave_one_usable_kernel(kernel: KernelSession) -> None:
    for _ in range(3):
        restart = asyncio.create_task(kernel.restart())
        await asyncio.sleep(0.02)
        restart.cancel()
    events = await run(kernel, "print('here')")

    assert (printed(events), events[-1].outcome) == ("here\n", "ok")


async def test_nobody_else_can_reach_the_kernel(kernel: KernelSession) -> None:
    await kernel.ready()
    assert kernel.folder is not None
    process = psutil.Process(kernel.pid)

    assert kernel.folder.stat().st_mode & 0o777 == 0o700
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in kernel.folder.iterdir() if path.is_socket()}
    assert len(modes) == 6
    assert {mode & 0o077 for mode in modes.values()} == {0}
    assert lives(process) and not listens(process)


async def test_what_each_step_of_a_loop_frees_is_not_mapped_again_each_time(kernel: KernelSession) -> None:
    code = (
        "import resource, torch\n"
        "def step():\n    kept = [torch.ones(6 << 18) for _ in range(4)]\n"
        "def faults():\n    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt\n"
        "step(); step()\nbefore = faults()\nfor _ in range(10): step()\nprint(faults() - before)\n"
    )
    pages_of_a_step = 4 * (6 << 20) // os.sysconf("SC_PAGE_SIZE")
    assert int(printed(await run(kernel, code))) < 2 * pages_of_a_step  # of ten


async def test_a_loader_with_worker_processes_works(kernel: KernelSession) -> None:
    code = """
import torch
from torch.utils.data import DataLoader, TensorDataset
loader = DataLoader(TensorDataset(torch.arange(6)), batch_size=2, num_workers=2)
print([batch.tolist() for (batch,) in loader])
"""
    events = await run(kernel, code)

    assert "[[0, 1], [2, 3], [4, 5]]" in printed(events)
    assert events[-1].outcome == "ok"


@dataclass(frozen=True)
class Spawned:
    """What was seen of a kernel that was spawned among the learner's files, until it was closed."""

    pids: tuple[int | None, ...]
    """When it was spawned, when it was connected to, and when that had been asked for again."""
    number: str
    """What it prints of PyTorch."""
    ahead: str
    """How the run ends that waits for what the first optimizer needs."""
    folder: Path | None


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def spawned(tmp_path_factory: pytest.TempPathFactory) -> Spawned:
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("learner")
        (folder / "torch.py").write_text("raise RuntimeError('the wrong torch')")
        patch.chdir(folder)
        patch.setattr(session_module, "AHEAD_AFTER", 0.0)
        session = KernelSession(ahead=True)
        session.spawn()
        pids = [session.pid]
        try:
            await session.connect()
            await session.ready()
            pids.append(session.pid)
            await session.connect()  # once is enough
            pids.append(session.pid)
            # The shell channel is read between two runs, and the order may come after this one.
            number = printed(await run(session, "import torch\nprint(torch.ones(1).item())"))
            imported = "import sys, time\nwhile 'torch._dynamo' not in sys.modules: time.sleep(0.01)"
            end = only(await asyncio.wait_for(run(session, imported), 60), Finished)
            return Spawned(tuple(pids), number, end.outcome, session.folder)
        finally:
            await session.close()


async def test_a_file_of_the_learners_called_torch_does_not_stand_in_for_torch(spawned: Spawned) -> None:
    assert spawned.number == "1.0\n"


async def test_a_kernel_is_spawned_first_and_connected_to_later_and_leaves_no_process_and_no_file(
    spawned: Spawned,
) -> None:
    (pid,) = {*spawned.pids}
    assert pid is not None and not psutil.pid_exists(pid)
    assert spawned.folder is not None and not spawned.folder.exists()


async def test_a_kernel_that_is_asked_to_imports_ahead_what_the_first_optimizer_needs(spawned: Spawned) -> None:
    assert spawned.ahead == "ok"


async def test_a_kernel_whose_torch_is_broken_says_so(
    tmp_path: os.PathLike[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "torch.py").write_text("raise ImportError('no such library')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    session = KernelSession()
    await session.start()
    try:
        events = await run(session, "1")
    finally:
        await session.close()

    assert events == [Finished("died", events[-1].seconds, events[-1].reason)]
    assert "PyTorch cannot be imported (ImportError: no such library)" in events[-1].reason
    assert "tui-torch doctor" in events[-1].reason


async def test_a_kernel_that_is_restarted_before_it_was_connected_to_is_connected_to_once() -> None:
    session = KernelSession()
    session.spawn()
    spawned = session.pid
    try:
        await asyncio.gather(session.restart(), session.connect())
        await session.ready()
        assert session.pid not in (None, spawned)
    finally:
        await session.close()
