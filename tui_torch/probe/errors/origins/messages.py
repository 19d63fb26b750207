"""What an exception says, whatever its `__str__` does."""

from __future__ import annotations

from tui_torch.probe.errors.origins.worker_errors import WorkerError, worker_error
from tui_torch.probe.values.short_repr import plain

MESSAGE = 4000
"""Maximum number of characters of a message."""


def worker_of(error: BaseException) -> WorkerError | None:
    """Return what another process raised, which an exception brings; None for all others."""
    try:
        return worker_error(str(error))
    except Exception:
        return None


def message_of(error: BaseException) -> str:
    """Return an exception's message, at most MESSAGE characters without terminal escapes; empty if `str()` fails."""
    try:
        # str() of a SyntaxError adds the file's name, which the learner does not know.
        return plain(error.msg if isinstance(error, SyntaxError) else str(error), MESSAGE)
    except Exception:  # a __str__ of the learner's may raise
        return ""
