"""What code prints and displays, in a real kernel: in the order in which it was written, replaced, hidden."""

from __future__ import annotations

import io
import json
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from rich.console import Console

from tests.bars import NESTED, PRINTING
from tests.kernel.runs import lesson_of, only, printed, run
from tui_torch.console.run import play_as_json, play_in_terminal
from tui_torch.course.loader import load_lesson
from tui_torch.kernel.session import KernelSession
from tui_torch.protocol.code_help import Documentation
from tui_torch.protocol.events import (
    Cleared,
    Displayed,
    Event,
    Failed,
    Figure,
    Finished,
    InputRequested,
    Inspected,
    Output,
    Traced,
)
from tui_torch.protocol.orders import Run

pytestmark = [pytest.mark.xdist_group("kernel"), pytest.mark.asyncio(loop_scope="module")]

IN_TURN = "import sys\nfor i in range(200):\n    print('out', i)\n    print('err', i, file=sys.stderr)\n"

SHOW = "from IPython.display import clear_output, display\n"


async def in_a_terminal(kernel: KernelSession, path: Path, code: str) -> list[str]:
    """The lines that `run` prints of what the code prints and displays."""
    lesson = load_lesson(lesson_of(path / "one.yaml", f"{code}\nprint('the end')"))
    console = Console(file=io.StringIO(), width=80, height=30, color_system=None)
    await play_in_terminal(kernel, lesson, lesson.steps, console, ascii_only=False)
    written = console.file.getvalue()  # type: ignore[attr-defined]
    [_, _, *lines] = written.rpartition("print('the end')")[2].partition("the end\n")[0].splitlines()
    return [line.rstrip() for line in lines]


async def as_json(kernel: KernelSession, path: Path, code: str) -> dict[str, Any]:
    """What `run --json` says of the code."""
    lesson = load_lesson(lesson_of(path / "one.yaml", code))
    lines: list[str] = []
    await play_as_json(kernel, lesson, lesson.steps, lines.append)
    return json.loads(lines[0])


def by_stream(events: list[Event]) -> list[tuple[str, str]]:
    """The lines that were printed, each with its stream, in the order in which they came."""
    texts: list[Output] = []
    for event in events:
        if isinstance(event, Output):
            if texts and texts[-1].stream == event.stream:
                event = Output(texts.pop().text + event.text, event.stream)
            texts.append(event)
    return [(output.stream, line) for output in texts for line in output.text.splitlines()]


async def test_two_streams_come_in_the_order_in_which_they_were_written(kernel: KernelSession) -> None:
    lines = by_stream(await run(kernel, IN_TURN))
    assert lines == [line for i in range(200) for line in (("stdout", f"out {i}"), ("stderr", f"err {i}"))]


async def test_a_stream_to_which_nothing_is_written_is_no_output(kernel: KernelSession) -> None:
    code = "import sys\nprint('begun', flush=True)\nsys.stdout.write('')\nsys.stderr.write('e')\nsys.stdout.write('')"
    events = await run(kernel, code)
    assert [(event.stream, event.text) for event in events if isinstance(event, Output)] == [
        ("stdout", "begun\n"),
        ("stderr", "e"),
    ]


@pytest.mark.parametrize("code", ["", "1 / 0", "clear_output(wait=True)\nprint('out')"])
async def test_what_is_printed_last_comes_once_and_before_what_the_run_left(kernel: KernelSession, code: str) -> None:
    told = await run(kernel, f"{SHOW}print('out')\n{code}")
    events = [event for event in told if isinstance(event, Output | Inspected)]
    assert [event.text for event in events if isinstance(event, Output)][-1].splitlines()[-1] == "out"
    assert [type(event) for event in events].index(Inspected) == len(events) - 1


async def test_what_is_called_after_a_run_is_heard_in_that_run(kernel: KernelSession) -> None:
    hook = "import sys\nsys.hook = lambda result: print('called after', result.result)\n"
    register, unregister = (
        f"get_ipython().events.{do}('post_run_cell', sys.hook)\n" for do in ("register", "unregister")
    )
    assert printed(await run(kernel, f"{hook}{register}1")) == "called after 1\n"
    assert printed(await run(kernel, "3")) == "called after 3\n"
    assert printed(await run(kernel, f"import sys\n{unregister}2")) == ""


