"""Draws the step that the tutor is at: its page with the hints that were asked for, its code, its title."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tui_torch.course.lesson import SETUP, AnyStep, Example, Exercise, Lesson, Quiz
from tui_torch.course.lesson_error import LessonErrors
from tui_torch.drawing.text.visible import visible
from tui_torch.kernel.session import KernelState
from tui_torch.ui.inspector.legend import AFTER_OTHERS, EMPTY, NO_CODE, UNANSWERED
from tui_torch.ui.keys.bound import BoundKeys, keys_of
from tui_torch.ui.lesson.output.left_steps import LeftSteps

if TYPE_CHECKING:
    from tui_torch.drawing.charts.run_history import RunHistory
    from tui_torch.protocol.events import Inspection
    from tui_torch.tutor.study_session import Card
    from tui_torch.tutor.tutor import Tutor
    from tui_torch.ui.lesson.panes import LessonPanes
    from tui_torch.ui.screens.finished import FinishedScreen

UNREADABLE = "The next lesson cannot be read: `tui-torch check` says why."


class StepView:
    """Shows the tutor's current step on the panes."""

    def __init__(self, tutor: Tutor, panes: LessonPanes) -> None:
        self._tutor = tutor
        self._panes = panes
        self.shows_solution = False
        """Whether the page ends in the exercise's solution."""
        self.left_steps = LeftSteps(tutor, panes.output, panes.inspector, panes.loss_chart)
        self._key = tutor.key
        """The key under which progress keeps the step on the panes."""
        self._left_training: tuple[str, RunHistory] | None = None
        """The runs of the step that trained last and was left, and its key."""

    def classes(self) -> dict[str, bool]:
        """The classes of the screen that say which panes this step has."""
        step = self._tutor.step
        return {
            "-quiz": isinstance(step, Quiz),
            "-exercise": isinstance(step, Exercise),
            "-fit": not isinstance(step, Quiz) and step.plot is not None and step.plot.is_drawn,
            "-settled": isinstance(step, Quiz) and step.code is not None and self._tutor.answered is not None,
        }

    def clear(self) -> None:
        """Take everything of the step before from the panes, and put this step's code, choices or checks there.

        What its last run left is put there, too, if this step was left a short while ago.
        """
        tutor, panes, step = self._tutor, self._panes, self._tutor.step
        self.shows_solution = False
        if panes.loss_chart.has_loop:
            self._left_training = self._key, panes.loss_chart.runs
        self._key = tutor.key
        panes.say("")
        panes.status.loss = panes.status.threads = ""
        panes.editor.load(tutor.code)
        self.mark_cells()
        has_run = self.left_steps.change(invitation(tutor.lesson, step, answered=tutor.answered is not None))
        panes.fit_chart.begin(None if isinstance(step, Quiz) or (step.plot and not step.plot.is_drawn) else step.plot)
        panes.title.fresh = frozenset()
        if isinstance(step, Quiz):
            panes.quiz.show(step, tutor.answered, tutor.choice_order)
        elif isinstance(step, Exercise):
            if not has_run:
                panes.output.show_checks(step.named_checks)
            if tutor.code == step.starter:
                panes.editor.bring_into_sight(first_change(step.starter, step.solution))

    @property
    def last_training(self) -> RunHistory | None:
        """The runs of the step that trained last in this lesson; None if none did since the app was started."""
        if self._panes.loss_chart.has_loop:
            return self._panes.loss_chart.runs
        key, runs = self._left_training or ("", None)
        return runs if key == self._tutor.key else None

    async def finished_card(self) -> FinishedScreen | None:
        """The card that the lesson ends in, with what the learner trained, or a graph; None if it is not finished."""
        from tui_torch.tutor.finished import finished_lesson

        finished = finished_lesson(self._tutor)
        if finished is None:
            return None
        from tui_torch.ui.screens.finished import GRAPH_BOXES, FinishedScreen

        training, graph = self.last_training, None
        name = graphed(self._panes.inspector.inspection)
        # While code runs, the kernel answers nobody.
        if training is None and name is not None and self._tutor.kernel.state is KernelState.READY:
            graph = await self._tutor.graph(name, (), GRAPH_BOXES)
        return FinishedScreen(finished, training, graph, ascii_only=self._panes.ascii_only)

    def mark_cells(self) -> None:
        """Say beside the cells of the playground what has run of them, and what no longer holds."""
        if self._tutor.kind == "playground":
            editor = self._panes.editor
            editor.say_beside(self._tutor.playground.heads(editor.text))

    async def show_page(self, *, newest: int = 0, line: int = 0) -> None:
        """Draw the page from its top, or with its last `newest` blocks in sight, and that line of the last of them."""
        # A quiz's question is the last of its page, unless the lesson ends with it.
        asks = isinstance(self._tutor.step, Quiz) and not self._after()
        await self._panes.text.show(self.page(), newest=newest or int(asks), keep=asks, line=line)

    def page(self) -> str:
        """The step as Markdown, with the hints and the solution that were asked for."""
        tutor = self._tutor
        solution = tutor.solution() if self.shows_solution else None
        page = page_of(tutor.step, tutor.hints, solution, before=self._before(), after=self._after())
        # Lessons are their authors' text, in which braces are code; this one is the tutor's own.
        return self._keys.spelled_out(page) if tutor.kind == "playground" else page

    @property
    def _keys(self) -> BoundKeys:
        return keys_of(self._panes.title.app)

    def refresh_title(self) -> None:
        """Show in the title bar which lesson this is, and which of its steps are done."""
        tutor, title = self._tutor, self._panes.title
        title.lesson = visible(tutor.title, self._panes.ascii_only)
        match tutor.kind:
            case "lesson":
                title.track = visible(tutor.course.track_of(tutor.lesson.id).title, self._panes.ascii_only)
            case "file":
                title.track = "Your file"
            case "problem":
                title.track = "Arena"
            case "practice" | "playground":
                title.track = ""
        title.steps = tuple("done" if done else "open" for done in tutor.marks)
        title.current = tutor.at

    def _before(self) -> str:
        """What stands above a step: on the first, what the lesson is about; in practice, where the step is from."""
        lesson = self._tutor.lesson
        match self._tutor.kind:
            case "practice":
                return f"*{_origin(self._tutor.card)}.*\n\n{code_before(lesson, self._tutor.step)}"
            case "problem":
                return f"*{_said_of_problem(lesson)}*"
            case "lesson" | "file" if self._tutor.at == 0:
                return about(lesson)
            case _:
                return ""

    def _after(self) -> str:
        """What stands below the last step: what to read, and where to go."""
        tutor = self._tutor
        if not tutor.is_last:
            return ""
        match tutor.kind:
            case "playground":
                return ""
            case "practice":
                # The question of a quiz stays in sight, below the code that it is about.
                return "" if isinstance(tutor.step, Quiz) else "The last of this round."
            case "problem":
                return f"`{self._keys.plain('next')}` lists the problems."
            case _:
                try:
                    following = tutor.following()
                except LessonErrors:
                    return "\n\n".join(filter(None, (further(tutor.lesson), UNREADABLE)))
                return ending(tutor.lesson, following, self._keys.plain("next"), in_course=tutor.in_course)


