"""A theme that is looked at before it is chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textual.app import App


class PreviewedTheme:
    """Lets an app wear a theme for as long as it is looked at, and gives it back its own."""

    def __init__(self, app: App[None]) -> None:
        self._app = app
        self._before: str | None = None

    @property
    def is_on(self) -> bool:
        """Whether the app wears a theme that was not chosen."""
        return self._before is not None

    def show(self, name: str) -> None:
        """Wear a theme."""
        if self._before is None:
            self._before = self._app.theme
        self._app.theme = name

    def end(self) -> None:
        """Wear the theme again that was chosen."""
        before, self._before = self._before, None
        if before is not None:
            self._app.theme = before

    def choose(self, name: str) -> None:
        """Keep a theme."""
        self._before = None
        self._app.theme = name
