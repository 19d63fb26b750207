"""A lesson is proven step by step, and what does not hold is reported at its line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.course.proof.scripted_kernel import OK, graded, kernel
from tests.unit.course.proof.scripted_kernel import STOPPED as STOP
from tui_torch.course.loader import load_lesson
from tui_torch.course.proof.verify import verify
from tui_torch.protocol.events import (
    CheckResult,
    Evaluated,
    Evaluation,
    Event,
    Failed,
    Finished,
    Graded,
    Output,
    Started,
)
from tui_torch.protocol.orders import STOPPED, Run
from tui_torch.protocol.plots.plotted import Fitted, Plotted

LESSON = """\
schema: 1
id: proven
title: Proven
summary: One of each.
minutes: 1
steps:
  - id: prints
    kind: example
    title: Prints
    text: A line.
    code: print("one")
    expect: {output: one}
  - id: asks
    kind: quiz
    question: Which?
    choices: [{text: this, correct: true, because: It is.}, {text: that, because: It is not.}]
  - id: your-turn
    kind: exercise
    text: Make w.
    pin: [w]
    plot: {x: w, y: w}
    starter: w = 0
    solution: w = 3
    checks: [{name: one, code: assert w, hint: Set it.}, {name: two, code: assert w > 2, hint: Set it.}]
    hints: [set it]
    also: ["w = 1 + 2", w = 3.0]
    mistakes:
      - {code: w = 1, fails: two, says: It is too small.}
      - {code: w = 2, fails: two, says: It is still too small.}
      - {code: w = one, raises: NameError, says: It has no number.}
  - {id: last, kind: example, title: Last, text: The end., code: w = 4}
"""

SOUND: dict[str, list[Event]] = {
    'print("one")': [Output("one\n"), OK],
    "w = 0": [graded(one=False, two=False), OK],
    "w = 3": [graded(one=True, two=True), OK],
    "w = 1": [graded(one=True, two=False), OK],
    "w = 2": [graded(one=True, two=False), OK],
    "w = 1 + 2": [graded(one=True, two=True), OK],
    "w = 3.0": [graded(one=True, two=True), OK],
    "w = one": [Failed("NameError", "no one", ()), Finished("failed", 0.1)],
    "w = 4": [OK],
}
"""What each piece of the lesson's code does, where the lesson is right."""

RAISED: list[Event] = [Failed("ValueError", "no", ()), Finished("failed", 0.1)]


def line_of(words: str) -> int:
    return LESSON[: LESSON.index(words)].count("\n") + 1


async def proven(tmp_path: Path, changed: dict[str, list[Event]], **options: Any) -> list[tuple[int, str]]:
    """The (line, sentence) of each error, where the code does what is in `changed`, or else what it should."""
    path = tmp_path / "proven.yaml"
    path.write_text(LESSON, encoding="utf-8")

    def answer(run: Run) -> list[Event]:
        return (SOUND | changed)[run.code]

    errors = await verify(kernel(answer), load_lesson(path), path, **options)
    assert all(error.path == path for error in errors)
    return [(error.line, error.message) for error in errors]


async def test_a_lesson_that_does_all_that_it_claims_has_no_error(tmp_path: Path) -> None:
    assert await proven(tmp_path, {}) == []


async def test_nothing_that_a_verdict_does_not_depend_on_is_asked_of_the_kernel(tmp_path: Path) -> None:
    path = tmp_path / "proven.yaml"
    path.write_text(LESSON, encoding="utf-8")
    runs: list[Run] = []

    def answer(run: Run) -> list[Event]:
        runs.append(run)
        return SOUND[run.code]

    assert await verify(kernel(answer), load_lesson(path), path) == ()
    assert [(run.inspect, run.pins) for run in runs] == [(False, ())] * len(SOUND)
    assert [run.code for run in runs if run.plot is not None] == ["w = 3"]


async def test_a_plot_that_cannot_be_drawn_is_reported(tmp_path: Path) -> None:
    plotted = Plotted((Fitted((), problem="`w` cannot be drawn: NameError."),))
    found = await proven(tmp_path, {"w = 3": [plotted, graded(one=True, two=True), OK]})
    sentence = "step `your-turn`: the plot cannot be drawn: `w` cannot be drawn: NameError."
    assert found == [(line_of("plot: {x: w, y: w}"), sentence)]


async def test_only_a_lesson_of_the_course_has_to_be_complete(tmp_path: Path) -> None:
    lacks = await proven(tmp_path, {}, of_course=True)
    assert lacks
    assert await proven(tmp_path, {}, of_course=False) == []


async def test_a_claim_that_does_not_hold_is_reported_with_its_step_and_line(tmp_path: Path) -> None:
    found = await proven(tmp_path, {'print("one")': [Output("two\n"), OK]})
    sentence = "step `prints`: line 1 of the output is 'two', expected 'one'"
    assert found == [(line_of("expect: {output: one}"), sentence)]


async def test_a_starter_that_passes_every_check_is_reported(tmp_path: Path) -> None:
    found = await proven(tmp_path, {"w = 0": [graded(one=True, two=True), OK]})
    sentence = "step `your-turn`: the starter passes every check already, expected it to fail one"
    assert found == [(line_of("starter:"), sentence)]


@pytest.mark.parametrize("starter", [RAISED, [graded(one=True, two=False), OK], [Finished("died", 0.1, "It died.")]])
async def test_a_starter_may_fail_in_any_way(tmp_path: Path, starter: list[Event]) -> None:
    assert await proven(tmp_path, {"w = 0": starter}) == []