def _said_of_problem(problem: Lesson) -> str:
    return f"{problem.difficulty}, about {problem.minutes} minutes: {', '.join(problem.tags)}"


def _origin(card: Card) -> str:
    """Where a card of a round of practice is from."""
    lesson = card.lesson
    return f"From the arena: {_said_of_problem(lesson)}" if card.is_of_arena else f"From {lesson.title}"


def invitation(lesson: Lesson, step: AnyStep, *, answered: bool) -> str:
    """What the tensors pane says before any code of a step has run."""
    match step:
        case Quiz(code=None):
            return NO_CODE
        case Quiz() if not answered:
            return UNANSWERED
        case _:
            goes_on = any(portion.step != SETUP for portion in lesson.stands_on(step.id))
            return AFTER_OTHERS if goes_on else EMPTY


def graphed(inspection: Inspection) -> str | None:
    """The name of a value whose graph is worth a look: of a scalar that was computed; None if there is none."""
    summaries = (*inspection.variables, *inspection.pinned)
    computed = [summary.name for summary in summaries if summary.grad_fn is not None and summary.shape == ()]
    return "loss" if "loss" in computed else next(iter(computed), None)


def first_change(starter: str, solution: str) -> int:
    """The first line of a starter, 0 for the first, that the solution has otherwise; 0 if there is none."""
    given, wanted = starter.rstrip().splitlines(), solution.rstrip().splitlines()
    end = min(len(given), len(wanted)) if len(given) != len(wanted) else 0
    return next((at for at, pair in enumerate(zip(given, wanted, strict=False)) if pair[0] != pair[1]), end)


def page_of(
    step: AnyStep,
    hints: Sequence[str] = (),
    solution: str | None = None,
    *,
    before: str = "",
    after: str = "",
) -> str:
    """A step as Markdown, its hints and its solution below. `before` stands under its title, `after` at its end."""
    parts = [f"## {step.title}"] if step.title else []
    parts.append(before)
    match step:
        case Example() | Exercise():
            parts.append(step.text)
        case Quiz():
            parts += [step.text] if step.text else []
            parts.append(f"**{step.question.strip()}**" if "`" not in step.question else step.question)
    parts.append(after)
    # What was asked for stands last, where the page is scrolled to.
    parts += [f"**Hint {number}.** {hint}" for number, hint in enumerate(hints, start=1)]
    if solution is not None:
        parts.append(f"**The solution**\n\n```python\n{solution.rstrip()}\n```")
    return "\n\n".join(part.strip() for part in parts if part)


def code_before(lesson: Lesson, step: AnyStep) -> str:
    """The code that a quiz is asked about where its lesson is not in sight: that of the example before it."""
    if not isinstance(step, Quiz):
        return ""
    before = itertools.takewhile(lambda one: one.id != step.id, lesson.steps)
    examples = [one for one in before if isinstance(one, Example)]
    return f"The code before it:\n\n```python\n{examples[-1].code.rstrip()}\n```" if examples else ""


def about(lesson: Lesson) -> str:
    """What stands above a lesson's first step."""
    if lesson.difficulty is not None:
        return f"*{lesson.summary}* It is {_said_of_problem(lesson)}."
    return f"*{lesson.summary}* About {lesson.minutes} minutes."


def ending(lesson: Lesson, following: Lesson | None, key: str, *, in_course: bool) -> str:
    """What stands below a lesson's last step: what to read, and where to go, by which key."""
    end = "That was the last lesson of the course." if in_course else "That was the last step."
    going_on = f"Next: **{following.title}** (`{key}`)." if following else end
    return "\n\n".join(filter(None, (further(lesson), going_on)))


def further(lesson: Lesson) -> str:
    """What to read next, as a list of links; empty where the lesson names nothing."""
    links = "\n".join(f"- {link.title}: {link.url}" for link in lesson.further)
    return f"### To read next\n\n{links}" if links else ""
