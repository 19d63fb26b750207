"""What the learner has tried of the course, how well each of it is remembered, and when it is due, in words."""

from __future__ import annotations

import time
from collections.abc import Iterable
from statistics import median
from typing import Literal

from tui_torch.course.outline import Outline
from tui_torch.protocol.late_dataclass import dataclass
from tui_torch.tutor.progress.progress import Progress
from tui_torch.tutor.progress.reviews import CardState, Rating, Reviewed

ItemKind = Literal["exercise", "quiz"]
Group = Literal["due", "fading", "known"]

GROUPS: dict[Group, str] = {"due": "Due now", "fading": "Fading", "known": "Known"}
"""What each group is called, in their order."""

FADING = 0.93
"""Chance of still knowing it below which it is fading: in about the last third of the time until it is due."""

USUAL: dict[ItemKind, int] = {"exercise": 120, "quiz": 30}
"""Seconds that one takes a learner of whom nothing is known yet."""

DAY = 86_400
"""Seconds."""


@dataclass(frozen=True, slots=True)
class Item:
    """An exercise or a quiz that was tried."""

    lesson: str
    """The id of its lesson."""
    step: str
    """Its id in the lesson."""
    kind: ItemKind
    title: str
    lesson_title: str
    state: CardState
    chance: float
    """The chance, from 0 to 1, that it is still known."""
    seconds: float
    """How long it takes the learner: as long as before, or as others of its kind."""

    @property
    def name(self) -> tuple[str, str]:
        """The ids of its lesson and step."""
        return self.lesson, self.step

    @property
    def was_wrong(self) -> bool:
        """Whether it was wrong the last time, or needed its solution."""
        return self.state.rating is Rating.AGAIN

    def group(self, now: int) -> Group:
        """Where it is listed at `now` (unix seconds)."""
        if self.state.due <= now:
            return "due"
        return "fading" if self.was_wrong or self.chance < FADING else "known"


def now() -> int:
    """The current time, in unix seconds."""
    return int(time.time())


def items(lessons: Iterable[Outline], progress: Progress, now: int) -> list[Item]:
    """Every exercise and quiz of the lessons that was ever tried, in the order in which to ask for them.

    Of what is due, what was wrong comes first, then what is least likely to be known still; the rest follows by when it
    is due. What was not tried has not been taught, and is not among them.
    """
    found = _tried(lessons, progress.all_reviewed())
    if not found:
        return []
    # FSRS takes longer to import than all that is read here.
    from tui_torch.tutor.practice.schedule import chance

    states = _states({name: reviewed for name, *_, reviewed in found}, progress)
    usual = {kind: _usual(kind, found) for kind in USUAL}
    made = [
        Item(
            *name,
            kind=kind,
            title=title,
            lesson_title=lesson.title,
            state=states[name],
            chance=chance(states[name], now),
            seconds=reviewed.seconds or usual[kind],
        )
        for name, kind, title, lesson, reviewed in found
        if name in states
    ]
    return sorted(made, key=lambda item: _order(item, now))


def _order(item: Item, now: int) -> tuple[float, ...]:
    due = item.state.due
    return (1, due) if due > now else (0, not item.was_wrong, item.chance, due)


_Tried = tuple[tuple[str, str], ItemKind, str, Outline, Reviewed]


def _tried(lessons: Iterable[Outline], reviewed: dict[tuple[str, str], Reviewed]) -> list[_Tried]:
    found: list[_Tried] = []
    for lesson in lessons:
        for step, title in zip(lesson.steps, lesson.titles, strict=True):
            name = lesson.id, step
            is_exercise = step in lesson.exercises
            if name in reviewed and (is_exercise or step in lesson.quizzes):
                found.append((name, "exercise" if is_exercise else "quiz", title, lesson, reviewed[name]))
    return found


def _states(reviewed: dict[tuple[str, str], Reviewed], progress: Progress) -> dict[tuple[str, str], CardState]:
    """The state of each, as it is kept, or computed where there were reviews since then."""
    from tui_torch.tutor.practice.schedule import state_after

    kept = progress.all_cards()
    computed: dict[tuple[str, str], CardState] = {}
    for name, last in reviewed.items():
        known = kept.get(name)
        if known is None or (known.reviews, known.reviewed_at, known.rating) != (last.reviews, last.at, last.rating):
            reviews = progress.reviews(*name)
            if reviews:  # which another window may have forgotten meanwhile
                computed[name] = state_after(reviews)
    if computed:
        progress.keep_cards(computed)
    return kept | computed


def _usual(kind: ItemKind, found: Iterable[_Tried]) -> float:
    """How long something of that kind takes the learner, in the middle of those that have been timed."""
    own = [last.seconds for _, of_kind, *_, last in found if of_kind == kind and last.seconds is not None]
    return median(own) if own else USUAL[kind]


def when(due: int, now: int) -> str:
    """When something is due, in words: `now`, `in 10 minutes`, `tomorrow`, `in 3 weeks`, `2 days late`."""
    if due <= now:
        late = (now - due) // DAY
        return "now" if late == 0 else f"{_length(late)} late"
    if due - now < 3600:
        return f"in {_counted(-((now - due) // 60), 'minute')}"
    days = _day(due) - _day(now)
    match days:
        case 0:
            return "today"
        case 1:
            return "tomorrow"
        case _:
            return f"in {_length(days)}"


def _length(days: int) -> str:
    if days < 14:
        return _counted(days, "day")
    if days < 60:
        return _counted(round(days / 7), "week")
    return "a year" if days > 350 else _counted(round(days / 30.4), "month")


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _day(at: int) -> int:
    """The number of the day by the clock on the wall."""
    local = time.localtime(at)
    return (at + local.tm_gmtoff) // DAY
