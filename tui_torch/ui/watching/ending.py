"""How a training is ended: asked of the person, and told to the command, the more firmly the less it heeds."""

from __future__ import annotations

import signal
from typing import Any

from textual.app import App

from tui_torch.ui.screens.confirm import ConfirmScreen

WAYS = (
    (
        signal.SIGINT,
        "End the training? It is interrupted as from its keyboard: a program that saves its model then still can.",
        "Interrupt it",
    ),
    (signal.SIGTERM, "It was interrupted and runs still. Tell it to end (SIGTERM)?", "End it"),
    (signal.SIGKILL, "It was told to end and runs still. Kill it? Then it can save nothing any more.", "Kill it"),
)
"""Signals, the question before each, and the answer that sends it."""


async def ask_how_to_end(app: App[Any], asked_before: int) -> signal.Signals | None:
    """Ask whether to end a training. Returns the signal to send; None to let it run.

    Args:
        app: In which the question is asked.
        asked_before: How many signals were sent already.
    """
    number, question, yes = WAYS[min(asked_before, len(WAYS) - 1)]
    return number if await app.push_screen_wait(ConfirmScreen(question, yes=yes, no="Let it run")) else None
