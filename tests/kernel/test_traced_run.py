"""A real kernel that records a run line by line: what the session tells of it, and that the run is what it would be."""

from __future__ import annotations

import pytest

from tests.courses import course_in
from tests.kernel.runs import only, printed, run
from tui_torch.course.lesson import Lesson
from tui_torch.course.step_run import code_of
from tui_torch.kernel.session import KernelSession, KernelState
from tui_torch.protocol.events import Event, Failed, Finished, Graded, Inspected, Output, Started, Trace, Traced
from tui_torch.protocol.orders import Portion, Run
from tui_torch.protocol.trace_chunks import split
from tui_torch.tutor.replay.replay import Replay

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("kernel")]

THREE_SCALARS = """
import torch
x = torch.tensor(3.)
w = torch.tensor(4., requires_grad=True)
b = torch.tensor(5., requires_grad=True)
y = w * x + b
y.backward()
print("dy/dw:", w.grad)
"""

LESSONS = course_in().lessons


def trace_of(events: list[Event]) -> Trace:
    return only(events, Traced).trace


async def recorded(kernel: KernelSession, code: str) -> Trace:
    return trace_of(await run(kernel, code, trace=True))


async def test_a_recorded_run_tells_its_trace_before_it_finishes(kernel: KernelSession) -> None:
    events = await run(kernel, THREE_SCALARS, trace=True)

    assert isinstance(events[0], Started)
    assert isinstance(events[-1], Finished)
    trace = trace_of(events)
    assert [position.line for position in trace.positions] == [2, 3, 4, 5, 6, 7, 7, 8, 8]
    assert trace.source == THREE_SCALARS
    assert trace.output == (Output("dy/dw: tensor(3.)\n"),)
    assert trace.stopped is None


async def test_a_replay_shows_what_the_code_has_not_cleared_away(kernel: KernelSession) -> None:
    code = "from IPython.display import clear_output\nfor n in range(3):\n    clear_output(wait=True)\n    print(n)\n"
    replay = Replay(await recorded(kernel, code))
    shown = ["".join(piece.text for piece in replay.at(at).output) for at in range(len(replay))]
    assert list(dict.fromkeys(shown)) == ["", "0\n", "1\n", "2\n"]
    assert printed(await run(kernel, "clear_output = None\nprint('as ever')")) == "as ever\n"


async def test_a_position_says_how_many_pictures_were_displayed_before_it(kernel: KernelSession) -> None:
    code = (
        "from PIL import Image\nfrom IPython.display import display\nimage = Image.new('L', (2, 2))\n"
        "display(image, 'a text')\nprint(1)\ndisplay(image)\n'the end'\n"
    )
    positions = (await recorded(kernel, code)).positions
    assert [(position.line, position.figures) for position in positions][-5:] == [
        (4, 0),
        (5, 1),
        (6, 1),
        (7, 2),
        (7, 2),
    ]


async def test_the_gradient_arrives_at_backward(kernel: KernelSession) -> None:
    trace = await recorded(kernel, THREE_SCALARS)

    notes = [(position.line, position.note) for position in trace.positions if position.event == "backward"]
    assert notes == [(7, "the gradient 1.0 arrives at y; w.grad 3.0; b.grad 1.0")]


async def test_the_last_position_holds_what_the_run_left(kernel: KernelSession) -> None:
    events = await run(kernel, THREE_SCALARS + "m = torch.nn.Linear(2, 2)\ndel b\nn = [1, y]\n", trace=True)

    replay = Replay(trace_of(events))
    replay.go(len(replay))
    shown = {s.name: (s.values, s.text, s.gradient and s.gradient.values) for s in replay.moment.inspection.variables}
    left = {
        s.name: (s.values, s.text, s.gradient and s.gradient.values)
        for s in only(events, Inspected).inspection.variables
    }
    assert shown == left


async def test_a_run_that_was_not_asked_to_be_recorded_is_not(kernel: KernelSession) -> None:
    code = "import sys, torch\nprint(sys.gettrace(), sys.stdout.write.__module__, torch.Tensor.backward.__module__)"
    before = printed(await run(kernel, code))
    await run(kernel, "a = 1", trace=True)

    events = await run(kernel, code)

    assert printed(events) == before
    assert "trace" not in printed(events)
    assert not [event for event in events if isinstance(event, Traced)]


