"""The app of `tui-torch watch`: one screen for a run, the list of runs above it, and the help."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from textual import on, work
from textual.app import SystemCommand
from textual.binding import BindingType
from textual.events import Event, Key, Paste
from textual.screen import Screen

from tui_torch.tutor.config import Config
from tui_torch.ui.keys.declared import APP
from tui_torch.ui.terminal_app import TerminalApp
from tui_torch.ui.watching.screen import WatchScreen
from tui_torch.watching.run_folders import RunFolder


class WatchApp(TerminalApp):
    """Shows a watched training, and others that were."""

    CSS_PATH: ClassVar[list[str]] = ["../app.tcss", "watch.tcss"]  # pyright: ignore[reportIncompatibleVariableOverride]
    BINDINGS: ClassVar[list[BindingType]] = APP.bindings()
    OPEN_SCREENS = ("runs", "help", "end", "delete")
    OPEN_BY_MESSAGE = ("runs", "help")
    TAKE_RESULT = ("open",)
    CRASHED = "the screen itself failed, and the training goes on"

    def __init__(
        self,
        run: RunFolder | None,
        *,
        overlaid: Sequence[str] = (),
        ascii_only: bool = False,
        config: Config | None = None,
    ) -> None:
        """Show a run, or the list of all.

        Args:
            run: The run to show; None to begin with the list.
            overlaid: The names of the runs to draw behind it.
            ascii_only: Use ASCII characters alone.
            config: The learner's settings.
        """
        super().__init__(ascii_only=ascii_only, config=config)
        self._first = run
        self._overlaid = overlaid
        self.watch_screen = WatchScreen(ascii_only=ascii_only)

    def get_default_screen(self) -> WatchScreen:
        """The first screen, which stays below all others."""
        return self.watch_screen

    def on_mount(self) -> None:
        self.call_after_refresh(self._begin)

    async def _begin(self) -> None:
        if self._first is not None:
            await self.watch_screen.show_run(self._first, self._overlaid)
        else:
            self._open_runs()

    async def on_event(self, event: Event) -> None:
        """Give the program the keys that are passed on to it, before anything else hears of them."""
        if isinstance(event, Key | Paste) and not event.is_forwarded and self.watch_screen.passes_on(event):
            return
        await super().on_event(event)

    def action_help_quit(self) -> None:
        """Say what ctrl+c does not. Textual asks whether to quit."""
        said = f"Nothing is selected. {self.bound_keys.plain('app.quit')} leaves."
        if self.watch_screen.is_live:
            said += f" {self.bound_keys.plain('watch.end')} ends the training."
        self.say_briefly(said)

    @on(WatchScreen.RunsRequested)
    @work(exclusive=True, group="runs")
    async def _open_runs(self) -> None:
        """Show the list of runs, and the one that is chosen."""
        from tui_torch.ui.watching.runs_screen import RunsScreen

        shown = self.watch_screen
        here = shown.followed.folder.name if shown.followed is not None else None
        listed = RunsScreen(here, shown.overlaid, ascii_only=self.ascii_only)
        chosen = await self.push_screen_wait(listed)
        if chosen is not None and chosen.name != here:
            await shown.show_run(chosen, [name for name in listed.overlaid if name != chosen.name])
        elif here is None:
            self.exit()
        elif listed.overlaid != shown.overlaid:
            shown.draw_behind(listed.overlaid)

    @on(WatchScreen.WatchHelpRequested)
    def _open_help(self) -> None:
        from tui_torch.ui.watching.help import watch_help

        self.push_screen(watch_help(self.bound_keys, ascii_only=self.ascii_only))

    @on(WatchScreen.WatchLeft)
    def _leave(self) -> None:
        self.exit()

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Yield what the command palette offers."""
        from tui_torch.ui import palette

        shown = self.watch_screen
        if screen is shown:
            yield from palette.of_watch(shown, shown.chart, self.bound_keys)
        yield from super().get_system_commands(screen)
