"""How long right answers to problems take, how often they were tried, and when something was solved or practised."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from typing import Any

from tui_torch.tutor.progress.database import Statement

ENSURE_STEP = "INSERT INTO steps (lesson, step) VALUES (?, ?) ON CONFLICT DO NOTHING"


class AnswerTimes(ABC):
    """The part of the progress that is about times and counts; what holds the file writes and reads."""

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

    def run_counts(self) -> dict[tuple[str, str], int]:
        """How often code was run in each step, by lesson and step: practice of it is counted by its own key."""
        rows = self._read(
            "SELECT lesson, step, count(*) FROM attempts JOIN steps ON steps.id = step_id "
            "WHERE outcome != 'set aside' GROUP BY step_id"
        )
        return {(lesson, step): count for lesson, step, count in rows}

    def study_times(self) -> tuple[int, ...]:
        """When something was solved or practised, to a quarter of an hour, oldest first, in unix seconds.

        To solve is a right answer to an exercise or a quiz, to practise any answer in a round of practice. Whatever
        hour the clocks of a place are ahead by, a day there begins with a quarter.
        """
        rows = self._read(
            "SELECT DISTINCT at / 900 AS quarter FROM ("
            "SELECT attempts.at FROM attempts JOIN steps ON steps.id = step_id WHERE outcome = 'passed' "
            "OR (lesson LIKE 'practice:%' AND outcome IN ('not passed', 'failed')) "
            "UNION ALL SELECT answers.at FROM answers JOIN steps ON steps.id = step_id "
            "WHERE correct OR lesson LIKE 'practice:%') ORDER BY quarter"
        )
        return tuple(quarter * 900 for (quarter,) in rows)
