"""Known mistakes, distinguished from each other and from everything else that a learner may write."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tui_torch.course.format.schema import ExerciseSchema
from tui_torch.course.lesson import Exercise, Mistake
from tui_torch.protocol.events import CheckResult, Graded
from tui_torch.tutor.known_mistakes import recognise

SUMMED = 'loss = mse(model(x), y, reduction="sum")\nloss.backward()\nopt.step()\n'
NO_BACKWARD = 'loss = mse(model(x), y, reduction="mean")\nopt.step()\n'
SOLUTION = 'loss = mse(model(x), y, reduction="mean")\nloss.backward()\nopt.step()\n'

EXERCISE: Exercise = ExerciseSchema.model_validate(
    {
        "id": "one-step",
        "kind": "exercise",
        "text": "Take one step.",
        "starter": "loss = None\n",
        "solution": SOLUTION,
        "checks": [{"name": "the mean", "code": "assert loss < 1"}, {"name": "it moved", "code": "assert moved"}],
        "mistakes": [
            {"code": SUMMED, "fails": "the mean", "says": "A sum grows with the batch."},
            {"code": NO_BACKWARD, "fails": "it moved", "says": "step() needs gradients."},
        ],
    }
).plain()


def graded(*failed: str) -> Graded:
    return Graded(tuple(CheckResult(check.name, check.name not in failed) for check in EXERCISE.checks))


def recognised(code: str, *failed: str) -> str | None:
    """What is said when these checks failed."""
    mistake: Mistake | None = recognise(EXERCISE, code, graded(*failed))
    return mistake.says if mistake else None


@pytest.mark.parametrize(
    "code",
    [
        pytest.param(SUMMED, id="as the lesson has it"),
        pytest.param(
            "loss = mse( model(x),y,reduction='sum' )\n\n\nloss.backward();opt.step()", id="laid out differently"
        ),
        pytest.param(f"# one step\n{SUMMED.replace('sum', 'sum')}  # done\n", id="with comments"),
        pytest.param('loss = mse(model(x), y, reduction="sum")\n', id="unfinished"),
        pytest.param(f"print(x.shape)\n{SUMMED}print(loss)\n", id="among other lines"),
        pytest.param('for xb in x:\n    loss = mse(model(x), y, reduction="sum")\n', id="in a loop"),
        pytest.param(
            'try:\n    pass\nexcept ValueError:\n    loss = mse(model(x), y, reduction="sum")\n',
            id="in an except",
        ),
    ],
)
def test_a_mistake_is_recognised_however_it_is_laid_out(code: str) -> None:
    assert recognised(code, "the mean") == "A sum grows with the batch."


@pytest.mark.parametrize(
    "code",
    [
        pytest.param(SOLUTION, id="the solution"),
        pytest.param(SUMMED.replace("model", "net"), id="another variable"),
        pytest.param('# loss = mse(model(x), y, reduction="sum")\nloss = 2\n', id="only in a comment"),
        pytest.param(f"{SUMMED}loss = = 1\n", id="not Python"),
        pytest.param(f"{SUMMED}\0", id="a null character"),
        pytest.param("", id="nothing"),
    ],
)
def test_other_code_is_not_a_known_mistake(code: str) -> None:
    assert recognised(code, "the mean", "it moved") is None


@pytest.mark.parametrize("failed", [(), ("it moved",)])
def test_a_mistake_is_not_shown_while_its_check_passes(failed: tuple[str, ...]) -> None:
    assert recognised(SUMMED, *failed) is None


@pytest.mark.parametrize(
    ("code", "is_recognised"),
    [
        pytest.param(NO_BACKWARD, True, id="as the lesson has it"),
        pytest.param(
            "loss = mse(model(x), y, reduction='mean')  # mine\n\nopt.step()", True, id="laid out differently"
        ),
        pytest.param(SOLUTION, False, id="with the line that was left out"),
        pytest.param(f"{NO_BACKWARD}print(loss)\n", False, id="with a line of one's own"),
    ],
)
def test_a_line_that_was_left_out_is_recognised_when_the_rest_is_what_the_lesson_expects(
    code: str, is_recognised: bool
) -> None:
    assert recognised(code, "it moved") == ("step() needs gradients." if is_recognised else None)


def test_of_two_mistakes_in_one_answer_the_one_whose_check_failed_is_shown() -> None:
    both = 'loss = mse(model(x), y, reduction="sum")\nopt.step()\n'
    assert recognised(both, "the mean", "it moved") == "A sum grows with the batch."
    assert recognised(both, "it moved") is None


def test_a_loop_is_recognised_by_its_head_whatever_else_is_in_it() -> None:
    once = "for step in range(1):\n    loss.backward()\n    opt.step()\n"
    solution = once.replace("range(1)", "range(9)")
    mistake = Mistake(code=once, fails="it moved", says="That is one step.")
    exercise = replace(EXERCISE, solution=solution, mistakes=(mistake,))
    code = "for step in range(1):\n    loss.backward()\n    opt.step()\n    print(loss)\n"
    found = recognise(exercise, code, graded("it moved"))
    assert found is not None and found.says == "That is one step."
    assert recognise(exercise, solution, graded("it moved")) is None


def test_code_nested_deeper_than_python_counts_is_not_a_mistake() -> None:
    long_sum = "loss = " + " + ".join(["1"] * 2000)
    compile(long_sum, "the learner's", "exec")

    assert recognised(long_sum, "the mean") is None