async def test_what_a_thread_and_a_fork_write_comes_whole(kernel: KernelSession) -> None:
    code = (
        "import sys, threading\nfrom multiprocessing import get_context\n"
        "def say(name):\n    print(name, 'out')\n    print(name, 'err', file=sys.stderr)\n"
        "print('before')\nthread = threading.Thread(target=say, args=('thread',))\nthread.start()\nthread.join()\n"
        "process = get_context('fork').Process(target=say, args=('fork',))\nprocess.start()\nprocess.join()\n"
        "print('after')\n"
    )
    lines = by_stream(await run(kernel, code))
    assert sorted(lines) == sorted(
        [("stdout", "before"), ("stdout", "after")]
        + [(f"std{stream}", f"{name} {stream}") for name in ("thread", "fork") for stream in ("out", "err")]
    )
    ours = [line for line in lines if "fork" not in line[1]]
    assert ours == [("stdout", "before"), ("stdout", "thread out"), ("stderr", "thread err"), ("stdout", "after")]


async def test_a_flood_in_turns_is_bounded_and_says_what_it_leaves_out(kernel: KernelSession) -> None:
    code = (
        "import sys, gc\n"
        "for i in range(40):\n    print('x' * 400_000)\n    print('y' * 400_000, file=sys.stderr)\nprint('the last')"
    )
    events = await run(kernel, code)
    assert printed(events).endswith("the last\n")
    assert max(len(event.text) for event in events if isinstance(event, Output)) <= 8_100_000


async def test_a_bar_and_what_is_printed_never_stand_on_one_line(kernel: KernelSession, tmp_path: Path) -> None:
    lines = await in_a_terminal(kernel, tmp_path, PRINTING)
    assert lines == ["loss 0", "loss 1", "loss 2", "outer 3/3"]
    told = await as_json(kernel, tmp_path, PRINTING)
    assert told["output"] == "loss 0\nloss 1\nloss 2\n"
    assert "loss" not in told["stderr"] and told["stderr"].endswith("\router 3/3\n")


async def test_bars_within_bars_are_drawn_as_in_a_terminal(kernel: KernelSession, tmp_path: Path) -> None:
    assert await in_a_terminal(kernel, tmp_path, NESTED) == ["outer 2/2", "done"]


async def test_clear_output_takes_away_what_was_there(kernel: KernelSession, tmp_path: Path) -> None:
    code = f"{SHOW}for i in range(3):\n    clear_output(wait=True)\n    print('frame', i)\n    display(i)\n"
    events = await run(kernel, code)
    # A line may come in two parts: its text, and its end.
    kinds = [
        kind for kind, _ in groupby(type(event) for event in events if isinstance(event, Cleared | Output | Displayed))
    ]
    assert kinds == [Cleared, Output, Displayed] * 3
    assert await in_a_terminal(kernel, tmp_path, code) == ["frame 2", "2"]
    told = await as_json(kernel, tmp_path, code)
    assert (told["output"], told["displayed"]) == ("frame 2\n", ["2"])


async def test_clear_output_that_waits_waits_for_the_next_output(kernel: KernelSession) -> None:
    events = await run(kernel, f"{SHOW}print('kept')\nclear_output(wait=True)\nx = 1")
    assert not [event for event in events if isinstance(event, Cleared)]
    events = await run(kernel, f"{SHOW}print('gone')\nclear_output()\nx = 1")
    assert only(events, Cleared) == Cleared()


async def test_an_update_stands_in_the_place_of_what_it_updates(kernel: KernelSession, tmp_path: Path) -> None:
    code = f"{SHOW}shown = display('first', display_id=True)\nprint('between')\nshown.update('second')\n"
    first, second = (event for event in await run(kernel, code) if isinstance(event, Displayed))
    assert (first.is_update, second.is_update) == (False, True)
    assert first.display_id == second.display_id is not None
    assert await in_a_terminal(kernel, tmp_path, code) == ["'second'", "between"]
    told = await as_json(kernel, tmp_path, code)
    assert (told["displayed"], told["result"]) == (["'second'"], None)


