"""The footer: the keys that work now, and what they do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

if TYPE_CHECKING:
    from textual.binding import Binding
    from textual.screen import Screen

ALWAYS = ("help", "command_palette")
"""Actions of which the first that works is shown however little room there is: it leads to all others."""


class KeyBar(Widget, can_focus=False):
    """One line with each key that works and what it does; clicking on one presses it.

    Textual's own footer has a widget for each key, and mounts all of them again whenever one comes or goes. That takes
    longer than everything else that happens at a key.
    """

    ALLOW_SELECT = False

    COMPONENT_CLASSES: ClassVar[set[str]] = {"key-bar--key", "key-bar--description", "key-bar--pointed"}

    DEFAULT_CSS = """
    KeyBar {
        dock: bottom;
        width: 100%;
        height: 1;
        color: $footer-foreground;
        background: $panel;
        & > .key-bar--key { color: $footer-key-foreground; text-style: bold; }
        & > .key-bar--description { color: $footer-description-foreground; }
        & > .key-bar--pointed { background: $block-hover-background; }
    }
    """

    pointed: reactive[str | None] = reactive[str | None](None)
    """The key that the mouse points at; None if it points at none."""

    shift: reactive[int] = reactive(0)
    """The keys that the wheel moved out at the left; 0 where all fit."""

    def __init__(self) -> None:
        super().__init__()
        self._shown_bindings: tuple[tuple[Binding, bool], ...] | None = None
        """What is on the screen; None before it is first drawn."""
        self._is_stale = False

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self.bindings_changed)

    def on_unmount(self) -> None:
        self.screen.bindings_updated_signal.unsubscribe(self)

    def bindings_changed(self, screen: Screen[object]) -> None:
        # Textual signals this several times for one key, and a run that is over at once changes nothing in the end.
        if not self._is_stale and screen.app.app_focus and self.is_attached and screen is self.screen:
            self._is_stale = True
            # Not after the next refresh, which would be that of whatever screen is in front: one that closes then
            # forgets what was to be called.
            self.call_later(self._show_bindings)

    def _show_bindings(self) -> None:
        self._is_stale = False
        if self.is_attached and self._shown_bindings != (now := self._bindings_to_show()):
            self._shown_bindings = now
            self.refresh()

    def _bindings_to_show(self) -> tuple[tuple[Binding, bool], ...]:
        """The first binding of each action that the footer shows, and whether it is enabled."""
        shown: dict[str, tuple[Binding, bool]] = {}
        for _, binding, enabled, _ in self.screen.active_bindings.values():
            if binding.show:
                shown.setdefault(binding.action, (binding, enabled))
        return tuple(shown.values())

    def _labels(self) -> Iterator[tuple[int, str, Binding, bool]]:
        """Yield the first column of each key that is shown, its text, its binding, and whether it is enabled."""
        labels = self._every_label()[self.shift :]
        by_action = {binding.action: number for number, (_, binding, _) in reversed(list(enumerate(labels)))}
        kept = next((by_action[action] for action in ALWAYS if action in by_action), None)
        for column, number in in_room([_width(label) for label in labels], self.size.width, kept):
            yield column, *labels[number]

    def _every_label(self) -> list[tuple[str, Binding, bool]]:
        """The text of each key that works, its binding, and whether it is enabled."""
        return [
            (self.app.get_key_display(binding), binding, enabled) for binding, enabled in self._shown_bindings or ()
        ]

    def render_line(self, y: int) -> Strip:
        # What changes the bindings is heard of after the first frame, which would be without a key.
        if self._shown_bindings is None:
            self._shown_bindings = self._bindings_to_show()
        ground = Style(bgcolor=self.rich_style.bgcolor)
        key = self.get_component_rich_style("key-bar--key")
        description = self.get_component_rich_style("key-bar--description")
        pointed = Style(bgcolor=self.get_component_rich_style("key-bar--pointed").bgcolor)
        line: list[Segment] = []
        for _, written, binding, enabled in self._labels():
            look = Style(dim=not enabled or None) + (pointed if binding.key == self.pointed else Style.null())
            line += [
                Segment(written, key + look),
                Segment(f" {binding.description}", description + look),
                Segment(" ", ground),
            ]
        width = self.size.width
        return Strip(line).crop(0, width).extend_cell_length(width, ground)

    def _at(self, x: int) -> tuple[Binding, bool] | None:
        for column, written, binding, enabled in self._labels():
            if column <= x < column + len(written) + 1 + len(binding.description):
                return binding, enabled
        return None

    def on_mouse_down(self, event: events.MouseDown) -> None:
        match self._at(event.x):
            case binding, True:
                self.app.simulate_key(binding.key)
            case _, False:
                self.app.bell()
            case None:
                pass

    def on_mouse_move(self, event: events.MouseMove) -> None:
        under = self._at(event.x)
        self.pointed = under[0].key if under else None

    def on_leave(self) -> None:
        self.pointed = None

    def watch_pointed(self, pointed: str | None) -> None:
        self.styles.pointer = "pointer" if pointed else "default"

    def validate_shift(self, shift: int) -> int:
        widths = [_width(label) + 1 for label in self._every_label()]
        farthest = next(at for at in range(len(widths) + 1) if sum(widths[at:]) - 1 <= self.size.width)
        return max(0, min(shift, farthest))

    def on_resize(self) -> None:
        self.shift = self.shift

    def on_mouse_scroll_down(self) -> None:
        self.shift += 1

    def on_mouse_scroll_up(self) -> None:
        self.shift -= 1


def in_room(widths: Sequence[int], columns: int, kept: int | None = None) -> Iterator[tuple[int, int]]:
    """Yield the first column of each label that is shown, and its number. None is cut: the first that fit are shown.

    Args:
        widths: The columns of each label.
        columns: Those there are.
        kept: The number of one that is shown in any case; None if none is.
    """
    column = 0
    for number, width in enumerate(widths):
        later = 0 if kept is None or number == kept else widths[kept] + 1
        if column + width + later > columns:
            break
        yield column, number
        column += width + 1
        kept = None if number == kept else kept
    if kept is not None:
        yield column, kept


def _width(label: tuple[str, Binding, bool]) -> int:
    """The columns of a key, a space, and what it does."""
    written, binding, _ = label
    return len(written) + 1 + len(binding.description)
