"""What a step did is compared with what its lesson says, claim by claim."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.course.proof.scripted_kernel import OK, STOPPED, ScriptedKernel, graded, kernel
from tui_torch.course.lesson import Expect, Lesson, VersionExpect
from tui_torch.course.loader import load_lesson
from tui_torch.course.problem import Problem
from tui_torch.course.proof.play import END_OF_INPUT, Played, Unattended, attempt, play
from tui_torch.protocol.events import (
    Cleared,
    Displayed,
    Evaluated,
    Evaluation,
    Event,
    Failed,
    Figure,
    Finished,
    InputRequested,
    Inspected,
    Inspection,
    Note,
    Noted,
    Output,
    SeriesPoints,
    Started,
    TrainingProgress,
)
from tui_torch.protocol.orders import Run

LESSON = """\
schema: 1
id: claims
title: Claims
summary: One of each.
minutes: 1
steps:
  - {id: silent, kind: example, title: Silent, text: Nothing is claimed., code: x = 1}
  - id: prints
    kind: example
    title: Prints
    text: Two lines.
    code: print(x)
    expect: {output: "one\\ntwo\\n"}
  - id: has-values
    kind: example
    title: Values
    text: Two values.
    code: y = x
    expect: {values: {x: 1, y: 2}}
  - id: has-limits
    kind: example
    title: Limits
    text: A number that differs from machine to machine.
    code: y = x
    expect: {values: {x: 1}, within: {y: [0.9, 1]}}
  - {id: raises, kind: example, title: Raises, text: An error., code: z, pin: [z, x], expect: {raises: NameError}}
  - id: asks
    kind: quiz
    question: Which?
    choices: [{text: this, correct: true, because: It is.}, {text: that, because: It is not.}]
  - id: your-turn
    kind: exercise
    text: Make w.
    starter: w = 0
    solution: w = 1
    checks: [{name: one, code: assert w == 1, hint: Set it.}, {name: two, code: assert w, hint: Set it.}]
    hints: [set it]
