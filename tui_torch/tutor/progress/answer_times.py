"""How long right answers to problems take, in the progress file."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from typing import Any

from tui_torch.tutor.progress.database import Statement

ENSURE_STEP = "INSERT INTO steps (lesson, step) VALUES (?, ?) ON CONFLICT DO NOTHING"


class AnswerTimes(ABC):
    """The part of the progress that is about times; what holds the file writes and reads."""

    @abstractmethod
    def _write(self, *statements: Statement) -> None: ...

    @abstractmethod
    def _read(self, sql: str, parameters: tuple[object, ...] = ()) -> list[Any]: ...

    def record_time(self, lesson: str, step: str, seconds: float, reference: float) -> None:
        """Record how long a right answer takes, and the reference beside it, in seconds."""
        insert = "INSERT INTO times SELECT id, ?, ?, ? FROM steps WHERE lesson = ? AND step = ?"
        values = (seconds, reference, int(time.time()), lesson, step)
        self._write((ENSURE_STEP, (lesson, step)), (insert, values))

    def best_time(self, lesson: str, step: str) -> tuple[float, float] | None:
        """The shortest time of a right answer in seconds, and the reference's beside it; None without any."""
        of_step = "FROM times JOIN steps ON steps.id = step_id WHERE lesson = ? AND step = ?"
        rows = self._read(f"SELECT seconds, reference {of_step} ORDER BY seconds", (lesson, step))
        return next(((float(seconds), float(beside)) for seconds, beside in rows), None)
