"""Markdown as the app shows it."""

from __future__ import annotations

from textual.widgets import Markdown


class Prose(Markdown):
    """Markdown whose links cannot be opened, with ASCII bullets on terminals that can draw nothing else."""

    def __init__(self, text: str = "", *, ascii_only: bool = False) -> None:
        super().__init__(text, open_links=False)
        if ascii_only:
            self.BULLETS = ["- ", "* ", "+ "]
