"""An app around one screen of panes whose code runs in a kernel."""

from __future__ import annotations

from typing import Any, ClassVar

from textual import on, work
from textual.binding import BindingType
from textual.events import Event, Key, MouseDown, Paste
from textual.screen import Screen

from tui_torch.kernel.session import KernelSession, KernelState
from tui_torch.tutor.config import Config
from tui_torch.ui.keys.declared import APP
from tui_torch.ui.lesson.keys.run_screen import RunScreen
from tui_torch.ui.terminal_app import TerminalApp


class PaneApp(TerminalApp):
    """An app whose first screen, `front`, has panes and runs code in a kernel.

    A subclass makes that screen and gives it to `open_with`, before the app runs.
    """

    BINDINGS: ClassVar[list[BindingType]] = APP.bindings()
    CRASHED = "the tutor itself failed, and your work is saved"

    front: RunScreen

    def __init__(self, kernel: KernelSession, *, ascii_only: bool = False, config: Config | None = None) -> None:
        super().__init__(ascii_only=ascii_only, config=config)
        self.kernel = kernel

    def open_with(self, front: RunScreen) -> None:
        """Make a screen the first one, set up as the learner's configuration says."""
        self.front = front
        front.panes.editor.completes_as_you_type = self.config.complete_as_you_type
        front.graphics = self.config.figures

    def get_default_screen(self) -> Screen[Any]:
        """The first screen. Textual's own default would be made, styled and laid out below it for nothing."""
        return self.front

    def on_mount(self) -> None:
        self.kernel.on_state = self.kernel_changed
        if self.kernel.notice:
            self.notify(self.kernel.notice, severity="warning", markup=False)
        # Once the first step is on the screen: nothing waits for this.
        self.call_after_refresh(self.prepare)

    def on_unmount(self) -> None:
        self.kernel.on_state = None

    def end(self) -> None:
        self.front.save_drafts()
        super().end()

    def say_briefly(self, sentence: str) -> None:
        if self.screen is self.front:
            self.front.panes.remark(sentence)
        else:
            super().say_briefly(sentence)

    def action_help_quit(self) -> None:
        """Say why ctrl+c did nothing. Textual asks whether to quit, and here it is pressed to copy, or to interrupt."""
        if self.screen is self.front:
            self.front.panes.remark(
                f"Nothing runs, and nothing is selected. {self.bound_keys.plain('app.quit')} quits."
            )

    def kernel_changed(self, state: KernelState) -> None:
        """Say what the kernel is doing now."""
        self.front.kernel_news.changed(state)

    async def on_event(self, event: Event) -> None:
        """Take what answers the last key or click from the status line before the next one is done."""
        if isinstance(event, Key | MouseDown | Paste) and not event.is_forwarded:
            self.front.panes.status.remark = ""
        await super().on_event(event)

    def prepare(self) -> None:
        """Do what has time until the first frame is drawn."""
        self.front.prepare()
        self._connect()

    @work
    async def _connect(self) -> None:
        await self.kernel.connect()

    def help_text(self, first: str) -> str | None:
        """The help in Markdown, the section of that title first; None for that of lessons."""
        return None

    @on(RunScreen.HelpRequested)
    def _open_help(self, message: RunScreen.HelpRequested) -> None:
        from tui_torch.ui.screens.help import HelpScreen

        self.push_screen(HelpScreen(message.first, text=self.help_text(message.first), ascii_only=self.ascii_only))
