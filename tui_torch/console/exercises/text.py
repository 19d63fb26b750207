"""The text of an exercise's file: its task as a comment, the starter, and what has run before as a comment."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from tui_torch.console.exercises.chosen import ChosenExercise
from tui_torch.course.lesson import Exercise, Lesson
from tui_torch.formulas.found import with_formulas

_BEGIN = "# ---- your code, from here on "
_END = "# ---- what has run before your code "
_WIDTH = 80
"""Columns of the lines that stand before and behind the learner's code."""


def text_of(lesson: Lesson, step: Exercise) -> str:
    """What is written into the file of an exercise."""
    head = "".join(_commented(_head(lesson, step)))
    before = "\n".join(portion.code.strip("\n") + "\n" for portion in lesson.stands_on(step.id))
    tail = f"\n\n{_END:-<{_WIDTH}}\n" + "".join(_commented(before)) if before else ""
    return f"{head}{_BEGIN:-<{_WIDTH}}\n\n{step.starter.rstrip()}\n{tail}"


def code_in(text: str) -> str:
    """The learner's code in the text of a file: what stands between both comments, where they still stand.

    A comment that code stands behind, or that was changed, counts as the learner's own.
    """
    _, begin, after = text.partition(f"{_BEGIN:-<{_WIDTH}}\n")
    code = after if begin else text
    before, end, behind = code.rpartition(f"{_END:-<{_WIDTH}}\n")
    if end and all(line.startswith("#") or not line.strip() for line in behind.splitlines()):
        code = before
    return code.strip("\n") + "\n"


def is_begun(text: str, step: Exercise) -> bool:
    """Whether the code is another than the starter."""
    return code_in(text).strip() != step.starter.strip()


def write_missing(exercises: Iterable[ChosenExercise]) -> int:
    """Write the files that are not there, and return how many; those that are stay as they are. Raises OSError."""
    missing = [one for one in exercises if not one.file.exists()]
    for one in missing:
        one.file.parent.mkdir(parents=True, exist_ok=True)
        with one.file.open("x", encoding="utf-8", newline="\n") as written:
            written.write(text_of(one.lesson, one.step))
    return len(missing)


def _head(lesson: Lesson, step: Exercise) -> str:
    name = step.title or step.id.replace("-", " ").capitalize()
    title = lesson.title if len(lesson.steps) == 1 else f"{lesson.title}: {name}"
    lines = [title, "", *(with_formulas(line) for line in step.text.strip().splitlines()), "", "Checked:", ""]
    return "\n".join([*lines, *(f"- {name}" for name in step.named_checks)]) + "\n\n"


def _commented(text: str) -> Iterator[str]:
    for line in re.split(r"\r\n|[\r\n]", text.removesuffix("\n")):
        yield f"# {line}".rstrip() + "\n"
