"""Looks at what the tutor needs (Python, torch, a terminal, places to write) and says what to do about each problem."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

import tui_torch
from tui_torch.console.encoding import speaks_unicode
from tui_torch.course.library import lessons_folder
from tui_torch.course.loader import LessonErrors, load_course
from tui_torch.kernel.events import Failed, Finished, Output
from tui_torch.kernel.orders import Run
from tui_torch.kernel.session import KernelError, KernelSession
from tui_torch.tutor.config import config_file, load_config
from tui_torch.tutor.paths import data_folder, progress_file
from tui_torch.tutor.progress import Progress

_DEVICES = """
import torch
print(torch.__version__)
print(f"{torch.get_num_threads()} threads")
if torch.cuda.is_available():
    for index in range(torch.cuda.device_count()):
        print(f"cuda:{index} {torch.cuda.get_device_name(index)}")
if torch.backends.mps.is_available():
    print("mps")
"""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    about: str
    seen: str
    remedy: str | None = None
    """What to do; None where all is well."""
    serious: bool = False
    """The tutor does not work as long as it is so."""


async def examine(console: Console) -> list[Finding]:
    """Everything that was looked at, in order."""
    return [
        Finding("tui-torch", f"{tui_torch.__version__} in {Path(tui_torch.__file__).parent}"),
        _python(),
        *_packages(),
        await _kernel(),
        *_terminal(console),
        *_places(),
    ]


def _python() -> Finding:
    return Finding("Python", f"{platform.python_version()} at {sys.executable}")


def _packages() -> Iterator[Finding]:
    for name in ("textual", "rich", "ipykernel", "jupyter_client", "numpy"):
        try:
            yield Finding(name, version(name))
        except PackageNotFoundError:
            yield Finding(name, "not installed", "run `pip install tui-torch` again in this environment", serious=True)


async def _kernel() -> Finding:
    """What torch says of itself, from a real kernel: so that both are proved."""
    kernel = KernelSession()
    printed: list[str] = []
    problem = ""
    try:
        await kernel.start()
        await kernel.ready()
        async for event in kernel.run(Run(_DEVICES)):
            match event:
                case Output(text, "stdout"):
                    printed.append(text)
                case Failed(error, message):
                    problem = f"{error}: {message}"
                case Finished(outcome="died", reason=reason):
                    problem = reason
                case _:
                    pass
    except (KernelError, OSError) as error:
        problem = str(error)
    finally:
        await kernel.close()
    if problem:
        remedy = "run `pip install --force-reinstall torch` in this environment, then `python -c 'import torch'`"
        return Finding("torch", problem.splitlines()[0], remedy, serious=True)
    release, *devices = "".join(printed).splitlines() or ["unknown"]
    seen = ", ".join([release, *devices])
    numbers = tuple(int(part) for part in release.split("+")[0].split(".")[:2] if part.isdigit())
    if not (2, 6) <= numbers < (2, 14):
        return Finding("torch", seen, "the lessons are proved on torch >=2.6,<2.14: numbers in the text may differ")
    return Finding("torch", seen)


def _terminal(console: Console) -> Iterator[Finding]:
    if not console.is_terminal:
        yield Finding("terminal", "none: the output goes to a file or a pipe", "run `tui-torch run LESSON` here")
        return
    name = os.environ.get("TERM", "")
    if console.is_dumb_terminal:
        yield Finding(
            "terminal", f"TERM={name}", "set TERM to what your terminal is, such as xterm-256color", serious=True
        )
        return
    yield Finding("terminal", name)
    size = f"{console.width}x{console.height}"
    small = console.width < 80 or console.height < 24
    yield Finding(
        "size", size, "make it 80x24 or larger; from 110 columns on, two stand side by side" if small else None
    )
    if os.environ.get("NO_COLOR"):
        yield Finding("colours", "none, since NO_COLOR is set")
    else:
        few = console.color_system in (None, "standard")
        remedy = "if your terminal can do more, set COLORTERM=truecolor" if few else None
        yield Finding("colours", str(console.color_system or "none"), remedy)
    if speaks_unicode():
        yield Finding("encoding", console.encoding)
    else:
        yield Finding("encoding", "ASCII only, as the locale says", "set LANG to a UTF-8 locale, such as C.UTF-8")


def _places() -> Iterator[Finding]:
    try:
        course = load_course(lessons_folder())
        yield Finding("lessons", f"{len(course.lessons)} in {course.folder}")
    except LessonErrors as wrong:
        yield Finding("lessons", str(wrong.errors[0]), "run `tui-torch check` for all that is wrong", serious=True)
    with Progress.open(progress_file()) as progress:
        yield Finding("progress", str(progress_file()), progress.notice)
    yield Finding(
        "settings", str(config_file()) + ("" if config_file().exists() else " (none yet)"), load_config().notice
    )
    home = os.environ.get("TUI_TORCH_HOME")
    if home:
        yield Finding("TUI_TORCH_HOME", str(data_folder()))


def show_findings(console: Console, findings: list[Finding], *, ascii_only: bool) -> None:
    """A row for each, and its remedy below it."""
    good, bad = ("ok", "!!") if ascii_only else ("✓", "✗")
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for finding in findings:
        mark = Text(bad, "red" if finding.serious else "yellow") if finding.remedy else Text(good, "green")
        table.add_row(mark, finding.about, Text(finding.seen))
        if finding.remedy:
            table.add_row("", "", Text(finding.remedy, "italic"))
    console.print(table)
