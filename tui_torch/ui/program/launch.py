"""Opens a program in the app."""

from __future__ import annotations

from tui_torch.programs.program import OwnProgram
from tui_torch.protocol.late_dataclass import dataclass
from tui_torch.protocol.orders import ProgramCall
from tui_torch.quick_start import run_app


@dataclass(frozen=True, slots=True)
class ProgramLeft:
    """How the app around a program ended, each in a sentence."""

    crashed: str | None
    """Why it crashed; None if it did not."""
    draft_notice: str | None
    """What is to be known of drafts that are not in the file; None without any."""


def open_in_app(program: OwnProgram, call: ProgramCall, *, agreed: bool, ascii_only: bool) -> ProgramLeft:
    """Show a program until the learner quits.

    Args:
        program: What was read from its file.
        call: How it is called.
        agreed: Whether the learner has agreed to run what is saved to the file, too.
        ascii_only: Whether the terminal has no Unicode.
    """
    return run_app(lambda: _open(program, call, agreed=agreed, ascii_only=ascii_only))


async def _open(program: OwnProgram, call: ProgramCall, *, agreed: bool, ascii_only: bool) -> ProgramLeft:
    from tui_torch.kernel.session import KernelSession
    from tui_torch.kernel.zygote import Zygote

    zygote = Zygote()
    kernel = KernelSession(ahead=True, zygote=zygote)
    try:
        # The kernel imports torch while the UI is imported.
        kernel.spawn()
        from tui_torch.tutor.config import load_config
        from tui_torch.tutor.own_program.opened import OpenedProgram
        from tui_torch.tutor.progress.progress import Progress
        from tui_torch.tutor.user_files import progress_file
        from tui_torch.ui.widget_classes import make_them_faster

        make_them_faster()
        from tui_torch.ui.program.app import ProgramApp

        config = load_config()
        kernel.memory_limit = config.memory
        with Progress.open(progress_file()) as progress:
            opened = OpenedProgram(program, call, progress, kernel, agreed=agreed)
            app = ProgramApp(opened, ascii_only=ascii_only, config=config)
            await app.run_async()
            return ProgramLeft(app.crashed, opened.draft_notice)
    finally:
        await kernel.close()
        zygote.close()
