"""What a learner did in a step: runs of code, and answers to quizzes."""

from __future__ import annotations

from typing import Literal

from tui_torch.protocol.late_dataclass import dataclass

AttemptOutcome = Literal["ok", "failed", "interrupted", "died", "passed", "not passed", "set aside"]
"""How a run ended; or `set aside` for code that was replaced in the editor without being run."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One run of a step's code."""

    code: str
    kind: str
    """The step's kind: `example`, `quiz` or `exercise`."""
    outcome: AttemptOutcome
    at: int
    """UTC, in unix seconds."""
    failed: str | None = None
    """The name of the first check that it failed, or the class of the exception that it raised; None where that was not
    kept yet, which it is since version 6 of the file."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer to a quiz."""

    choice: int
    """0 is the lesson's first choice, as the lesson was then."""
    correct: bool
    at: int
    """UTC, in unix seconds."""
    text: str | None = None
    """What the choice said; None where that was not kept yet, which it is since version 2 of the file."""
