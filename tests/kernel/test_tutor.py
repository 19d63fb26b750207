"""A learner's way through a course, with a real kernel and a real progress file."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.courses import course_in, hash_of
from tests.ui.recorded import COURSE
from tui_torch.course.lesson import Exercise
from tui_torch.course.library import lessons_folder
from tui_torch.course.loader import load_file
from tui_torch.kernel.session import KernelSession
from tui_torch.protocol.events import Event, Failed, Finished, Graded, Output, Started
from tui_torch.tutor.progress.progress import Progress
from tui_torch.tutor.progress.reviews import Rating
from tui_torch.tutor.trust import UntrustedError
from tui_torch.tutor.tutor import Tutor

pytestmark = pytest.mark.xdist_group("kernel")

in_the_kernels_loop = pytest.mark.asyncio(loop_scope="module")

SHAPES = """\
schema: 1
id: shapes
title: Shapes that do not fit
summary: What PyTorch says of them.
minutes: 1
setup: |
  import torch
steps:
  - id: no-fit
    kind: example
    title: Two and three
    text: A vector of 2 has no product with one of 3.
    code: |
      torch.ones(2) @ torch.ones(3)
    expect: {raises: RuntimeError}
"""
DOUBLED = "w = torch.tensor(3., requires_grad=True)\ny = w * 2\ny.backward()\n"
"""The mistake of `a-square` that its lesson knows."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "progress.db"


@pytest.fixture
def progress(path: Path) -> Iterator[Progress]:
    with Progress.open(path) as progress:
        yield progress


@pytest.fixture
def tutor(kernel: KernelSession, progress: Progress) -> Tutor:
    return Tutor(course_in(COURSE), progress, kernel)


@pytest.fixture
def shapes(tmp_path: Path) -> Path:
    file = tmp_path / "shapes.yaml"
    file.write_text(SHAPES, "utf-8")
    return file


def rewrite(file: Path, old: str, new: str) -> None:
    file.write_text(file.read_text("utf-8").replace(old, new), "utf-8")


def go(tutor: Tutor, step_id: str, lesson_id: str = "gradients") -> None:
    tutor.open(tutor.course.lesson(lesson_id), step_id)


def place(tutor: Tutor) -> tuple[str, str]:
    return tutor.lesson.id, tutor.step.id


def later(tutor: Tutor) -> Tutor:
    """The tutor of the next session, on the same file."""
    return Tutor(tutor.course, tutor.progress, tutor.kernel)


def outcomes(tutor: Tutor, step_id: str, lesson_id: str = "gradients") -> list[str]:
    return [attempt.outcome for attempt in tutor.progress.attempts(lesson_id, step_id)]


async def run(tutor: Tutor, code: str | None = None) -> list[Event]:
    return [event async for event in tutor.run(tutor.code if code is None else code)]


# A run, and what it earns


@in_the_kernels_loop
async def test_what_a_run_earned_is_in_the_file_before_the_run_is_said_to_be_over(tutor: Tutor, path: Path) -> None:
    on_disk: list[tuple[type[Event], int, bool]] = []
    async for event in tutor.run(tutor.code):
        if isinstance(event, Started | Finished):
            with Progress.open(path) as other_window:
                attempts = other_window.attempts("gradients", "three-scalars")
                on_disk.append((type(event), len(attempts), "three-scalars" in other_window.done("gradients")))

    assert on_disk == [(Started, 0, False), (Finished, 1, True)]


@in_the_kernels_loop
async def test_an_example_that_raises_is_not_done(tutor: Tutor) -> None:
    await run(tutor, "1 / 0")

    assert outcomes(tutor, "three-scalars") == ["failed"]
    assert tutor.done == frozenset()


@in_the_kernels_loop
@pytest.mark.parametrize(
    ("code", "done"),
    [
        pytest.param("torch.ones(2) @ torch.ones(3)", True, id="the error it shows"),
        pytest.param("1 / 0", False, id="another error"),
        pytest.param("torch.ones(2) @ torch.ones(2)", True, id="no error"),
    ],
)
async def test_an_example_that_shows_an_error_is_done_by_that_error_or_by_none(
    tutor: Tutor, shapes: Path, code: str, done: bool
) -> None:
    tutor.open_file(shapes, agreed=hash_of(shapes))
    await run(tutor, code)

    assert ("no-fit" in tutor.done) is done


