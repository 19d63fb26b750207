"""Runs a program of one's own without the app, as Python would, and shows it by one of the views."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from tui_torch.console.encoding import speaks_unicode
from tui_torch.console.plain import say
from tui_torch.console.plain_console import plain_console
from tui_torch.console.programs.program_file import ProgramFile
from tui_torch.console.programs.views import JsonView, PipedView, ProgramOutcome, ProgramView, TerminalView
from tui_torch.kernel.session import KernelSession, KernelState
from tui_torch.protocol.events import Failed, Finished, Inspected, Inspection, Note, Noted, ProgramExited
from tui_torch.protocol.inspection_updates import is_complete
from tui_torch.protocol.orders import ProgramCall, Run

INTERRUPTED = 130
"""The exit code of what ctrl+c ended, as shells count."""


def call_of(program: ProgramFile, arguments: tuple[str, ...], cwd: Path | None) -> ProgramCall:
    """The call of a program by its path as it was typed; in another folder, that would lead nowhere."""
    file = Path.cwd() / program.path
    first = str(program.path if cwd is None else file)
    return ProgramCall(str(file), (first, *arguments), str((cwd or Path()).absolute()))


async def open_in_terminal(program: ProgramFile, call: ProgramCall, *, as_json: bool) -> int:
    """Run a program in a kernel of its own, and return its exit code. Raises KernelError where there is no kernel."""
    kernel = KernelSession()
    try:
        await kernel.start()
        if kernel.notice:
            say(f"tui-torch: {kernel.notice}", err=True)
        await kernel.ready()
        return await run_program(kernel, program.text, call, _view(kernel, program.text, as_json=as_json))
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
    exit_code: int | None = None
    finished = Finished("died", 0.0, "The program ended without a word.")
    failed: Failed | None = None
    notes: list[Note] = []
    inspection: Inspection | None = None
    async with _interruptible(kernel):
        async for event in kernel.run(Run(text, inspect=view.inspects, program=call)):
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
                case _:
                    pass
            view.show_event(event)
    while inspection is not None and not is_complete(inspection):
        if (more := await kernel.read_on()) is None:
            break
        inspection = more
    if exit_code is None:
        exit_code = INTERRUPTED if finished.outcome == "interrupted" else 1
    view.end(ProgramOutcome(exit_code, finished, failed, tuple(notes), inspection))
    return exit_code


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
