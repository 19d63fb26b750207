"""How a command says in one sentence that it does not do what it was asked."""

from __future__ import annotations

import click

FAILED = 1
"""Exit code: what the user asked to run failed."""
USAGE = 2
"""Exit code: the command line is wrong."""


class RefusedError(click.ClickException):
    """An error with one sentence and an exit code, and without a traceback."""

    def __init__(self, sentence: str, exit_code: int) -> None:
        super().__init__(sentence)
        self.exit_code = exit_code  # type: ignore[misc]
