"""How a training is ended: asked of the person, and told to the command."""

from __future__ import annotations

import signal
from typing import Any

from textual.app import App

from tui_torch.ui.screens.confirm import ConfirmScreen

QUESTION = "End the training? It is interrupted as from its keyboard: a program that saves its model then still can."


async def ask_how_to_end(app: App[Any]) -> signal.Signals | None:
    """Ask whether to end a training. Returns the signal to send; None to let it run."""
    if await app.push_screen_wait(ConfirmScreen(QUESTION, yes="Interrupt it", no="Let it run")):
        return signal.SIGINT
    return None
