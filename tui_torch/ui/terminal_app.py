"""An app in a terminal: themes, keys of one's own, harmless lines, signals, and what is left after a crash.

What it shows is for those that derive from it: the tutor, and the screen of a watched training.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from textual import on, work
from textual.app import ScreenError, SystemCommand
from textual.command import Command, CommandPalette
from textual.css.query import NoMatches
from textual.dom import NoScreen
from textual.driver import Driver
from textual.filter import LineFilter, Monochrome
from textual.notifications import SeverityLevel
from textual.screen import Screen
from textual.scrollbar import ScrollBar
from textual.timer import Timer, TimerCallback
from textual.widget import MountError
from textual.worker import WorkerFailed

from tui_torch.drawing.text import numbers
from tui_torch.drawing.text.code_spans import code_spans
from tui_torch.tutor.config import Config, remember
from tui_torch.tutor.served import is_served
from tui_torch.tutor.user_files import crash_file
from tui_torch.ui.colours.themed_app import ThemedApp
from tui_torch.ui.common.keys_in_order import KeysInOrder
from tui_torch.ui.common.scroll_bar import WholeCells
from tui_torch.ui.keys.bound import BoundKeys
from tui_torch.ui.keys.rebound import by_every_name
from tui_torch.ui.line_filters import AsciiFilter, ColourlessFilter, FilterChain, HarmlessFilter
from tui_torch.ui.previewed_theme import PreviewedTheme
from tui_torch.ui.textual_internals import (
    OUT_OF_STEP,
    OwnCrashes,
    RememberingStylesheet,
    begin_with_theme,
    dispatch_message,
    driver_that_suspends,
    free_lines_of_removed_widgets,
    go_on_after_what_is_harmless,
    hash_rules_in_c,
    is_leaving,
    never_skip,
    prepare_each_query_once,
    render_what_changed,
)
from tui_torch.ui.themes import COLOURLESS, DARK, LIGHT

ScrollBar.renderer = WholeCells
hash_rules_in_c()
free_lines_of_removed_widgets()
prepare_each_query_once()
go_on_after_what_is_harmless()
render_what_changed()

_WIDGET_IS_GONE = (NoMatches, NoScreen, MountError, ScreenError)
"""What Textual raises when a widget is used that has been removed."""

_OWN_COMMANDS = ("Theme", "Quit")
"""Commands of Textual's that the palette has in another form."""

THEME = "Theme: "
"""What the names of commands begin with that choose a theme."""


