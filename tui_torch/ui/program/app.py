"""The app around one's own program."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

from textual.app import SystemCommand
from textual.screen import Screen

from tui_torch.drawing.text.visible import visible
from tui_torch.kernel.session import KernelState
from tui_torch.tutor.config import Config
from tui_torch.tutor.own_program.opened import OpenedProgram
from tui_torch.ui.keys.declared import OWN_KEYS
from tui_torch.ui.lesson.keys.pane_app import PaneApp
from tui_torch.ui.program.cell_rows import rows_of
from tui_torch.ui.program.screen import ProgramScreen


class ProgramApp(PaneApp):
    """Shows a program, and has it run."""

    CSS_PATH = Path(__file__).parents[1] / "app.tcss"
    OPEN_SCREENS = ("help", "jump", "graph")
    OPEN_BY_MESSAGE = ("help",)

    def __init__(self, program: OpenedProgram, *, ascii_only: bool = False, config: Config | None = None) -> None:
        super().__init__(program.kernel, ascii_only=ascii_only, config=config)
        self.program = program
        self.program_screen = ProgramScreen(program, ascii_only=ascii_only, own_keys=self.config.keys)
        self.open_with(self.program_screen)

    def on_mount(self) -> None:
        self.title = self.program.path.name

    def kernel_changed(self, state: KernelState) -> None:
        self.program_screen.kernel_changed(state)

    def help_text(self, first: str) -> str:
        from tui_torch.ui.program.help_text import PROGRAM_HELP
        from tui_torch.ui.screens.help import help_for

        return help_for(first, self.bound_keys, PROGRAM_HELP)

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Yield what the command palette offers."""
        from tui_torch.ui import palette

        shown = self.program_screen
        if screen is shown:
            yield from palette.actions(shown, self.bound_keys, OWN_KEYS)
            for at, row in enumerate(rows_of(self.program)):
                title = f"Cell {at + 1}: {visible(row.title, self.ascii_only)}"
                yield SystemCommand(title, row.says, partial(shown.action_step_to, at))
        yield from super().get_system_commands(screen)