@in_the_kernels_loop
async def test_an_error_in_what_a_step_stands_on_is_not_the_error_it_shows(tutor: Tutor, shapes: Path) -> None:
    rewrite(shapes, "import torch\n", "raise RuntimeError\n")
    tutor.open_file(shapes, agreed=hash_of(shapes))
    events = await run(tutor)

    assert [(event.error, event.in_step) for event in events if isinstance(event, Failed)] == [
        ("RuntimeError", "setup")
    ]
    assert tutor.done == frozenset()


@in_the_kernels_loop
async def test_an_exercise_is_done_only_when_its_checks_pass(tutor: Tutor) -> None:
    go(tutor, "a-square")
    assert isinstance(tutor.step, Exercise)

    await run(tutor, tutor.step.starter)
    assert (outcomes(tutor, "a-square"), "a-square" in tutor.done) == (["not passed"], False)

    await run(tutor, tutor.step.solution)
    assert (outcomes(tutor, "a-square"), "a-square" in tutor.done) == (["not passed", "passed"], True)


@in_the_kernels_loop
async def test_a_problem_is_a_card_once_solved_and_a_round_grades_and_times_it_as_the_arena_does(tutor: Tutor) -> None:
    tutor.course.folder = lessons_folder()
    progress, key = tutor.progress, ("arena:stable-softmax", "solve")
    tutor.open_problem(tutor.course.arena.problem("stable-softmax"))
    assert isinstance(tutor.step, Exercise)
    await run(tutor)
    assert tutor.practised() == []
    tutor.save("mine")
    await run(tutor, tutor.step.solution)
    [asked] = progress.reviews(*key)
    assert (asked.rating, asked.right) == (Rating.HARD, True)
    first = progress.best_time(*key)
    assert first is not None
    due = tutor.practised()[0].state.due
    assert tutor.begin_practice(due)
    graded = next(event for event in await run(tutor) if isinstance(event, Graded))
    assert not graded.passed and graded.failing
    graded = next(event for event in await run(tutor, tutor.step.solution) if isinstance(event, Graded))
    assert graded.passed and graded.measured is not None and tutor.marks == (True,)
    best = progress.best_time(*key)
    assert best is not None and best[0] == min(first[0], graded.measured.seconds)
    assert progress.draft(*key) == "mine", "what is in the arena stays"


@in_the_kernels_loop
async def test_running_the_code_of_a_quiz_does_not_answer_it(tutor: Tutor) -> None:
    go(tutor, "dy-dx")
    events = await run(tutor)

    assert "".join(event.text for event in events if isinstance(event, Output)) == "tensor(4.)\n"
    assert tutor.done == frozenset()


@in_the_kernels_loop
async def test_code_that_takes_the_kernel_down_is_kept(tutor: Tutor) -> None:
    code = "import os\nos._exit(3)"
    tutor.save(code)
    await run(tutor, code)

    assert [(attempt.code, attempt.outcome) for attempt in tutor.progress.attempts(*place(tutor))] == [(code, "died")]
    assert later(tutor).code == code
    assert tutor.done == frozenset()


@in_the_kernels_loop
async def test_interrupted_code_is_kept_as_interrupted(tutor: Tutor) -> None:
    async for event in tutor.run("print('begun', flush=True)\nwhile True: pass"):
        if isinstance(event, Output):
            await tutor.kernel.interrupt()

    assert outcomes(tutor, "three-scalars") == ["interrupted"]
    assert tutor.done == frozenset()


@in_the_kernels_loop
async def test_a_run_counts_for_the_step_it_began_in_wherever_the_learner_is_by_then(tutor: Tutor) -> None:
    async for event in tutor.run(tutor.code):
        if isinstance(event, Started):
            go(tutor, "the-loop", "fit-a-plane")

    assert outcomes(tutor, "three-scalars") == ["ok"]
    assert tutor.progress.all_done() == {"gradients": {"three-scalars"}}


@in_the_kernels_loop
async def test_what_the_lesson_says_of_a_known_mistake_replaces_the_hint_of_its_check(tutor: Tutor) -> None:
    go(tutor, "a-square")
    (graded,) = [event for event in await run(tutor, DOUBLED) if isinstance(event, Graded)]

    assert tutor.advice(DOUBLED, graded) == {
        "y is 9": "`w * 2` doubles `w`. The square is `w ** 2`.",
        "w.grad is 6": "`backward()` fills it.",
    }