"""


@pytest.fixture
def lesson(tmp_path: Path) -> Lesson:
    path = tmp_path / "claims.yaml"
    path.write_text(LESSON, encoding="utf-8")
    return load_lesson(path)


async def played(lesson: Lesson, step: str, *events: Event) -> Played:
    found = await play(kernel(lambda run: [Started(), *events]), lesson, lesson.step(step))
    assert found is not None
    return found


async def problems(lesson: Lesson, step: str, *events: Event) -> list[tuple[tuple[str | int, ...], str]]:
    found = await played(lesson, step, *events)
    assert found.ok == (found.problems == ())
    assert all(isinstance(problem, Problem) for problem in found.problems)
    return [(problem.loc, problem.sentence) for problem in found.problems]


def training(*losses: tuple[int, float], epoch: int | None = None) -> TrainingProgress:
    return TrainingProgress(
        step=len(losses),
        series=(SeriesPoints("loss", "loss", losses),),
        epoch=epoch,
        epoch_starts=(),
        learning_rate=None,
        optimizer_steps=0,
    )


def raised(error: str, message: str, in_step: str | None = None) -> Failed:
    return Failed(error, message, (), in_step)


async def test_a_step_that_claims_nothing_and_runs_is_as_its_lesson_says(lesson: Lesson) -> None:
    assert await problems(lesson, "silent", Output("anything"), OK) == []


async def test_what_a_run_reports_is_in_what_it_played(lesson: Lesson) -> None:
    note, inspection = Note("a-rule", "It says."), Inspection((), ())
    found = await played(
        lesson,
        "silent",
        Output("a\n"),
        training((1, 3.0), (2, 2.0), epoch=1),
        Output("to stderr\n", "stderr"),
        Noted(note),
        Displayed("shown"),
        training((3, 1.0), epoch=2),
        Output("b\n"),
        Inspected(inspection),
        Finished("ok", 1.5),
    )
    assert (found.output, found.losses, found.epochs) == ("a\nb\n", (3.0, 2.0, 1.0), 2)
    assert (found.notes, found.inspection, found.failed, found.graded) == ((note,), inspection, None, None)
    assert (found.outcome, found.seconds, found.values) == ("ok", 1.5, ())


async def test_the_result_is_the_last_expressions_and_what_is_displayed_is_apart(lesson: Lesson) -> None:
    found = await played(lesson, "silent", Displayed("shown"), Displayed("42", is_result=True), OK)
    assert (found.result, found.displayed) == ("42", ("shown",))


async def test_an_update_takes_the_place_of_what_has_its_id(lesson: Lesson) -> None:
    found = await played(
        lesson,
        "silent",
        Displayed("old", display_id="a"),
        Displayed("other"),
        Displayed("new", display_id="a", is_update=True),
        Figure(b"1", "one", "b"),
        Figure(b"2", "two", "b", is_update=True),
        Displayed("unknown", display_id="c", is_update=True),
        OK,
    )
    assert found.displayed == ("new", "other", "unknown")
    assert [figure.image for figure in found.figures] == [b"2"]


async def test_what_is_cleared_was_not_printed(lesson: Lesson) -> None:
    before = Output("a"), Output("b", "stderr"), Displayed("c"), Figure(b"", "d"), Displayed("e", is_result=True)
    found = await played(lesson, "silent", *before, Cleared(), Output("after"), OK)
    assert (found.output, found.stderr, found.displayed, found.figures) == ("after", "", (), ())
    assert found.result is None


async def test_a_claimed_output_is_what_goes_to_stdout(lesson: Lesson) -> None:
    assert await problems(lesson, "prints", Output("one\n"), Output("two\n"), Output("!", "stderr"), OK) == []
    found = await problems(lesson, "prints", Output("one\n"), Output("two\n", "stderr"), OK)
    assert found == [(("expect", "output"), "the output ends before line 2, expected 'two'")]


async def test_a_run_that_never_says_how_it_ended_has_died(lesson: Lesson) -> None:
    found = await played(lesson, "silent")
    assert (found.outcome, found.ok) == ("died", False)
    assert await problems(lesson, "silent") == [(("code",), found.reason)]


@pytest.mark.parametrize("outcome", ["died", "interrupted"])
async def test_of_a_run_that_was_ended_nothing_else_is_said(lesson: Lesson, outcome: str) -> None:
    ended = Finished(outcome, 1.0, "It was stopped.")  # type: ignore[arg-type]
    assert await problems(lesson, "prints", Output("three\n"), ended) == [(("code",), "It was stopped.")]
    assert await problems(lesson, "your-turn", ended) == [(("solution",), "It was stopped.")]


async def test_an_error_that_the_lesson_does_not_claim_is_a_problem_of_the_code(lesson: Lesson) -> None:
    found = await problems(lesson, "prints", raised("ValueError", "\nno\nmore"), Finished("failed", 0.1))
    assert found == [(("code",), "the code raised ValueError: no")]
    found = await problems(lesson, "your-turn", raised("StopIteration", ""), Finished("failed", 0.1))
    assert found == [(("solution",), "the code raised StopIteration")]


async def test_an_error_in_what_a_step_stands_on_names_the_step(lesson: Lesson) -> None:
    failed = raised("NameError", "x is not defined", "silent")
    found = await problems(lesson, "raises", failed, Finished("failed", 0.1))
    assert found == [(("code",), "step `silent`, which it stands on, raised NameError: x is not defined")]


async def test_the_error_that_a_lesson_claims_has_to_come_and_no_other(lesson: Lesson) -> None:
    loc = ("expect", "raises")
    assert await problems(lesson, "raises", raised("NameError", "z"), Finished("failed", 0.1)) == []
    found = await problems(lesson, "raises", raised("ZeroDivisionError", "z"), Finished("failed", 0.1))
    assert found == [(loc, "the code raised ZeroDivisionError: z, expected NameError")]
    # In the order of the alphabet on the other side of what was claimed.
    found = await problems(lesson, "raises", raised("AssertionError", "z"), Finished("failed", 0.1))
    assert found == [(loc, "the code raised AssertionError: z, expected NameError")]
    assert await problems(lesson, "raises", OK) == [(loc, "the code ran without an error, expected NameError")]


@pytest.mark.parametrize(
    ("printed", "sentence"),
    [
        ("one\ntwo", None),
        ("one\nTWO\n", "line 2 of the output is 'TWO', expected 'two'"),
        ("ONE\nTWO\n", "line 1 of the output is 'ONE', expected 'one'"),
        ("one\n", "the output ends before line 2, expected 'two'"),
        ("one\ntwo\nthree\n", "the output is 'one\\ntwo\\nthree', expected 'one\\ntwo'"),
    ],
)
async def test_of_an_output_the_first_line_that_differs_is_said(
    lesson: Lesson, printed: str, sentence: str | None
) -> None:
    found = await problems(lesson, "prints", Output(printed), OK)
    assert found == ([] if sentence is None else [(("expect", "output"), sentence)])


@pytest.mark.parametrize(
    ("wanted", "printed", "sentence"),
    [
        ("loss ...\nend", "loss 1\nstop", "line 2 of the output is 'stop', expected 'end'"),
        ("loss ...\nend", "gain 1\nend", "the output is 'gain 1\\nend', expected 'loss ...\\nend'"),
        ("loss ...\nend", "", "the output is '', expected 'loss ...\\nend'"),
        ("loss ...", "loss 1\nloss 2", None),
        ("loss ...\nend", "loss 1", "the output ends before line 2, expected 'end'"),
        ("a\nloss ...\nend", "a\nloss 1\nstop", "line 3 of the output is 'stop', expected 'end'"),
        ("a\nloss ...\nend", "b\nloss 1\nend", "line 1 of the output is 'b', expected 'a'"),
    ],
)
async def test_dots_in_a_claimed_output_may_be_anything(
    tmp_path: Path, wanted: str, printed: str, sentence: str | None
) -> None:
    path = tmp_path / "claims.yaml"
    path.write_text(LESSON.replace('"one\\ntwo\\n"', repr(wanted).replace("'", '"')), encoding="utf-8")
    found = await problems(load_lesson(path), "prints", Output(printed), OK)
    assert found == ([] if sentence is None else [(("expect", "output"), sentence)])


async def test_each_value_that_is_not_as_claimed_is_said_under_its_expression(lesson: Lesson) -> None:
    right = Evaluated((Evaluation("x", 1), Evaluation("y", 2)))
    assert await problems(lesson, "has-values", right, OK) == []
    wrong = Evaluated((Evaluation("x", 3), Evaluation("y", None, "NameError: y")))
    assert await problems(lesson, "has-values", wrong, OK) == [
        (("expect", "values", "x"), "`x`: expected 1, saw 3"),
        (("expect", "values", "y"), "`y` cannot be evaluated: NameError: y"),
    ]


async def test_a_solution_has_to_pass_every_check(lesson: Lesson) -> None:
    assert await problems(lesson, "your-turn", graded(one=True, two=True), OK) == []
    found = await problems(lesson, "your-turn", graded(one=True, two=False), OK)
    assert found == [(("solution",), "the solution fails the check “two”: no")]


async def test_a_quiz_without_code_plays_nothing(lesson: Lesson) -> None:
    runs: list[Run] = []
    assert await play(kernel(lambda run: runs.append(run) or [OK]), lesson, lesson.step("asks")) is None
    assert runs == []


async def test_a_value_outside_its_limits_is_reported_at_them(lesson: Lesson) -> None:
    right, wrong = (Evaluated((Evaluation("x", 1), Evaluation("y", y))) for y in (0.95, 0.85))
    assert await problems(lesson, "has-limits", right, OK) == []
    assert await problems(lesson, "has-limits", wrong, OK) == [
        (("expect", "within", "y"), "`y`: expected 0.9 to 1, saw 0.85")
    ]


async def test_a_pin_that_cannot_be_evaluated_is_said_at_it_unless_an_error_on_purpose_comes_before_it(
    lesson: Lesson,
) -> None:
    no_z, no_part = Evaluation("z", None, "NameError: name 'z' is not defined"), Evaluation("x", None, "IndexError: 3")
    failed = raised("NameError", "name 'z' is not defined"), Finished("failed", 0.1)
    assert await problems(lesson, "raises", *failed, Evaluated((no_z, Evaluation("x", 1)))) == []
    assert await problems(lesson, "raises", *failed, Evaluated((no_z, no_part))) == [
        (("pin", 1), "the pin `x` cannot be evaluated: IndexError: 3")
    ]


async def test_a_step_plays_its_own_code_on_what_it_stands_on_and_asks_for_its_values(lesson: Lesson) -> None:
    scripted = ScriptedKernel(lambda run: [OK])
    for step in ("has-values", "your-turn", "raises"):
        await play(scripted, lesson, lesson.step(step))  # type: ignore[arg-type]
    values, exercise, pins = scripted.runs
    assert pins.values == ("z", "x")
    assert (values.code, values.values, values.checks) == ("y = x", ("x", "y"), None)
    assert [portion.step for portion in values.standing] == ["silent", "prints"]
    assert (exercise.code, exercise.values) == ("w = 1", ())
    assert exercise.checks == (("one", "assert w == 1"), ("two", "assert w"))


async def test_code_that_is_tried_is_run_as_it_is_and_watched_event_by_event(lesson: Lesson) -> None:
    scripted, seen = ScriptedKernel(lambda run: [Started(), Output("a"), OK]), list[Event]()
    found = await attempt(scripted, lesson, lesson.step("silent"), "print('a')", values=("x",), watch=seen.append)  # type: ignore[arg-type]
    assert seen == [Started(), Output("a"), OK]
    assert (found.output, found.problems) == ("a", ())
    assert [(run.code, run.values) for run in scripted.runs] == [("print('a')", ("x",))]


async def unattended(lesson: Lesson, step: str, *events: Event, limit: float | None = None) -> Played:
    """What is played where nobody watches."""
    found = await play(
        kernel(lambda run: [Started(), *events]), lesson, lesson.step(step), unattended=Unattended(limit)
    )
    assert found is not None
    return found


def sentences(found: Played) -> list[tuple[tuple[str | int, ...], str]]:
    return [(problem.loc, problem.sentence) for problem in found.problems]


TYPED = "expected code that needs no answer: nobody types while a lesson is checked"


async def test_where_nobody_watches_each_question_gets_the_end_of_the_input(lesson: Lesson) -> None:
    asks = [InputRequested("Who? ", password=False), InputRequested("How? ", password=True)]
    scripted = ScriptedKernel(lambda run: [Started(), *asks, OK])
    found = await play(scripted, lesson, lesson.step("silent"), unattended=Unattended(None))  # type: ignore[arg-type]
    assert scripted.answers == [END_OF_INPUT, END_OF_INPUT]
    assert found is not None
    assert (found.asked, found.problems) == ("Who? ", ())
    await play(scripted, lesson, lesson.step("silent"))  # type: ignore[arg-type]
    assert len(scripted.answers) == 2


async def test_code_that_cannot_do_without_an_answer_is_said_to_ask(lesson: Lesson) -> None:
    failed = raised("EOFError", ""), Finished("failed", 0.1)
    found = await unattended(lesson, "silent", InputRequested("Who? ", password=False), *failed)
    assert sentences(found) == [(("code",), f"the code calls input('Who? '), {TYPED}")]
    found = await unattended(lesson, "your-turn", InputRequested("", password=False), *failed)
    assert sentences(found) == [(("solution",), f"the solution calls input(), {TYPED}")]


async def test_another_end_of_a_file_than_the_input_is_an_error_as_any(lesson: Lesson) -> None:
    found = await unattended(lesson, "silent", raised("EOFError", "Ran out of input"), Finished("failed", 0.1))
    assert sentences(found) == [(("code",), "the code raised EOFError: Ran out of input")]
    asked, failed = InputRequested("", password=False), raised("ValueError", "no")
    found = await unattended(lesson, "silent", asked, failed, Finished("failed", 0.1))
    assert sentences(found) == [(("code",), "the code raised ValueError: no")]


async def test_a_run_that_takes_too_long_is_interrupted_and_its_code_is_named(lesson: Lesson) -> None:
    late = "ran for longer than 0.01 s, expected code that ends; `--limit` allows it more time"
    found = await unattended(lesson, "silent", STOPPED, limit=0.01)
    assert (found.limit, sentences(found)) == (0.01, [(("code",), f"the code {late}")])
    found = await unattended(lesson, "your-turn", STOPPED, limit=0.01)
    assert sentences(found) == [(("solution",), f"the solution {late}")]
    before = await play(kernel(lambda run: [STOPPED]), lesson, lesson.step("silent"), unattended=Unattended(0.01))
    assert before is not None
    assert sentences(before) == [(("code",), f"what the code stands on {late}")]


async def test_a_run_that_ends_in_time_is_not_interrupted(lesson: Lesson) -> None:
    scripted = ScriptedKernel(lambda run: [Started(), OK])
    found = await play(scripted, lesson, lesson.step("silent"), unattended=Unattended(3600.0))  # type: ignore[arg-type]
    assert found is not None
    assert (found.limit, found.started, scripted.interrupted.is_set()) == (None, True, False)


async def test_what_a_lesson_says_of_the_installed_release_is_what_is_compared(lesson: Lesson) -> None:
    step = replace(
        lesson.steps[3],
        expect=Expect(
            raises="NameError",
            versions=(
                VersionExpect(torch="<2.0", raises="TypeError"),
                VersionExpect(torch=">=2.0", raises="KeyError", values={"x": 1}),
            ),
        ),
    )
    runs: list[Run] = []

    def answer(run: Run) -> list[Event]:
        runs.append(run)
        values = Evaluated((Evaluation("x", 2),))
        return [Started(), raised("NameError", "no"), values, Finished("failed", 0.1)]

    found = await play(kernel(answer), lesson, step)
    assert found is not None and runs[0].values == ("x",)
    assert [(problem.loc, problem.sentence) for problem in found.problems] == [
        (("expect", "versions", 1, "raises"), "the code raised NameError: no, expected KeyError"),
        (("expect", "versions", 1, "values", "x"), "`x`: expected 1, saw 2"),
    ]
