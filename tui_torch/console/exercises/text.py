"""The text of an exercise's file: its task as a comment, one's code or the starter, and what has run before."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from tui_torch.course.lesson import Exercise, Lesson
from tui_torch.formulas.found import with_formulas
from tui_torch.tutor.exercise_files.exercise import ChosenExercise, title_of
from tui_torch.tutor.progress.own_code import BEGIN, END


def text_of(lesson: Lesson, step: Exercise, own: str | None = None) -> str:
    """What is written into the file of an exercise: with the learner's own code, or the starter where there is none."""
    head = "".join(_commented(_head(lesson, step)))
    before = "\n".join(portion.code.strip("\n") + "\n" for portion in lesson.stands_on(step.id))
    tail = f"\n\n{END}" + "".join(_commented(before)) if before else ""
    code = step.starter if own is None else own
    return f"{head}{BEGIN}\n{code.rstrip()}\n{tail}"


def write_missing(exercises: Iterable[ChosenExercise], own: Callable[[ChosenExercise], str | None]) -> int:
    """Write the files that are not there, and return how many; those that are stay as they are. Raises OSError.

    `own`: the learner's code of an exercise; None where there is none.
    """
    missing = [one for one in exercises if not one.file.exists()]
    for one in missing:
        one.file.parent.mkdir(parents=True, exist_ok=True)
        with one.file.open("x", encoding="utf-8", newline="\n") as written:
            written.write(text_of(one.lesson, one.step, own(one)))
    return len(missing)


def _head(lesson: Lesson, step: Exercise) -> str:
    lines = [
        title_of(lesson, step),
        "",
        *(with_formulas(line) for line in step.text.strip().splitlines()),
        "",
        "Checked:",
        "",
    ]
    return "\n".join([*lines, *(f"- {name}" for name in step.named_checks)]) + "\n\n"


def _commented(text: str) -> Iterator[str]:
    for line in re.split(r"\r\n|[\r\n]", text.removesuffix("\n")):
        yield f"# {line}".rstrip() + "\n"
