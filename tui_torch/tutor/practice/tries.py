"""Keeps what each try says of how well the current exercise or quiz is remembered, and how long it took."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tui_torch.course.lesson import Quiz
from tui_torch.tutor.study_session import PRACTICE, item_of

if TYPE_CHECKING:
    from tui_torch.tutor.progress.progress import Progress
    from tui_torch.tutor.study_session import Card

AWAY = 600
"""Seconds without a try after which the learner is taken to have been away, so that the time is unknown."""


class Tries:
    """Counts the tries at cards up to the right one: whoever plays with what is solved is not being asked."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._since = time.monotonic()

    def shown(self) -> None:
        """A card is shown from now on."""
        self._since = time.monotonic()

    def record(self, card: Card, *, right: bool) -> None:
        """Keep a try at a card that was not solved before it: in its lesson, or in this round of practice."""
        from tui_torch.tutor.progress.reviews import Tried

        now = time.monotonic()
        took, self._since = now - self._since, now
        progress, step = self._progress, card.step
        tried = Tried(
            at=int(time.time()),
            right=right,
            is_quiz=isinstance(step, Quiz),
            hints=progress.hints_shown(card.key, step.id) > 0,
            solution=progress.solution_seen(card.key, step.id),
            in_round=card.key.startswith(PRACTICE),
            seconds=None if took > AWAY else round(took),
        )
        progress.record_review(item_of(card.key), step.id, tried)
