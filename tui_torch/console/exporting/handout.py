"""What a handout holds: a lesson's texts and code, with one's own work, the solutions, or nothing filled in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from tui_torch.course.lesson import SETUP, Check, Example, Exercise, Lesson, Quiz, may_raise
from tui_torch.course.step_run import run_of
from tui_torch.protocol.grading.asked import GradedBy
from tui_torch.tutor.progress.own_code import right_code
from tui_torch.tutor.progress.progress import Progress
from tui_torch.tutor.progress.work import Answer

Filling = Literal["mine", "solutions", "nothing"]
"""What stands where the learner writes: their own code, the lesson's, or what it begins with."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A text, in Markdown."""

    markdown: str


@dataclass(frozen=True, slots=True)
class HeldProblem:
    """What the answer to a problem is held to."""

    exercise: Exercise
    by: GradedBy


@dataclass(frozen=True, slots=True)
class Listing:
    """Code that runs after all listings before it."""

    name: str
    """The id of its step, or `setup`."""
    code: str
    raises: bool = False
    """Whether it ends in an exception, as the lesson says."""
    checks: tuple[Check, ...] = ()
    """What the code of an exercise has to do."""
    problem: HeldProblem | None = None
    """What the answer to a problem of the arena is held to, besides that."""


@dataclass(frozen=True, slots=True)
class Handout:
    """A lesson or a problem to hand out."""

    id: str
    title: str
    parts: tuple[Passage | Listing, ...]

    @property
    def is_problem(self) -> bool:
        """Whether an answer is held to what a problem asks."""
        return any(isinstance(part, Listing) and part.problem is not None for part in self.parts)


def handout_of(lesson: Lesson, filling: Filling, progress: Progress, key: str) -> Handout:
    """The handout of a lesson.

    Args:
        lesson: Whose texts and code it has.
        filling: What stands where the learner writes.
        progress: Where one's own work is.
        key: The key of the lesson there.
    """
    return Handout(lesson.id, lesson.title, tuple(_parts(lesson, filling, progress, key)))


def _parts(lesson: Lesson, filling: Filling, progress: Progress, key: str) -> Iterator[Passage | Listing]:
    yield Passage(f"# {lesson.title}\n\n{lesson.summary.strip()}{_about_problem(lesson)}")
    if lesson.setup:
        yield Listing(SETUP, lesson.setup.rstrip("\n"))
    for step in lesson.steps:
        draft = progress.draft(key, step.id) if filling == "mine" else None
        match step:
            case Example():
                yield Passage(_headed(step.title, step.text))
                code = step.code if draft is None else draft
                yield Listing(step.id, code.rstrip("\n"), raises=may_raise(step.expect))
            case Exercise():
                problem = _problem(lesson, step)
                checked = f"\n\nChecked:\n\n{_listed(step.named_checks)}" if problem is not None else ""
                yield Passage(_headed(step.title or step.id, step.text) + checked)
                # What was typed over an answer that passed does not take its place.
                mine = (right_code(progress, key, step.id) or draft) if filling == "mine" else None
                given = step.solution if filling == "solutions" else step.starter if mine is None else mine
                yield Listing(step.id, given.rstrip("\n"), checks=_by_themselves(step), problem=problem)
            case Quiz():
                yield Passage(_asked(step, filling, progress.last_answer(key, step.id)))
                if step.code is not None:
                    code = step.code if draft is None else draft
                    yield Listing(step.id, code.rstrip("\n"), raises=may_raise(step.expect))
    links = [f"- [{link.title}]({link.url})" for link in (*lesson.further, *lesson.sources)]
    if links:
        yield Passage("## To read on\n\n" + "\n".join(links))


def _by_themselves(step: Exercise) -> tuple[Check, ...]:
    """The checks of an exercise, of which those with code bring along what its `reference` makes."""
    if step.reference is None:
        return step.checks
    return tuple(
        replace(check, code=f"{step.reference.rstrip()}\n{check.code}") if check.code else check
        for check in step.checks
    )


def _about_problem(lesson: Lesson) -> str:
    if lesson.difficulty is None:
        return ""
    return f"\n\n*{lesson.difficulty}, about {lesson.minutes} minutes: {', '.join(lesson.tags)}*"


def _problem(lesson: Lesson, step: Exercise) -> HeldProblem | None:
    by = run_of(lesson, step, step.solution).graded_by
    return HeldProblem(step, by) if by is not None and lesson.difficulty is not None else None


def _listed(names: Iterable[str]) -> str:
    return "\n".join(f"- {name}" for name in names)


def _headed(title: str, text: str) -> str:
    return f"## {title}\n\n{text.strip()}"


def _asked(quiz: Quiz, filling: Filling, answer: Answer | None) -> str:
    lines = [f"## {quiz.title or quiz.id.replace('-', ' ').capitalize()}"]
    if quiz.text:
        lines.append(quiz.text.strip())
    lines.append(quiz.question.strip())
    lines.append("\n".join(f"{number}. {choice.text}" for number, choice in enumerate(quiz.choices, start=1)))
    right = next(number for number, choice in enumerate(quiz.choices) if choice.correct)
    if filling == "solutions":
        lines.append(f"**{right + 1}** is right. {quiz.choices[right].because.strip()}")
    elif filling == "mine" and answer is not None and answer.choice < len(quiz.choices):
        chosen = quiz.choices[answer.choice]
        verdict = "right" if answer.correct else "wrong"
        lines.append(f"You chose **{answer.choice + 1}**, which is {verdict}. {chosen.because.strip()}")
    return "\n\n".join(lines)
