"""Screens that are closed once, by the first of the keys that close them."""

from __future__ import annotations

from typing import Any

from textual.await_complete import AwaitComplete

from tui_torch.ui.screens.present_size import PresentSize


class ClosesOnce(PresentSize):
    """Mixed into a screen with a result: of two keys in one read, both of which close it, the first one counts.

    Textual would give the result a second time, to whoever waits for it no more, and raises InvalidStateError. A key
    that would close it while another screen opens above it does nothing.
    """

    _is_closed = False

    def dismiss(self, result: Any = None) -> AwaitComplete:
        screen: Any = self
        # Textual would close whatever is on top, and give this one's result all the same.
        if self._is_closed or screen.app.screen is not screen:
            return AwaitComplete()
        self._is_closed = True
        closing: AwaitComplete = super().dismiss(result)  # pyright: ignore[reportAttributeAccessIssue] - a screen's
        return closing
