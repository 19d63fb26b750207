"""The app of `tui-torch attach`: one screen for a kernel that others use, and the help."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from textual import on
from textual.app import SystemCommand
from textual.binding import BindingType
from textual.screen import Screen

from tui_torch.kernel.joining.joined_kernel import JoinedKernel
from tui_torch.tutor.config import Config
from tui_torch.ui.attaching.screen import AttachScreen
from tui_torch.ui.keys.declared import APP
from tui_torch.ui.terminal_app import TerminalApp


class AttachApp(TerminalApp):
    """Shows what is run in a kernel of others. It leaves the kernel's end to whoever has made it."""

    CSS_PATH: ClassVar[list[str]] = ["../app.tcss", "attach.tcss"]  # pyright: ignore[reportIncompatibleVariableOverride]
    BINDINGS: ClassVar[list[BindingType]] = APP.bindings()
    CRASHED = "the screen itself failed, and the kernel goes on without it"

    def __init__(self, kernel: JoinedKernel, *, ascii_only: bool = False, config: Config | None = None) -> None:
        super().__init__(ascii_only=ascii_only, config=config)
        self.attach_screen = AttachScreen(kernel, ascii_only=ascii_only)
        self.refused: str | None = None
        """Why the probe is not loaded; None if nothing was in its way."""

    def get_default_screen(self) -> AttachScreen:
        """The first screen, which stays below all others."""
        return self.attach_screen

    def action_help_quit(self) -> None:
        """Say what ctrl+c does not. Textual asks whether to quit."""
        self.say_briefly(f"Nothing is selected. {self.bound_keys.plain('attach.leave')} leaves the kernel.")

    @on(AttachScreen.KernelHelpRequested)
    def _open_help(self) -> None:
        from tui_torch.ui.attaching.help import attach_help

        self.push_screen(attach_help(self.bound_keys, ascii_only=self.ascii_only))

    @on(AttachScreen.KernelLeft)
    def _leave(self) -> None:
        self.exit()

    @on(AttachScreen.ProbeRefused)
    def _give_up(self, message: AttachScreen.ProbeRefused) -> None:
        self.refused = message.sentence
        self.exit()

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Yield what the command palette offers."""
        from tui_torch.ui import palette

        if screen is self.attach_screen:
            shown = self.attach_screen
            yield from palette.of_attach(shown, shown.inspector, shown.chart, self.bound_keys)
        yield from super().get_system_commands(screen)
