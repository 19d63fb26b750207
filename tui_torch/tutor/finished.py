"""What there is to say of a lesson that is finished: what it leaves, how long it took, and what comes next."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tui_torch.course.lesson import Exercise
from tui_torch.course.lesson_error import LessonErrors
from tui_torch.protocol.late_dataclass import dataclass

if TYPE_CHECKING:
    from tui_torch.course.lesson import AnyStep, Lesson
    from tui_torch.tutor.tutor import Tutor

MOST_POINTS = 5
"""Maximum number of points of what a lesson taught."""

BREAK = 10 * 60
"""Seconds without a run or an answer after which the learner is taken to have been away."""

_LOOP = re.compile(r"^[ ]*(?:for|while)\b", re.MULTILINE)
_ITEM = re.compile(r"[-*+] +(.+)")


@dataclass(frozen=True, slots=True)
class FinishedLesson:
    """A lesson whose every step is done."""

    id: str
    title: str
    learned: tuple[str, ...]
    """What it taught, in Markdown, a paragraph each; at most MOST_POINTS."""
    steps: int
    """Number of its steps."""
    seconds: int
    """How long the learner was at it, without breaks: 0 if no two things were done within BREAK."""
    minutes: int
    """How many minutes the lesson takes, as its author says."""
    following: Lesson | None
    """The next lesson of the course; None after the last, where it cannot be read, and outside the course."""
    is_next_unreadable: bool
    """Whether there is a next lesson whose file cannot be read."""
    in_course: bool
    trains_in: str | None
    """The title of the last step whose code has a training loop; None if none has."""


def finished_lesson(tutor: Tutor) -> FinishedLesson | None:
    """What to say of the lesson that the learner is in; None if it is not finished, or it is no lesson."""
    if tutor.kind not in ("lesson", "file") or not all(tutor.marks):
        return None
    lesson = tutor.lesson
    following: Lesson | None = None
    is_next_unreadable = False
    try:
        following = tutor.following()
    except LessonErrors:
        is_next_unreadable = True
    return FinishedLesson(
        id=lesson.id,
        title=lesson.title,
        learned=learned(lesson),
        steps=len(lesson.steps),
        seconds=time_without_breaks(tutor.progress.times(tutor.key)),
        minutes=lesson.minutes,
        following=following,
        is_next_unreadable=is_next_unreadable,
        in_course=tutor.in_course,
        trains_in=next((step.title or step.id for step in reversed(lesson.steps) if trains(step)), None),
    )


def trains(step: AnyStep) -> bool:
    """Whether a step's code, of an exercise its solution, has a loop that calls `backward()`."""
    code = (step.solution if isinstance(step, Exercise) else step.code) or ""
    loop = _LOOP.search(code)
    return loop is not None and ".backward(" in code[loop.start() :]


def learned(lesson: Lesson) -> tuple[str, ...]:
    """What a lesson taught: the list in its last step, as lessons of the course end; else its summary and headings."""
    points = items_of(lesson.steps[-1].text or "")
    if len(points) < 2:
        points = (lesson.summary, *(step.title for step in lesson.steps if step.title))
    return points[:MOST_POINTS]


def items_of(markdown: str) -> tuple[str, ...]:
    """The items of the lists in a text, each as one line; what stands in them at a second level goes with them."""
    items: list[list[str]] = []
    is_in_item = is_in_code = False
    for line in markdown.splitlines():
        is_in_code ^= line.lstrip().startswith(("```", "~~~"))
        found = None if is_in_code else _ITEM.fullmatch(line.rstrip())
        if found is not None:
            items.append([found[1]])
            is_in_item = True
        elif is_in_item and not is_in_code and line.startswith("  ") and line.strip():
            items[-1].append(line.strip())
        else:
            is_in_item = False
    return tuple(" ".join(item) for item in items)


def time_without_breaks(times: Sequence[int]) -> int:
    """Seconds between the first and the last of some times, oldest first, without what is longer than BREAK."""
    gaps = (later - earlier for earlier, later in itertools.pairwise(times))
    return sum(gap for gap in gaps if gap <= BREAK)
