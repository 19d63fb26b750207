"""From the command to the first usable frame and to a kernel that has PyTorch, beside what people know."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.figure import Figure, Sample, ratio_of
from tests.benchmarks.pseudo_terminal import PseudoTerminal
from tui_torch.course.library import lessons_folder
from tui_torch.course.loader import open_course

TIMES = 9
FRAME_BUDGET, CONSOLE_BUDGET, READY_BUDGET = 0.95, 0.75, 1.2

PYTHON = sys.executable
OURS = [PYTHON, "-m", "tui_torch", "launch"]
BARE = [PYTHON, str(Path(__file__).with_name("bare_app.py"))]
PROMPTS: dict[str, tuple[list[str], str]] = {
    "`python`": ([PYTHON, "-q"], ">>>"),
    "`ipython`": ([PYTHON, "-m", "IPython", "--no-banner"], "In ["),
    "`jupyter console`": ([PYTHON, "-m", "jupyter_console"], "In ["),
    "`euporie-console`": ([PYTHON, "-m", "euporie.console"], "In ["),
}
"""How each is started, and what its prompt looks like."""


def measure() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as home:
        keep_lessons(home)
        frames, readies, bare, imports, first = [], [], [], [], []
        ours_used, bare_used = 0.0, 0.0
        prompts: dict[str, list[float]] = {name: [] for name in PROMPTS}
        for _ in range(TIMES):
            frame, used, ready = _ours(home)
            frames.append(frame)
            ours_used += used
            readies.append(ready)
            shown, used = _shown(BARE, "The bare app", "Quit")
            bare.append(shown)
            bare_used += used
            with tempfile.TemporaryDirectory() as new:
                first.append(_ours(new)[0])
            imports.append(_imported())
            for name, (command, prompt) in PROMPTS.items():
                prompts[name].append(_shown(command, prompt)[0])
    ours = Sample.of(frames)
    ratio = ratio_of(frames, bare)
    yield Figure(
        "launch to the first usable frame",
        str(ours),
        f"a bare Textual app: {Sample.of(bare)}",
        f"{ratio:.2f} × (in time of the processor {ours_used / bare_used:.2f} ×)",
        f"≤ {FRAME_BUDGET} ×",
        ratio <= FRAME_BUDGET,
    )
    yield Figure(
        "the very first launch, with no lesson kept, to its first frame",
        str(Sample.of(first)),
        f"a bare Textual app: {Sample.of(bare)}",
        f"{ratio_of(first, bare):.2f} ×",
    )
    for name, seconds in prompts.items():
        ratio = ratio_of(frames, seconds)
        is_console = name == "`jupyter console`"
        budget = (f"≤ {CONSOLE_BUDGET} ×", ratio <= CONSOLE_BUDGET) if is_console else ("", None)
        yield Figure(
            "launch to the first usable frame", str(ours), f"{name}: {Sample.of(seconds)}", f"{ratio:.2f} ×", *budget
        )
    ratio = ratio_of(readies, imports)
    yield Figure(
        "launch to PyTorch ready in the kernel",
        str(Sample.of(readies)),
        f'`python -c "import torch"`: {Sample.of(imports)}',
        f"{ratio:.2f} ×",
        f"≤ {READY_BUDGET} ×",
        ratio <= READY_BUDGET,
    )


def _ours(home: str) -> tuple[float, float, float]:
    """Seconds to the lesson's text and the keys, of the app's processor until then, and to a kernel that is ready."""
    with PseudoTerminal(OURS, {"TUI_TORCH_HOME": home}) as terminal:
        frame = terminal.seen("About", "F5 Run") - terminal.began
        used = _processor_time(terminal)
        ready = terminal.seen("ready") - terminal.began
        return frame, used, ready


def keep_lessons(home: str) -> None:
    """Launch for the first time: it makes the progress file, and keeps each lesson once it has validated it."""
    folder = Path(home, "lessons")
    every = len(open_course(lessons_folder()).ids) + 1  # and `course.yaml`
    with PseudoTerminal(OURS, {"TUI_TORCH_HOME": home}) as terminal:
        terminal.until(lambda: folder.is_dir() and len(list(folder.glob("*.json"))) == every, "every lesson kept")


def _shown(command: list[str], *words: str) -> tuple[float, float]:
    """Seconds until all of these words are shown, and of the program's processor until then."""
    with PseudoTerminal(command) as terminal:
        return terminal.seen(*words) - terminal.began, _processor_time(terminal)


def _processor_time(terminal: PseudoTerminal) -> float:
    """Seconds that the program itself has used so far. They are counted in hundredths, so only sums say much."""
    times = terminal.process.cpu_times()
    return times.user + times.system


def _imported() -> float:
    began = time.perf_counter()
    subprocess.run([PYTHON, "-c", "import torch"], check=True)
    return time.perf_counter() - began