class TerminalApp(ThemedApp, OwnCrashes, KeysInOrder):
    """An app whose colours, keys and settings are the learner's."""

    TITLE = "tui-torch"
    CRASHED: ClassVar[str]
    """The sentence to leave on the terminal after a crash; where the traceback is, is said behind it."""

    _has_theme = False
    """Whether the theme is chosen. Until then Textual asks for the colours of another, in which nothing is drawn."""

    def __init__(self, *, ascii_only: bool = False, config: Config | None = None) -> None:
        super().__init__()
        self.stylesheet = RememberingStylesheet(variables={})
        self.ascii_only = ascii_only
        self.config = config or Config()
        self.bound_keys = BoundKeys(self.config.keys)
        """The keys as hints, help and palette write them."""
        self.crashed: str | None = None
        """After a crash of the app: the sentence to leave on the terminal; None if it did not crash."""
        self.register_theme(DARK)
        self.register_theme(LIGHT)
        theme = self.config.theme if self.config.theme in self.available_themes else DARK.name
        self.no_color = bool(os.environ.get("NO_COLOR")) or self.console.is_dumb_terminal
        if self.no_color:
            self.register_theme(COLOURLESS)
            theme = COLOURLESS.name
        self._has_theme = True
        begin_with_theme(self, theme)
        self._first_filters = (ColourlessFilter(),) if self.no_color else ()
        self._last_filters = (HarmlessFilter(), AsciiFilter()) if ascii_only else (HarmlessFilter(),)
        self._filter_chain = FilterChain(())
        self._remembered = self.theme
        self._previewed = PreviewedTheme(self)
        if self.config.keys:
            self.set_keymap(by_every_name(self.config.keys))

    def get_css_variables(self) -> dict[str, str]:
        """The colours of the theme; none before one is chosen."""
        return super().get_css_variables() if self._has_theme else {}

    def on_mount(self) -> None:
        self.set_class(self.ascii_only, "-ascii")
        self.theme_changed_signal.subscribe(self, self._theme_changed)
        # The terminal was the shell's in between, and Textual draws only what has changed.
        self.app_resume_signal.subscribe(self, lambda _: self.refresh(layout=True))
        if sys.platform != "win32" and not self.is_headless:
            from tui_torch.ui.driver import end_on_signals

            end_on_signals(self.end)
        if self.config.notice:
            self.notify(self.config.notice, severity="warning", markup=False)

    def end(self) -> None:
        """Leave, since the terminal is gone or the machine shuts down."""
        self.exit()

    def say_briefly(self, sentence: str) -> None:
        """Answer a key."""
        self.notify(sentence, timeout=2, markup=False)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """What every line goes through on its way to the terminal."""
        # Textual's own answer to NO_COLOR is shades of grey, which are colours to a terminal. Ours comes first, since
        # Textual's other filters would make a colour of what is dim.
        textuals = (chosen for chosen in super().get_line_filters() if not isinstance(chosen, Monochrome))
        filters = (*self._first_filters, *textuals, *self._last_filters)
        # Lines are kept by the filter that they went through, and drawn again for another one.
        if filters != self._filter_chain.filters:
            self._filter_chain = FilterChain(filters)
        return [self._filter_chain]

    def get_driver_class(self) -> type[Driver]:
        chosen = super().get_driver_class()
        if sys.platform == "win32":
            return chosen
        from textual.drivers.linux_driver import LinuxDriver

        from tui_torch.ui.driver import TerminalDriver

        return TerminalDriver if chosen is LinuxDriver else chosen

    def set_timer(
        self, delay: float, callback: TimerCallback | None = None, *, name: str | None = None, pause: bool = False
    ) -> Timer:
        """Call back once, after `delay` seconds."""
        return never_skip(super().set_timer(delay, callback, name=name, pause=pause))

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = True,
    ) -> None:
        """Say something in a corner of the screen; without `markup`, without the backticks around code."""
        said = message if markup else "".join(part for part, _ in code_spans(message))
        super().notify(said, title=title, severity=severity, timeout=timeout, markup=markup)

    def action_suspend_process(self) -> None:
        """Go back to the shell that started the app, until that continues it."""
        if sys.platform == "win32":
            return
        from tui_torch.ui.driver import TerminalDriver

        driver = driver_that_suspends(self)
        if isinstance(driver, TerminalDriver) and not driver.stop():
            self.notify("No shell started tui-torch, so there is none to go back to.", severity="warning", markup=False)

    def _theme_changed(self, theme: object) -> None:
        if self.theme != self._remembered and not self._previewed.is_on:
            self._remembered = self.theme
            try:
                remember("theme", self.theme)
            except OSError as error:
                self.notify(f"The theme cannot be remembered ({error.strerror}).", severity="warning", markup=False)

    async def run_action(self, *arguments: Any, **options: Any) -> bool:
        """Do what a key is bound to. A key that comes too early or too late for Textual does nothing.

        A list of options that was opened in the same moment has no lines to page through, and a palette that was closed
        in the same moment is in the way of the next: Textual raises KeyError and DuplicateIds.
        """
        try:
            return await super().run_action(*arguments, **options)
        except Exception as error:
            if not _is_textuals_own(error):
                raise
            return False

    def is_harmless(self, error: Exception) -> bool:
        # A key that comes with the one that quits, or what waits for the next refresh, finds its widgets gone.
        cause = error.error if isinstance(error, WorkerFailed) else error
        # A screen that is closed as it opens has no widgets yet.
        if isinstance(cause, _WIDGET_IS_GONE) and (not self.is_running or is_leaving()):
            return True
        # What comes in the moment in which a palette, or what the mouse is on, opens or closes: the palette looks for
        # its list, or closes itself once more.
        return _is_textuals_own(cause)

    def note_crash(self) -> None:
        # Textual would print the traceback. It is of use to those who fix the fault, and not to a learner.
        where = "nothing of it could be written down"
        with suppress(OSError):
            file = crash_file()
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            file.write_text(traceback.format_exc(), "utf-8")
            where = f"what happened is in {file}, to go with a report"
        self.crashed = f"{self.CRASHED}; {where}"

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Yield what the command palette offers."""
        # Themes differ in their colours.
        if not self.no_color:
            for name in sorted(self.available_themes):
                yield SystemCommand(f"{THEME}{name}", "", partial(self._choose_theme, name))
        yield from (command for command in super().get_system_commands(screen) if command.title not in _OWN_COMMANDS)

    @on(CommandPalette.OptionHighlighted)
    def _preview_theme(self, event: CommandPalette.OptionHighlighted) -> None:
        option = event.highlighted_event.option
        chosen = (option.hit.text or "") if isinstance(option, Command) else ""
        theme = chosen.removeprefix(THEME)
        if chosen != theme and theme in self.available_themes:
            self._previewed.show(theme)
        else:
            self._previewed.end()

    @on(CommandPalette.Closed)
    def _end_preview(self, event: CommandPalette.Closed) -> None:
        # What was chosen may be that theme.
        if not event.option_selected:
            self._previewed.end()

    def _choose_theme(self, name: str) -> None:
        self._previewed.choose(name)
        self._theme_changed(None)

    def copy_to_clipboard(self, text: str) -> None:
        """Copy a text: by the terminal, and into the system's clipboard where there is one; say how much it is."""
        super().copy_to_clipboard(text)
        if not self.is_headless and not is_served():  # the clipboard there is that of whoever runs the server
            self._copy_into_the_systems(text)
        said = f"Copied {numbers.counted(len(text.splitlines()), 'line')} to the clipboard."
        self.say_briefly(said)

    @work(thread=True, group="clipboard")
    def _copy_into_the_systems(self, text: str) -> None:
        from tui_torch.ui.clipboard import copy

        copy(text)

    def deliver_screenshot(
        self, filename: str | None = None, path: str | None = None, time_format: str | None = None
    ) -> str | None:
        """Save a picture of the screen as SVG, by default in the current folder; None if that is gone."""
        # Textual's default, a folder for downloads, is missing on most machines that are reached over SSH.
        try:
            return super().deliver_screenshot(filename, path or str(Path.cwd()), time_format)
        except OSError as error:
            said = f"The picture cannot be saved in the current folder ({error.strerror})."
            self.notify(said, severity="warning", markup=False)
            return None


def _is_textuals_own(error: BaseException) -> bool:
    """Whether Textual raised an exception over something that is not there yet, or no more, in code of its own alone.

    That is so where none of ours was called but what only passes a key or a message on.
    """
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__) if frame.f_code not in _PASSING_ON]
    names = [str(frame.f_globals.get("__name__")) for frame in frames]
    is_of_the_moment = isinstance(error, (*_WIDGET_IS_GONE, *OUT_OF_STEP))
    return is_of_the_moment and all(name.partition(".")[0] != "tui_torch" for name in names)


_PASSING_ON = {
    one.__code__ for one in (TerminalApp.run_action, KeysInOrder.run_action, KeysInOrder.push_screen, dispatch_message)
}