@pytest.mark.parametrize(
    ("events", "sentence"),
    [
        (
            [graded(one=False, two=True), OK],
            "the mistake is not caught by its check “two”: only “one” fails",
        ),
        ([graded(one=True, two=True), OK], "the mistake is not caught by its check “two”: it passes every check"),
        (
            RAISED,
            "the mistake raised ValueError: no before any check, "
            "expected code that runs, or `raises: ValueError` in place of `fails`",
        ),
        ([Finished("died", 0.1, "It died.")], "the mistake could not be graded: It died."),
    ],
)
async def test_a_mistake_has_to_be_caught_by_the_check_that_it_names(
    tmp_path: Path, events: list[Event], sentence: str
) -> None:
    found = await proven(tmp_path, {"w = 2": events})
    assert found == [(line_of("- {code: w = 2"), f"step `your-turn`: {sentence}")]


async def test_a_mistake_may_fail_other_checks_beside_its_own(tmp_path: Path) -> None:
    assert await proven(tmp_path, {"w = 1": [graded(one=False, two=False), OK]}) == []


@pytest.mark.parametrize(
    ("events", "sentence"),
    [
        ([graded(one=True, two=True), OK], "the mistake ran without an error, expected NameError"),
        (RAISED, "the mistake raised ValueError: no, expected NameError"),
    ],
)
async def test_a_mistake_that_raises_has_to_raise_the_error_that_it_names(
    tmp_path: Path, events: list[Event], sentence: str
) -> None:
    found = await proven(tmp_path, {"w = one": events})
    assert found == [(line_of("- {code: w = one"), f"step `your-turn`: {sentence}")]


@pytest.mark.parametrize(
    ("events", "sentence"),
    [
        ([graded(one=True, two=False), OK], "this right answer fails the check “two”: no"),
        (RAISED, "this right answer raised ValueError: no"),
        ([Finished("died", 0.1, "It died.")], "this right answer could not be graded: It died."),
    ],
)
async def test_a_right_answer_in_another_style_has_to_pass_every_check(
    tmp_path: Path, events: list[Event], sentence: str
) -> None:
    found = await proven(tmp_path, {"w = 3.0": events})
    assert found == [(line_of("also:"), f"step `your-turn`: {sentence}")]


async def test_errors_come_in_the_order_of_their_lines(tmp_path: Path) -> None:
    wrong = {'print("one")': [OK], "w = 4": RAISED, "w = 3": RAISED, "w = 1": RAISED, "w = 0": SOUND["w = 3"]}
    lines = [line for line, _ in await proven(tmp_path, wrong)]
    wanted = ["expect: {output: one}", "starter:", "solution:", "- {code: w = 1", "- {id: last"]
    assert lines == [line_of(words) for words in wanted]


ENDLESS: list[Event] = [Started(), STOP]
LATE = "ran for longer than 0.01 s, expected code that ends; `--limit` allows it more time"


async def test_a_starter_and_a_mistake_that_do_not_end_are_reported_and_the_rest_is_proved(tmp_path: Path) -> None:
    found = await proven(tmp_path, {"w = 0": ENDLESS, "w = 1": ENDLESS, "w = 4": RAISED}, limit=0.01)
    assert found == [
        (line_of("starter:"), f"step `your-turn`: the starter {LATE}"),
        (line_of("- {code: w = 1"), f"step `your-turn`: the mistake {LATE}"),
        (line_of("- {id: last"), "step `last`: the code raised ValueError: no"),
    ]


async def test_a_check_or_a_value_that_does_not_end_is_named_with_the_code_that_it_was_tried_on(tmp_path: Path) -> None:
    stopped = Graded((CheckResult("one", True), CheckResult("two", False, STOPPED)))
    found = await proven(
        tmp_path, {"w = 1 + 2": [Started(), stopped, STOP], "w = 1": [Started(), stopped, STOP]}, limit=0.01
    )
    assert found == [
        (line_of("also:"), f"step `your-turn`: the check “two” on this right answer {LATE}"),
        (line_of("- {code: w = 1"), f"step `your-turn`: the check “two” on the mistake {LATE}"),
    ]
    value = Evaluated((Evaluation("w", None, STOPPED),))
    found = await proven(tmp_path, {'print("one")': [Started(), Output("one\n"), value, STOP]}, limit=0.01)
    assert [said for _, said in found] == [f"step `prints`: the value `w` on the code {LATE}"]


async def test_a_setup_that_does_not_end_is_named_once(tmp_path: Path) -> None:
    path = tmp_path / "proven.yaml"
    path.write_text(LESSON.replace("steps:", "setup: endless()\nsteps:", 1), encoding="utf-8")
    [error] = await verify(kernel(lambda run: [STOP]), load_lesson(path), path, limit=0.01)
    assert (error.line, error.message) == (line_of("steps:"), f"the setup {LATE}")


async def test_what_stands_on_code_that_does_not_end_is_left_out(tmp_path: Path) -> None:
    for code, sentence in (('print("one")', f"step `prints`: the code {LATE}"), ("w = 3", f"the solution {LATE}")):
        found = await proven(tmp_path, {code: ENDLESS, "w = 4": RAISED}, limit=0.01)
        assert [said.removeprefix("step `your-turn`: ") for _, said in found] == [sentence]
    found = await proven(tmp_path, {"w = 3": [STOP], "w = 1": RAISED, "w = 4": RAISED}, limit=0.01)
    assert [said for _, said in found] == [f"step `your-turn`: what the solution stands on {LATE}"]
