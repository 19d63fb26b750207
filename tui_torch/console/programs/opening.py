"""Runs a program of one's own without the app, as Python would, and shows it by one of the views."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from tui_torch.console.encoding import speaks_unicode
from tui_torch.console.plain import say
from tui_torch.console.plain_console import plain_console
from tui_torch.console.programs.cell_heads import head_of
from tui_torch.console.programs.views import JsonView, PipedView, ProgramOutcome, ProgramView, TerminalView
from tui_torch.kernel.session import KernelSession, KernelState
from tui_torch.programs.program import CodeCell, OwnProgram, WholeScript
from tui_torch.protocol.events import (
    Failed,
    Finished,
    FrameLocals,
    Inspected,
    Inspection,
    LocalsRead,
    Note,
    Noted,
    ProgramExited,
)
from tui_torch.protocol.inspection_updates import is_complete
from tui_torch.protocol.orders import NotebookCall, ProgramCall, Run

INTERRUPTED = 130
"""The exit code of what ctrl+c ended, as shells count."""


async def open_in_terminal(program: WholeScript, call: ProgramCall, *, as_json: bool) -> int:
    """Run a program in a kernel of its own, and return its exit code. Raises KernelError where there is no kernel."""
    async with _kernel() as kernel:
        return await run_program(kernel, program.text, call, _view(kernel, program.text, as_json=as_json))


async def open_notebook_in_terminal(notebook: OwnProgram, folder: Path, *, as_json: bool) -> int:
    """Run all cells of a notebook in a kernel of its own; 1 if one raised. Raises KernelError without one."""
    async with _kernel() as kernel:
        return await run_notebook(
            kernel, notebook, folder, lambda code: _view(kernel, code, as_json=as_json), head_of(as_json=as_json)
        )


@asynccontextmanager
async def _kernel() -> AsyncGenerator[KernelSession]:
    kernel = KernelSession()
    try:
        await kernel.start()
        if kernel.notice:
            say(f"tui-torch: {kernel.notice}", err=True)
        await kernel.ready()
        yield kernel
    finally:
        await kernel.close()


def _view(kernel: KernelSession, text: str, *, as_json: bool) -> ProgramView:
    ascii_only = not speaks_unicode()
    if as_json:
        return JsonView(kernel.answer)
    if sys.stdout.isatty():
        return TerminalView(kernel, plain_console(), text, ascii_only=ascii_only)
    return PipedView(kernel.answer, plain_console(err=True), ascii_only=ascii_only)


async def run_program(kernel: KernelSession, text: str, call: ProgramCall, view: ProgramView) -> int:
    """Run a program and return its exit code. ctrl+c interrupts it, as it would interrupt Python, and a second ends it.

    Args:
        kernel: One that is ready.
        text: What its file holds.
        call: The file, and how it is called.
        view: Shows what it does.
    """
    outcome = await played(kernel, Run(text, inspect=view.inspects, program=call), view)
    return outcome.exit_code


async def played(kernel: KernelSession, run: Run, view: ProgramView) -> ProgramOutcome:
    """Run a program, or a cell of one, show it, and return how it ended."""
    exit_code: int | None = None
    finished = Finished("died", 0.0, "The program ended without a word.")
    failed: Failed | None = None
    notes: list[Note] = []
    inspection: Inspection | None = None
    frames: tuple[FrameLocals, ...] = ()
    async with _interruptible(kernel):
        async for event in kernel.run(run):
            match event:
                case ProgramExited(code):
                    exit_code = code
                case Finished():
                    finished = event
                case Failed():
                    failed = event
                case Noted(note):
                    notes.append(note)
                case Inspected():
                    inspection = event.inspection
                case LocalsRead():
                    frames = event.frames
                case _:
                    pass
            view.show_event(event)
    while inspection is not None and not is_complete(inspection):
        if (more := await kernel.read_on()) is None:
            break
        inspection = more
    if exit_code is None:
        exit_code = {"ok": 0, "interrupted": INTERRUPTED}.get(finished.outcome, 1)
    outcome = ProgramOutcome(exit_code, finished, failed, tuple(notes), inspection, frames)
    view.end(outcome)
    return outcome


async def run_notebook(
    kernel: KernelSession,
    notebook: OwnProgram,
    folder: Path,
    view_of: Callable[[str], ProgramView],
    show_head: Callable[[CodeCell, int], None],
) -> int:
    """Run the cells of a notebook in their order, each with the names that those before it left, also after one raised.

    Args:
        kernel: One that is ready.
        notebook: What its file holds.
        folder: Where it runs.
        view_of: Makes a view for the code of a cell.
        show_head: Shows which cell runs next, and its number.
    """
    has_failed = False
    cells = [cell for cell in notebook.cells if not cell.is_only_text]
    for number, cell in enumerate(cells, start=1):
        show_head(cell, number)
        view = view_of(cell.code)
        call = NotebookCall(str(folder), number, goes_on=number > 1)
        outcome = await played(kernel, Run(cell.code, inspect=view.inspects, notebook=call), view)
        has_failed |= outcome.exit_code != 0
        if outcome.finished.outcome in ("interrupted", "died"):
            return outcome.exit_code
    return 1 if has_failed else 0


@asynccontextmanager
async def _interruptible(kernel: KernelSession) -> AsyncGenerator[None]:
    """A block in which ctrl+c interrupts what the kernel runs; once that is being done, it ends the block."""
    loop, block = asyncio.get_running_loop(), asyncio.current_task()
    tasks: set[asyncio.Task[None]] = set()

    def interrupt() -> None:
        if kernel.state is KernelState.RUNNING:
            tasks.add(asyncio.create_task(kernel.interrupt()))
        elif block is not None:
            block.cancel()

    with suppress(NotImplementedError, RuntimeError):  # Windows has none, nor has another thread than the main one
        loop.add_signal_handler(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        with suppress(NotImplementedError, RuntimeError):
            loop.remove_signal_handler(signal.SIGINT)
