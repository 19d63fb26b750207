"""What went wrong inside the coach: kept for whoever tests it, and never heard by the run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

_MOST = 8


class Failures:
    def __init__(self) -> None:
        self.met: list[Exception] = []

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Swallow an exception."""
        try:
            yield
        except Exception as error:  # a rule that fails says nothing, and the learner's loop goes on
            if len(self.met) < _MOST:
                self.met.append(error)
