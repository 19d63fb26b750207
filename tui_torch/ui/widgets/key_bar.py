"""The footer: the keys that work now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.widgets import Footer

if TYPE_CHECKING:
    from textual.binding import Binding
    from textual.screen import Screen


class KeyBar(Footer):
    """Textual's footer, built anew only when it has something else to say.

    Textual asks for a new one whenever bindings may have changed, several times for one key; to build it takes longer
    than all else that a key does.
    """

    DEFAULT_CSS = """
    KeyBar { background: $panel; }
    """

    def __init__(self) -> None:
        super().__init__(compact=True, show_command_palette=False)
        self._said: tuple[tuple[Binding, bool], ...] | None = None

    def compose(self) -> ComposeResult:
        if self._bindings_ready:
            self._said = self._to_say()
        # Each key watches `compact` of the footer, which never changes, and only when it does are those who are gone
        # forgotten: 130 kB a run.
        self.mutate_reactive(Footer.compact)
        yield from super().compose()

    def bindings_changed(self, screen: Screen[object]) -> None:
        if self._said is None or screen is not self.screen or self._said != self._to_say():
            super().bindings_changed(screen)

    def _to_say(self) -> tuple[tuple[Binding, bool], ...]:
        active = self.screen.active_bindings.values()
        return tuple((binding, enabled) for _, binding, enabled, _ in active if binding.show)
