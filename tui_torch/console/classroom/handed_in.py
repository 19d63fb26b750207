"""The file that a learner hands in: what was tried and done in each step, and no code."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, cast

from tui_torch.course.lesson import Lesson
from tui_torch.tutor.progress.progress import Progress
from tui_torch.tutor.study_session import ARENA

FORMAT = "tui-torch progress"
VERSION = 1
LARGEST = 50_000_000
"""Maximum size of a file that is read, in bytes."""
LONGEST_NAME = 60
"""Maximum characters of a learner's name."""


class NotHandedInError(Exception):
    """A file is not what a learner hands in; the message says which, and what to do."""


@dataclass(frozen=True, slots=True)
class StepRun:
    """One run of a step's code."""

    at: int
    """UTC, in unix seconds."""
    outcome: str
    """As the progress file has it: `passed`, `not passed`, `ok`, `failed`, …"""
    failed: str | None
    """The first check that failed, or the class of the exception."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer to a quiz."""

    at: int
    choice: str
    """What the choice says."""
    correct: bool


@dataclass(frozen=True, slots=True)
class StepWork:
    """What was done in a step."""

    lesson: str
    """The lesson's key: its id, before which stand the name of another course and a colon; or `arena:` and a
    problem's."""
    step: str
    kind: str
    done: bool
    hints: int
    solution_seen: bool
    runs: tuple[StepRun, ...]
    replies: tuple[Reply, ...]

    @property
    def times(self) -> tuple[int, ...]:
        """When something was tried, in unix seconds."""
        return tuple(one.at for one in (*self.runs, *self.replies))


@dataclass(frozen=True, slots=True)
class HandedIn:
    """What a learner has done."""

    learner: str
    written_at: int
    """UTC, in unix seconds."""
    steps: tuple[StepWork, ...]


def work_of(learner: str, lessons: Iterable[tuple[str, Lesson]], progress: Progress) -> HandedIn:
    """What a learner has done in lessons, each given with its key in the progress file."""
    done = progress.all_done()
    return HandedIn(learner, int(time.time()), tuple(_steps(lessons, progress, done)))


def of_course(work: HandedIn, course: str) -> HandedIn:
    """What was done in the course of that name; in the tutor's own, which has none."""
    return replace(work, steps=tuple(step for step in work.steps if _course_of(step.lesson) == course))


def _course_of(key: str) -> str:
    course, mark, _ = key.removeprefix(ARENA).partition(":")
    return course if mark else ""


def _steps(
    lessons: Iterable[tuple[str, Lesson]], progress: Progress, done: Mapping[str, frozenset[str]]
) -> Iterator[StepWork]:
    for key, lesson in lessons:
        for step in lesson.steps:
            tried = progress.attempts(key, step.id)
            runs = tuple(StepRun(one.at, one.outcome, one.failed) for one in tried if one.outcome != "set aside")
            replies = tuple(
                Reply(one.at, one.text or f"choice {one.choice + 1}", one.correct)
                for one in progress.answers(key, step.id)
            )
            is_done = step.id in done.get(key, frozenset())
            if runs or replies or is_done:
                yield StepWork(
                    key,
                    step.id,
                    step.kind,
                    is_done,
                    progress.hints_shown(key, step.id),
                    progress.solution_seen(key, step.id),
                    runs,
                    replies,
                )


def written(work: HandedIn) -> str:
    """The text of the file."""
    return json.dumps({"format": FORMAT, "version": VERSION} | asdict(work), ensure_ascii=False, indent=1) + "\n"


def read(file: Path) -> HandedIn:
    """Read a file that was handed in. Raises NotHandedInError."""
    try:
        if file.stat().st_size > LARGEST:
            raise NotHandedInError(f"{file} has over {LARGEST // 1_000_000} MB, which no progress takes")
        content = json.loads(file.read_text("utf-8"))
    except OSError as error:
        raise NotHandedInError(f"{file} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise NotHandedInError(f"{file} is not JSON; learners write theirs by `tui-torch progress --export`") from None
    match content:
        case {"format": str(found), "version": int(version), **rest} if found == FORMAT:
            if version > VERSION:
                raise NotHandedInError(f"{file} is of version {version}; upgrade tui-torch to read it")
        case _:
            raise NotHandedInError(f"{file} is not what `tui-torch progress --export` writes")
    try:
        return _part(HandedIn, rest)
    except (TypeError, ValueError, KeyError) as error:
        raise NotHandedInError(f"{file} is damaged ({error}); have it written again") from None


_TYPES = {"str": str, "int": int, "bool": bool, "str | None": (str, type(None))}
_ITEMS = {"tuple[StepRun, ...]": StepRun, "tuple[Reply, ...]": Reply, "tuple[StepWork, ...]": StepWork}


def _part(cls: type[Any], value: Any) -> Any:
    if not isinstance(value, dict):
        raise TypeError(f"a {cls.__name__} is no mapping")
    given = cast("dict[str, Any]", value)
    found: dict[str, Any] = {}
    for field in fields(cls):
        if field.name not in given:
            raise KeyError(f"a {cls.__name__} has no {field.name}")
        one, kind = given[field.name], str(field.type)
        if kind in _ITEMS:
            if not isinstance(one, list):
                raise TypeError(f"{field.name} is no list")
            found[field.name] = tuple(_part(_ITEMS[kind], item) for item in cast("list[Any]", one))
        elif isinstance(one, _TYPES[kind]) and (kind == "bool" or not isinstance(one, bool)):
            found[field.name] = one
        else:
            raise TypeError(f"{field.name} is no {kind}")
    return cls(**found)