async def test_a_figure_that_is_updated_is_one_figure(kernel: KernelSession, tmp_path: Path) -> None:
    code = (
        f"{SHOW}from PIL import Image\n"
        "shown = display(Image.new('RGB', (6, 4), 'red'), display_id='mine')\n"
        "print('between')\n"
        "shown.update(Image.new('RGB', (8, 4), 'blue'))\n"
    )
    figures = [event for event in await run(kernel, code) if isinstance(event, Figure)]
    assert [(figure.display_id, figure.is_update) for figure in figures] == [("mine", False), ("mine", True)]
    assert [image_of(figure.image) for figure in figures] == [("PNG", (6, 4)), ("PNG", (8, 4))]
    said, between = await in_a_terminal(kernel, tmp_path, code)
    assert said.startswith("figure 8 x 4, saved at ") and between == "between"
    (path,) = (await as_json(kernel, tmp_path, code))["figures"]
    assert image_at(path) == ("PNG", (8, 4))


def image_of(data: bytes) -> tuple[str | None, tuple[int, int]]:
    with Image.open(io.BytesIO(data)) as image:
        return image.format, image.size


def image_at(path: str) -> tuple[str | None, tuple[int, int]]:
    return image_of(Path(path).read_bytes())


async def test_a_picture_that_is_the_last_value_or_a_jpeg_is_a_png_in_json(
    kernel: KernelSession, tmp_path: Path
) -> None:
    code = (
        f"{SHOW}import io\nfrom PIL import Image\nfrom IPython.display import Image as Shown\n"
        "written = io.BytesIO()\nImage.new('RGB', (16, 8)).save(written, 'JPEG')\n"
        "display(Shown(written.getvalue()))\nImage.new('L', (4, 4))\n"
    )
    told = await as_json(kernel, tmp_path, code)
    assert [image_at(path) for path in told["figures"]] == [("PNG", (16, 8)), ("PNG", (4, 4))]
    assert told["result"].startswith("<PIL.Image.Image image mode=L size=4x4")


PLOTS = """\
import matplotlib.pyplot as plt
from IPython.display import clear_output, display

for n in range(3):
    clear_output(wait=True)
    plt.plot([0, 1, 4, 9][: n + 2])
    plt.show()
figure, axes = plt.subplots(figsize=(3, 2))
shown = display(figure, display_id=True)
axes.plot([1, 2])
shown.update(figure)
plt.close(figure)
plt.hist([1, 2, 2, 3])
print("drawn at the end of the code without show()")
"""


async def test_what_matplotlib_draws_comes_as_figures_in_their_places(kernel: KernelSession, tmp_path: Path) -> None:
    events = await run(kernel, PLOTS)
    assert [event for event in events if isinstance(event, Failed)] == []
    kinds = [type(event).__name__ for event in events if isinstance(event, Cleared | Figure)]
    assert kinds == [*["Cleared", "Figure"] * 3, *["Figure"] * 3]
    figures = [event for event in events if isinstance(event, Figure)]
    assert [figure.is_update for figure in figures] == [False] * 4 + [True, False]
    assert all(figure.text.startswith("<Figure size ") for figure in figures)
    told = await as_json(kernel, tmp_path, PLOTS)
    assert len(told["figures"]) == 3
    assert all(image_at(path)[0] == "PNG" for path in told["figures"])


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("1 + 1", "2"),
        ("1 + 1;", None),
        ("1 + 1;  # said", None),
        ("(1 +\n 1);", None),
        ("x = 1; x", "1"),
        ("1 + 1;\nNone", None),
        ("';'", "';'"),
    ],
)
async def test_a_semicolon_at_the_end_hides_the_value(kernel: KernelSession, code: str, shown: str | None) -> None:
    displayed = [event for event in await run(kernel, code) if isinstance(event, Displayed)]
    assert displayed == ([] if shown is None else [Displayed(shown, is_result=True)])


def documented(events: list[Event]) -> str:
    return only(events, Documentation).text


