"""The course as a learner plays it: every lesson in the real app, with a real kernel, by keys, to its card."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from itertools import pairwise
from pathlib import Path

import pytest
import pytest_asyncio
from textual import events
from textual.pilot import Pilot

from tests.courses import course_in
from tests.spread import marks
from tests.ui.conftest import editor_of, lines, seen, shows, until
from tui_torch.course.expected import expected_here
from tui_torch.course.lesson import AnyStep, Example, Exercise, Quiz
from tui_torch.kernel.session import KernelSession, KernelState
from tui_torch.kernel.zygote import Zygote
from tui_torch.tutor.progress.progress import Progress
from tui_torch.tutor.tutor import Tutor
from tui_torch.ui.app import TutorApp
from tui_torch.ui.screens.finished import FinishedScreen

COURSE = course_in()
IDS = [lesson.id for lesson in COURSE.lessons]
IN_SUITE = "gradients"
"""All others are played with `-m slow`: one with `-m slow -k small-gpt`."""
LONGEST = 240.0
"""Seconds that one step may take on a machine whose cores do something else, too."""
WIDE = (120, 40)


# Each run begins with an empty namespace, so that lessons can share a kernel.
pytestmark = pytest.mark.asyncio(loop_scope="module")

LESSONS = [
    pytest.param(name, marks=[pytest.mark.xdist_group("lessons by keys"), *marks(name, {*IDS} - {IN_SUITE})])
    for name in IDS
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def kernel(zygote: Zygote) -> AsyncIterator[KernelSession]:
    session = KernelSession(zygote=zygote)
    await session.start()
    await session.ready()
    yield session
    await session.close()


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kernel: KernelSession) -> Iterator[TutorApp]:
    monkeypatch.setenv("TUI_TORCH_HOME", str(tmp_path))
    with Progress.open(tmp_path / "progress.db") as progress:
        yield TutorApp(Tutor(COURSE, progress, kernel))


async def play(pilot: Pilot[None], app: TutorApp) -> None:
    """Do what the current step is there for, and wait until the run is over and shown."""
    screen, step = app.lesson_screen, app.tutor.step
    match step:
        case Example():
            await pilot.press("f5")
        case Quiz():
            right = next(number for number, at in enumerate(app.tutor.choice_order, 1) if step.choices[at].correct)
            await pilot.press(str(right))
        case Exercise():
            editor = editor_of(app)
            await pilot.press("e", "f7")
            editor.post_message(events.Paste(step.solution))
            await until(pilot, lambda: editor.text == step.solution)
            await pilot.press("f5", "escape")

    def is_over() -> bool:
        is_at_rest = screen.run.in_progress is None and app.tutor.kernel.state is KernelState.READY
        return is_at_rest and bool(app.tutor.progress.attempts(app.tutor.key, step.id) or step_code(step) is None)

    await until(pilot, is_over, within=LONGEST)


def step_code(step: AnyStep) -> str | None:
    """What runs in a step, if anything does."""
    return step.solution if isinstance(step, Exercise) else step.code


def verdict(step: AnyStep) -> tuple[str, ...]:
    """What the status line says of a step that did what its lesson says."""
    raises = expected_here(step.expect)[0].raises is not None
    ran = () if step_code(step) is None else ("It raised an error in line",) if raises else ("Ran in",)
    match step:
        case Example():
            return ran
        case Quiz():
            return ("Right: n goes on.", *ran)
        case Exercise():
            return ("Solved: ",)


def pieces(step: AnyStep) -> list[str]:
    """The lines, or the parts of them, that a step is to print, without blanks: the screen may wrap them."""
    wanted = expected_here(step.expect)[0].output or ""
    found = ("".join(piece.split()) for line in wanted.splitlines() for piece in line.split("..."))
    return [piece for piece in found if piece]


def in_output(app: TutorApp) -> str:
    """What a person reads of the output, without blanks."""
    place = app.lesson_screen.panes.output.view.region
    rows = lines(app)[place.y : place.bottom]
    return "".join("".join(row[place.x : place.right].split()) for row in rows)


def assert_is_shown(app: TutorApp) -> None:
    """The screen says what the lesson says of its step: the verdict, the output and what is plotted."""
    step, panes = app.tutor.step, app.lesson_screen.panes
    expect, _ = expected_here(step.expect)
    said = lines(app)[-2]
    for words in verdict(step):
        assert words in said, f"{step.id}: {words!r} is not in {said!r}\n{seen(app)}"
    assert step.id in app.tutor.done
    printed = panes.output.shown()
    if expect.raises is not None:
        assert expect.raises in printed, printed
    assert "✗" not in printed, printed
    wanted, at = pieces(step), 0
    whole = "".join(printed.split())
    for piece in wanted:
        at = whole.find(piece, at)
        assert at >= 0, f"{step.id}: {piece!r} was not printed\n{printed}"
        at += len(piece)
    # An error is shown from its first line: what was printed before it may be above.
    wanted = wanted if expect.raises is None else [expect.raises]
    in_sight = in_output(app)
    assert not wanted or any(piece in in_sight for piece in wanted), f"{step.id}: {wanted} out of sight\n{seen(app)}"
    if not isinstance(step, Quiz) and step.plot is not None and step.plot.text is None:
        assert panes.fit_chart.display and "Run the code: the points" not in seen(app), f"{step.id}\n{seen(app)}"


@pytest.mark.parametrize("lesson_id", LESSONS)
async def test_a_lesson_is_played_by_keys_from_its_first_step_to_its_card(app: TutorApp, lesson_id: str) -> None:
    lesson = COURSE.lesson(lesson_id)
    app.tutor.open(lesson)
    async with app.run_test(size=WIDE) as pilot:
        await shows(pilot, lesson.title[:20])
        for step, following in pairwise((*lesson.steps, None)):
            assert app.tutor.step is step
            await play(pilot, app)
            await pilot.pause()
            assert_is_shown(app)
            await pilot.press("n")
            await until(pilot, lambda following=following: following is None or app.tutor.step is following)
        await until(pilot, lambda: isinstance(app.screen, FinishedScreen))
        following = COURSE.following(lesson_id)
        title = COURSE.lesson(following).title if following is not None else ""
        is_next = f"Next: {title[:20]}" if title else "That was the last lesson of the course."
        await shows(pilot, f"Finished: {lesson.title[:20]}", f"{len(lesson.steps)} steps, ", is_next)
