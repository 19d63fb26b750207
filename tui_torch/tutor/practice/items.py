"""What the learner has tried of the course and solved of the arena, how well it is remembered, and when it is due."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from statistics import median
from typing import Literal

from tui_torch.course.arena.problems import Arena
from tui_torch.course.naming import key_in
from tui_torch.course.outline import Outline
from tui_torch.protocol.late_dataclass import dataclass
from tui_torch.tutor.arena.solved import solved_problems
from tui_torch.tutor.practice.days import DAY, local_day
from tui_torch.tutor.progress.progress import Progress
from tui_torch.tutor.progress.reviews import CardState, Rating, Reviewed
from tui_torch.tutor.study_session import problem_key

ItemKind = Literal["exercise", "problem", "quiz"]
Group = Literal["due", "fading", "known"]

GROUPS: dict[Group, str] = {"due": "Due now", "fading": "Fading", "known": "Known"}
"""What each group is called, in their order."""

FADING = 0.93
"""Chance of still knowing it below which it is fading: in about the last third of the time until it is due."""

USUAL: dict[ItemKind, int] = {"exercise": 120, "quiz": 30}
"""Seconds that one takes a learner of whom nothing is known yet; a problem says itself how long it takes."""

ARENA_TITLE = "Arena"
"""What stands in place of a lesson's title where an item is a problem."""


@dataclass(frozen=True, slots=True)
class Item:
    """An exercise or a quiz that was tried, or a problem that was solved."""

    lesson: str
    """The id of its lesson; of a problem, `arena:` and its id."""
    step: str
    """Its id in the lesson."""
    kind: ItemKind
    title: str
    lesson_title: str
    state: CardState
    chance: float
    """The chance, from 0 to 1, that it is still known."""
    seconds: float
    """How long it takes the learner: as long as before, or as others of its kind; a problem, as its author says."""

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


def items(lessons: Iterable[Outline], arena: Arena, progress: Progress, now: int, course: str = "") -> list[Item]:
    """Every exercise and quiz of the lessons that was ever tried, in the order in which to ask for them.

    So is every problem of the arena that was solved; who is still at one needs no reminder. Of what is due, what was
    wrong comes first, then what is least likely to be known still; the rest follows by when it is due. What was not
    tried has not been taught, and is not among them.

    Args:
        now: In unix seconds.
        course: The name of the course that they are of; empty for the tutor's own.
    """
    reviewed = progress.all_reviewed()
    found = [*_tried(lessons, reviewed, course), *_solved(arena, progress, reviewed)]
    if not found:
        return []
    # FSRS takes longer to import than all that is read here.
    from tui_torch.tutor.practice.schedule import chance

    states = _states({one.key: one.reviewed for one in found}, progress)
    usual = {kind: _usual(kind, found) for kind in USUAL}
    made = [
        Item(
            *one.name,
            kind=one.kind,
            title=one.title,
            lesson_title=one.lesson_title,
            state=states[one.key],
            chance=chance(states[one.key], now),
            seconds=one.minutes * 60 or one.reviewed.seconds or usual[one.kind],
        )
        for one in found
        if one.key in states
    ]
    return sorted(made, key=lambda item: _order(item, now))


def _order(item: Item, now: int) -> tuple[float, ...]:
    due = item.state.due
    return (1, due) if due > now else (0, not item.was_wrong, item.chance, due)


@dataclass(frozen=True, slots=True)
class _Candidate:
    """What was tried or solved, and what its reviews say as a whole."""

    name: tuple[str, str]
    """As `Item` has it."""
    key: tuple[str, str]
    """The key under which progress keeps the work on its lesson, and the id of the step."""
    kind: ItemKind
    title: str
    lesson_title: str
    reviewed: Reviewed
    minutes: int = 0
    """How long it takes, as its author says; 0 for a step of a lesson, of which no author says it."""


def _tried(lessons: Iterable[Outline], reviewed: dict[tuple[str, str], Reviewed], course: str) -> Iterator[_Candidate]:
    for lesson in lessons:
        for step, title in zip(lesson.steps, lesson.titles, strict=True):
            name, key = (lesson.id, step), (key_in(course, lesson.id), step)
            is_exercise = step in lesson.exercises
            if key in reviewed and (is_exercise or step in lesson.quizzes):
                kind = "exercise" if is_exercise else "quiz"
                yield _Candidate(name, key, kind, title, lesson.title, reviewed[key])


def _solved(arena: Arena, progress: Progress, reviewed: dict[tuple[str, str], Reviewed]) -> Iterator[_Candidate]:
    for problem in solved_problems(arena, progress):
        step = problem.steps[0].id
        name, key = (problem_key(problem.id), step), (problem_key(problem.id, arena.course), step)
        if key in reviewed:
            yield _Candidate(name, key, "problem", problem.title, ARENA_TITLE, reviewed[key], problem.minutes)


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


def _usual(kind: ItemKind, found: Iterable[_Candidate]) -> float:
    """How long something of that kind takes the learner, in the middle of those that have been timed."""
    own = [one.reviewed.seconds for one in found if one.kind == kind and one.reviewed.seconds is not None]
    return median(own) if own else USUAL[kind]


def when(due: int, now: int) -> str:
    """When something is due, in words: `now`, `in 10 minutes`, `tomorrow`, `in 3 weeks`, `2 days late`."""
    if due <= now:
        late = (now - due) // DAY
        return "now" if late == 0 else f"{_length(late)} late"
    if due - now < 3600:
        return f"in {_counted(-((now - due) // 60), 'minute')}"
    days = local_day(due) - local_day(now)
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