async def test_a_question_mark_shows_the_docstring(kernel: KernelSession) -> None:
    code = 'def f(x):\n    """Doubles a number."""\n    return 2 * x\n'
    assert "Doubles a number." in documented(await run(kernel, code + "f?"))
    assert "return 2 * x" in documented(await run(kernel, code + "f??"))
    assert "rectified linear unit" in documented(await run(kernel, "import torch\n?torch.nn.ReLU"))
    assert "not found" in printed(await run(kernel, "nothing?"))


async def test_what_shows_a_docstring_can_be_recorded(kernel: KernelSession) -> None:
    events = await run(kernel, "import torch\ntorch.add?", trace=True)
    assert only(events, Finished).outcome == "ok"
    assert "add(input, other" in documented(events)


async def test_breakpoint_asks_and_goes_on(kernel: KernelSession) -> None:
    answers = iter(["p x", "n", "p y", "c"])
    events: list[Event] = []
    async for event in kernel.run(Run("x = 41\nbreakpoint()\ny = x + 1\nprint('end', y)\n")):
        events.append(event)
        if isinstance(event, InputRequested):
            assert event.prompt == "ipdb> "
            kernel.answer(next(answers))
    assert next(answers, None) is None
    assert only(events, Finished).outcome == "ok"
    lines = printed(events).splitlines()
    assert "41" in lines and lines[-1] == "end 42"
    assert any("y = x + 1" in line for line in lines)


async def test_a_debugger_that_is_left_ends_the_run_and_says_so(kernel: KernelSession) -> None:
    events: list[Event] = []
    async for event in kernel.run(Run("x = 41\nbreakpoint()\nprint('never')\n")):
        events.append(event)
        if isinstance(event, InputRequested):
            kernel.answer("q")
    failed = only(events, Failed)
    assert failed.error == "BdbQuit" and failed.explanation is not None
    assert "the run ends with it" in failed.explanation.meaning
    assert "never" not in printed(events).splitlines()
    assert printed(await run(kernel, "print('next')")) == "next\n"


async def test_a_recording_passes_breakpoints(kernel: KernelSession) -> None:
    code = "x = 1\nbreakpoint()\nimport pdb\npdb.set_trace()\nx = 2\n"
    events = await run(kernel, code, trace=True)
    assert not [event for event in events if isinstance(event, InputRequested)]
    trace = only(events, Traced).trace
    assert trace.stopped is None
    assert [position.line for position in trace.positions if position.event == "line"] == [1, 2, 3, 4, 5]
    again = [event async for event in _answered(kernel, "breakpoint()", "c")]
    assert [event for event in again if isinstance(event, InputRequested)]


async def _answered(kernel: KernelSession, code: str, answer: str) -> Any:
    async for event in kernel.run(Run(code)):
        if isinstance(event, InputRequested):
            kernel.answer(answer)
        yield event


TQDM = {
    "__init__.py": "",
    "std.py": "class tqdm:\n    kind = 'text'\ndef trange(*arguments):\n    return tqdm()\n",
    "notebook.py": "from .std import tqdm as std\nclass tqdm(std):\n    kind = 'widget'\nIProgress = WARN_NOIPYW = 1\n",
    "auto.py": (
        "try:\n    from .notebook import WARN_NOIPYW, IProgress\nexcept Exception:\n    from .std import tqdm, trange\n"
        "else:\n    from .notebook import tqdm, trange\n"
    ),
}
"""A package that chooses between bars as tqdm does."""


@pytest.mark.parametrize("module", ["auto", "notebook"])
async def test_bars_of_a_notebook_are_drawn_in_text(kernel: KernelSession, tmp_path: Path, module: str) -> None:
    (tmp_path / "tqdm").mkdir()
    for name, code in TQDM.items():
        (tmp_path / "tqdm" / name).write_text(code, "utf-8")
    code = (
        f"import sys\nfor name in [name for name in sys.modules if name.partition('.')[0] == 'tqdm']:\n"
        f"    del sys.modules[name]\nsys.path.insert(0, {str(tmp_path)!r})\n"
        f"from tqdm.{module} import tqdm, trange\nprint(tqdm.kind, trange(3).kind)\nsys.path.pop(0)\n"
    )
    assert printed(await run(kernel, code)) == "text text\n"