# Where the learner is


def test_a_learner_comes_back_to_the_step_they_left(tutor: Tutor) -> None:
    go(tutor, "a-square")
    tomorrow = later(tutor)
    tomorrow.resume()

    assert place(tomorrow) == ("gradients", "a-square")


@pytest.mark.parametrize(
    ("left_at", "begins_at"),
    [
        pytest.param(None, ("gradients", "three-scalars"), id="the very first start"),
        pytest.param(("renamed-since", "a-square"), ("gradients", "three-scalars"), id="the lesson is gone"),
        pytest.param(("fit-a-plane", "renamed-since"), ("fit-a-plane", "the-loop"), id="the step is gone"),
    ],
)
def test_where_there_is_no_place_to_come_back_to_the_next_best_is_taken(
    tutor: Tutor, left_at: tuple[str, str] | None, begins_at: tuple[str, str]
) -> None:
    if left_at is not None:
        tutor.progress.remember_place(*left_at)
    tutor.resume()

    assert place(tutor) == begins_at


@pytest.mark.parametrize(
    ("done", "opens_at"),
    [
        ((), "three-scalars"),
        (("three-scalars", "a-square"), "dy-dx"),
        (("three-scalars", "dy-dx", "a-square"), "three-scalars"),
    ],
)
def test_a_lesson_opens_at_the_first_step_not_done(tutor: Tutor, done: tuple[str, ...], opens_at: str) -> None:
    for step_id in done:
        tutor.progress.mark_done("gradients", step_id)
    tutor.open(tutor.course.lesson("gradients"))

    assert tutor.step.id == opens_at


def test_moving_ends_at_the_first_and_the_last_step(tutor: Tutor) -> None:
    assert [tutor.move(-1), tutor.move(1), tutor.move(1), tutor.move(1)] == [False, True, True, False]
    assert place(tutor) == ("gradients", "a-square")


def test_the_lesson_after_the_last_of_a_track_is_the_first_of_the_next(tutor: Tutor, shapes: Path) -> None:
    assert tutor.following() == tutor.course.lesson("fit-a-plane")

    go(tutor, "the-loop", "fit-a-plane")
    assert tutor.following() is None

    tutor.open_file(shapes, agreed=hash_of(shapes))
    assert tutor.following() is None


# A file from outside the course


def test_a_file_from_outside_is_not_opened_before_it_is_trusted(tutor: Tutor, shapes: Path) -> None:
    with pytest.raises(UntrustedError, match="only when you trust it"):
        tutor.open_file(shapes)

    assert place(tutor) == ("gradients", "three-scalars")


def test_trust_holds_until_the_file_changes(tutor: Tutor, shapes: Path) -> None:
    tutor.open_file(shapes, agreed=hash_of(shapes))
    tomorrow = later(tutor)
    tomorrow.open_file(shapes)
    assert place(tomorrow) == ("shapes", "no-fit")

    agreed = hash_of(shapes)
    rewrite(shapes, "torch.ones(3)", "torch.ones(4)")
    with pytest.raises(UntrustedError):
        tomorrow.open_file(shapes)
    with pytest.raises(UntrustedError):
        tomorrow.open_file(shapes, agreed=agreed)


def test_what_was_read_is_opened_whatever_the_file_holds_by_then(tutor: Tutor, shapes: Path) -> None:
    read, agreed = load_file(shapes), hash_of(shapes)
    rewrite(shapes, "torch.ones(3)", "torch.ones(4)")
    tutor.open_file(shapes, read, agreed=agreed)

    assert tutor.lesson == read.lesson
    assert "torch.ones(3)" in tutor.code


def test_a_file_that_others_exchange_all_the_time_is_never_opened_with_what_nobody_agreed_to(
    tutor: Tutor, shapes: Path, tmp_path: Path
) -> None:
    agreed = hash_of(shapes)
    trusted = shapes.read_text("utf-8")
    over = threading.Event()

    def exchange() -> None:
        other = tmp_path / "other"
        while not over.is_set():
            for text in (trusted.replace("ones(3)", "ones(4)"), trusted):
                other.write_text(text, "utf-8")
                other.replace(shapes)

    outcomes = {"opened": 0, "refused": 0}
    with ThreadPoolExecutor(1) as pool:
        exchanging = pool.submit(exchange)
        try:
            while min(outcomes.values()) < 20:
                visitor = later(tutor)
                try:
                    visitor.open_file(shapes, agreed=agreed)
                except UntrustedError:
                    outcomes["refused"] += 1
                else:
                    outcomes["opened"] += 1
                    assert "torch.ones(3)" in visitor.original
                assert not exchanging.done()
        finally:
            over.set()