async def test_what_a_run_stands_on_is_not_recorded_but_there_from_the_start(kernel: KernelSession) -> None:
    trace = trace_of(await run(kernel, "b = a + 1", trace=True, standing=(Portion("setup", "a = 1"),)))

    assert [(s.name, s.text, s.change) for s in trace.positions[0].summaries] == [("a", "1", "same")]
    assert [position.line for position in trace.positions] == [1, 1]


async def test_lines_are_numbered_as_in_the_editor(kernel: KernelSession) -> None:
    events = await run(kernel, "\n\n# said\na = 1\n\nb = 1 / 0\n", trace=True)

    assert [position.line for position in trace_of(events).positions] == [4, 6, 6]
    assert [frame.line for frame in only(events, Failed).frames] == [6]


async def test_a_run_that_fails_is_recorded_up_to_the_error(kernel: KernelSession) -> None:
    events = await run(kernel, "def f(n):\n    return 1 / n\nf(0)\n", trace=True)

    last = trace_of(events).positions[-1]
    assert (last.line, last.function, last.event) == (2, "f", "exception")
    assert last.note == "ZeroDivisionError: division by zero"
    assert only(events, Failed).error == "ZeroDivisionError"


async def test_code_that_cannot_be_read_has_a_trace_without_positions(kernel: KernelSession) -> None:
    assert (await recorded(kernel, "a = = 1")).positions == ()


async def test_a_hundred_thousand_passes_are_cut_and_the_run_goes_on(kernel: KernelSession) -> None:
    events = await run(kernel, "n = 0\nfor i in range(100_000):\n    n += i\nprint(n)", trace=True)

    assert printed(events) == "4999950000\n"
    trace = trace_of(events)
    assert len(trace.positions) == 20_000
    assert trace.stopped is not None
    assert trace.stopped.startswith("The recording ends at line 3: it has 20,000 positions, as many as are kept.")


async def test_a_large_trace_comes_in_several_messages(kernel: KernelSession) -> None:
    trace = await recorded(kernel, "import torch\nfor i in range(900):\n    t = torch.randn(60)\n")

    assert len(split(trace)) > 2
    assert len(trace.positions) == 1803
    assert trace.stopped is None


async def test_a_recorded_run_can_be_interrupted(kernel: KernelSession) -> None:
    # It says so from within the loop: the interrupt may come as soon as that is read, before another line is run.
    code = "z = 5\nwhile True:\n    if z == 9: print('begun', flush=True)\n    z += 1"
    events: list[Event] = []
    async for event in kernel.run(Run(code, trace=True)):
        events.append(event)
        if isinstance(event, Output):
            await kernel.interrupt()

    assert only(events, Finished).outcome == "interrupted"
    assert kernel.state is KernelState.READY
    assert len(trace_of(events).positions) > 3
    assert printed(await run(kernel, "import sys\nprint(sys.gettrace())")) == "None\n"


async def test_input_can_be_asked_for_in_a_recorded_run(kernel: KernelSession) -> None:
    events: list[Event] = []
    async for event in kernel.run(Run("a = input('? ')\nprint(a)", trace=True)):
        events.append(event)
        if type(event).__name__ == "InputRequested":
            kernel.answer("Ada")

    assert printed(events) == "Ada\n"
    assert len(trace_of(events).positions) == 3


USUAL = {"tensor-arithmetic", "gradients", "linear-regression"}
"""The lessons of every test run; the others are behind the marker `slow`."""

STATE = """
import random, numpy, torch
print(torch.rand(1).item(), random.random(), numpy.random.rand(), torch.is_grad_enabled())
"""


@pytest.mark.parametrize(
    "lesson",
    [pytest.param(lesson, id=lesson.id, marks=[] if lesson.id in USUAL else [pytest.mark.slow]) for lesson in LESSONS],
)
async def test_a_lessons_code_does_the_same_when_it_is_recorded(kernel: KernelSession, lesson: Lesson) -> None:
    for step in lesson.steps:
        code = code_of(step)
        if code is None:
            continue
        code = f"{code.rstrip()}\n{STATE}" if step.expect is None or step.expect.raises is None else code
        standing = lesson.stands_on(step.id)
        plain, traced = [await run(kernel, code, standing=standing, trace=trace) for trace in (False, True)]
        assert printed(traced) == printed(plain), step.id
        assert said(traced) == said(plain), step.id
        assert trace_of(traced).positions


def said(events: list[Event]) -> list[object]:
    """What a run told, but for how it printed and how long it took."""
    kept = [event for event in events if isinstance(event, Inspected | Failed | Graded)]
    return [*kept, only(events, Finished).outcome]
