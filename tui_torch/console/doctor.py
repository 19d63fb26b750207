"""Examines what the tutor needs (Python, torch, a terminal, folders to write to), with a remedy for each problem."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

import tui_torch
from tui_torch.console.encoding import speaks_unicode
from tui_torch.console.training.examined import examine_watching
from tui_torch.course.lesson_error import LessonErrors
from tui_torch.course.library import lessons_folder
from tui_torch.course.loader import load_course
from tui_torch.kernel.session import KernelError, KernelSession
from tui_torch.kernel.torch_release import beyond_proof
from tui_torch.protocol.events import Failed, Finished, Output
from tui_torch.protocol.late_dataclass import dataclass
from tui_torch.protocol.orders import Run
from tui_torch.tutor.config import config_file, load_config
from tui_torch.tutor.progress.progress import Progress
from tui_torch.tutor.user_files import data_folder, progress_file

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
    """One thing that was examined."""

    about: str
    seen: str
    remedy: str | None = None
    """What to do; None if nothing is wrong."""
    serious: bool = False
    """Whether the tutor does not work because of it."""


async def examine(console: Console) -> list[Finding]:
    """Examine everything; the findings in the order in which they are shown."""
    return [
        Finding("tui-torch", f"{tui_torch.__version__} in {Path(tui_torch.__file__).parent}"),
        _python(),
        *_packages(),
        *await _kernel(),
        Finding("watch", *await examine_watching()),
        *_terminal(console),
        *_places(),
        _kernels_of_others(),
    ]


def _python() -> Finding:
    return Finding("Python", f"{platform.python_version()} at {sys.executable}")


def _packages() -> Iterator[Finding]:
    for name in ("textual", "rich", "ipykernel", "jupyter_client", "numpy"):
        try:
            yield Finding(name, version(name))
        except PackageNotFoundError:
            yield Finding(name, "not installed", "run `pip install tui-torch` again in this environment", serious=True)


async def _kernel() -> list[Finding]:
    """Start a real kernel and ask it about torch, which proves that both work."""
    kernel = KernelSession()
    printed: list[str] = []
    problem = ""
    answers = False
    try:
        await kernel.start()
        await kernel.ready()
        answers = True
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
        # A kernel that reports a problem with PyTorch does answer.
        answers = answers or problem.startswith("PyTorch")
    finally:
        await kernel.close()
    # The problem's last sentence refers to this command.
    seen = (problem.splitlines() or [""])[0].partition(" `tui-torch doctor`")[0]
    if not answers:
        remedy = "`python -c 'import torch'` and `python -m ipykernel --version` say which of the two to install again"
        return [Finding("kernel", seen, remedy, serious=True), Finding("torch", "unknown, as no kernel could be asked")]
    kernel_finding = Finding("kernel", "starts, and runs code", kernel.notice)
    if problem:
        remedy = "run `pip install --force-reinstall torch` in this environment, then `python -c 'import torch'`"
        return [kernel_finding, Finding("torch", seen, remedy, serious=True)]
    release, *devices = "".join(printed).splitlines() or ["unknown"]
    seen = ", ".join([release, *devices])
    return [kernel_finding, Finding("torch", seen, beyond_proof(release))]


def _kernels_of_others() -> Finding:
    from tui_torch.kernel.joining.connection_files import living_files

    count = len(living_files())
    there = "1 Jupyter kernel runs" if count == 1 else f"{count or 'no'} Jupyter kernels run"
    return Finding("attach", f"{there} that could be joined")


def _terminal(console: Console) -> Iterator[Finding]:
    name = os.environ.get("TERM", "")
    dumb = console.is_dumb_terminal
    if not console.is_terminal:
        yield Finding("terminal", "none: the output goes to a file or a pipe", "run `tui-torch run LESSON` here")
    elif dumb:
        yield Finding(
            "terminal",
            f"TERM={name}, which cannot place what it shows",
            "set TERM to what your terminal is, such as xterm-256color; `tui-torch run LESSON` plays in this one",
            serious=True,
        )
    else:
        yield Finding("terminal", name)
    if console.is_terminal:
        # Rich assumes 80 columns for a dumb terminal.
        yield _size(*(shutil.get_terminal_size() if dumb else console.size))
        yield _colours(console)
    if speaks_unicode():
        yield Finding("encoding", console.encoding)
    else:
        yield Finding("encoding", "ASCII only, as the locale says", "set LANG to a UTF-8 locale, such as C.UTF-8")


def _size(width: int, height: int) -> Finding:
    small = width < 80 or height < 24
    remedy = "make it 80x24 or larger; from 110 columns on, two stand side by side" if small else None
    return Finding("size", f"{width}x{height}", remedy)


def _colours(console: Console) -> Finding:
    if os.environ.get("NO_COLOR"):
        return Finding("colours", "none, since NO_COLOR is set")
    if console.is_dumb_terminal:
        return Finding("colours", "none, since TERM says that it has none")
    few = console.color_system in (None, "standard")
    remedy = "if your terminal can do more, set COLORTERM=truecolor" if few else None
    return Finding("colours", str(console.color_system or "none"), remedy)


def _places() -> Iterator[Finding]:
    try:
        course = load_course(lessons_folder())
        yield Finding("lessons", f"{len(course.lessons)} in {course.folder}")
    except LessonErrors as wrong:
        yield Finding("lessons", str(wrong.errors[0]), "run `tui-torch check` for all that is wrong", serious=True)
    said = ", as TUI_TORCH_HOME says" if os.environ.get("TUI_TORCH_HOME") else ""
    yield Finding("home", f"{data_folder()}{said}")
    with Progress.open(progress_file()) as progress:
        kept = "is kept in memory only" if progress.notice else "is saved"
        yield Finding("database", f"what you do {kept}: {progress_file().name}", progress.notice)
    yield Finding(
        "settings", str(config_file()) + ("" if config_file().exists() else " (none yet)"), load_config().notice
    )


def show_findings(console: Console, findings: list[Finding], *, ascii_only: bool) -> None:
    """Print a row for each finding with its remedy below, and the conclusion."""
    good, bad = ("ok", "x") if ascii_only else ("✓", "✗")
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for finding in findings:
        mark = Text(good, "green") if finding.remedy is None else Text("!", "yellow")
        if finding.serious:
            mark = Text(bad, "red")
        table.add_row(mark, finding.about, Text(finding.seen))
        if finding.remedy:
            table.add_row("", "", Text(finding.remedy, "italic"))
    console.print(table)
    console.print(_verdict(findings, bad), markup=False)


def _verdict(findings: list[Finding], bad: str) -> str:
    serious = [finding.about for finding in findings if finding.serious]
    if serious:
        return f"\nThe tutor does not work here until what is marked {bad} is fixed: {', '.join(serious)}."
    lesser = [finding.about for finding in findings if finding.remedy is not None]
    if lesser:
        return f"\nThe tutor works here; what is marked ! could be better: {', '.join(lesser)}."
    return "\nAll is well: `tui-torch` opens the app."