def test_a_file_of_the_course_needs_no_trust(tutor: Tutor) -> None:
    tutor.open_file(COURSE / "regression" / "fit-a-plane.yaml")

    assert place(tutor) == ("fit-a-plane", "the-loop")


def test_a_file_from_outside_that_shares_a_lessons_id_is_another_lesson(tutor: Tutor, tmp_path: Path) -> None:
    tutor.progress.mark_done("gradients", "three-scalars")
    own = tmp_path / "gradients.yaml"
    own.write_text(SHAPES.replace("id: shapes", "id: gradients").replace("id: no-fit", "id: three-scalars"), "utf-8")
    tutor.open_file(own, agreed=hash_of(own))

    assert (tutor.following(), tutor.done) == (None, frozenset())


# What the learner writes


def test_a_draft_that_equals_the_original_is_forgotten(tutor: Tutor) -> None:
    tutor.save("x = 1\n")
    tutor.save(tutor.original)

    assert tutor.progress.draft(*place(tutor)) is None
    assert tutor.code == tutor.original


def test_a_reset_sets_code_aside_and_the_next_one_brings_the_latest_back(tutor: Tutor) -> None:
    given = tutor.original
    assert tutor.swap_with_original(given) is None

    assert tutor.swap_with_original("mine = 1\n") == given
    assert tutor.swap_with_original("mine = 2\n") == given
    assert later(tutor).swap_with_original(given) == "mine = 2\n"
    assert {attempt.code for attempt in tutor.progress.attempts(*place(tutor))} == {"mine = 1\n", "mine = 2\n"}


def test_resets_go_from_the_original_to_the_code_that_passed_and_on_to_what_was_typed_over_it(tutor: Tutor) -> None:
    given = tutor.original
    tutor.progress.record_attempt(*place(tutor), "right = 1\n", "exercise", "passed")

    assert tutor.swap_with_original("right = 1\n") == given
    assert tutor.swap_with_original("wrong = 1\n") == given
    assert tutor.swap_with_original(given) == "right = 1\n"
    assert tutor.swap_with_original("right = 1\n") == "wrong = 1\n"


# Quizzes, hints, the solution


def test_a_quiz_is_done_by_its_right_answer(tutor: Tutor) -> None:
    go(tutor, "dy-dx")

    assert (tutor.answer(0).correct, "dy-dx" in tutor.done) == (False, False)
    assert (tutor.answer(2).correct, "dy-dx" in tutor.done) == (True, True)


def test_hints_come_one_at_a_time_and_stay(tutor: Tutor) -> None:
    go(tutor, "a-square")
    assert isinstance(tutor.step, Exercise)
    first, second, third = tutor.step.hints

    assert tutor.hints == ()
    assert [tutor.next_hint(), tutor.next_hint()] == [first, second]
    tomorrow = later(tutor)
    tomorrow.resume()
    assert tomorrow.hints == (first, second)
    assert [tomorrow.next_hint(), tomorrow.next_hint()] == [third, None]


def test_a_look_at_the_solution_is_noted(tutor: Tutor) -> None:
    assert tutor.solution() is None
    assert not tutor.progress.solution_seen(*place(tutor))

    go(tutor, "a-square")
    assert tutor.solution() is not None
    assert tutor.progress.solution_seen(*place(tutor))


# How far it is done


def test_a_standing_counts_the_steps_that_the_lesson_has_today(tutor: Tutor) -> None:
    for step_id in ("three-scalars", "removed-since"):
        tutor.progress.mark_done("gradients", step_id)
    tutor.progress.mark_done("fit-a-plane", "the-loop")

    assert [(standing.lesson.id, standing.done, standing.complete) for standing in tutor.standings()] == [
        ("gradients", {"three-scalars"}, False),
        ("fit-a-plane", {"the-loop"}, True),
    ]
