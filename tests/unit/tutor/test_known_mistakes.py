"""Known mistakes, distinguished from each other and from everything else that a learner may write."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tui_torch.course.format.schema import ExerciseSchema
from tui_torch.course.lesson import Exercise, Mistake
from tui_torch.protocol.events import CheckResult, Failed, Graded
from tui_torch.tutor.known_mistakes import recognise, recognise_error

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
        pytest.param('loss = mse(model(x), y, reduction="sum")\n[loss][0].backward()\nopt.step()', id="in other words"),
        pytest.param(f"print(x.shape)\n{SUMMED}print(loss)\n", id="among other lines"),
        pytest.param(
            'for xb in x:\n    loss = mse(model(x), y, reduction="sum")\n    loss.backward()\n    opt.step()',
            id="in a loop",
        ),
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
        pytest.param('loss = mse(model(x), y, reduction="sum")\n', id="unfinished"),
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
        pytest.param(f"{NO_BACKWARD}print(loss)\n", True, id="with a print"),
        pytest.param(f"{NO_BACKWARD}print(loss.backward())\n", False, id="with a print that does it"),
        pytest.param(f"{NO_BACKWARD}torch.autograd.backward(loss)\n", False, id="with a line of one's own"),
        pytest.param("opt.step()\n" + NO_BACKWARD.replace("opt.step()\n", ""), False, id="in another order"),
    ],
)
def test_a_line_that_was_left_out_is_recognised_when_the_rest_is_what_the_lesson_expects(
    code: str, is_recognised: bool
) -> None:
    assert recognised(code, "it moved") == ("step() needs gradients." if is_recognised else None)


def test_of_two_mistakes_in_one_answer_the_one_whose_check_failed_is_shown() -> None:
    twice = Mistake(code=SOLUTION.replace("step()", "step(2)"), fails="it moved", says="One step alone.")
    exercise = replace(EXERCISE, mistakes=(*EXERCISE.mistakes, twice))
    both = SUMMED.replace("step()", "step(2)")
    for failed, says in (("the mean", "A sum grows with the batch."), ("it moved", "One step alone.")):
        found = recognise(exercise, both, graded(failed))
        assert found is not None and found.says == says


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


LOOP = """\
losses = []
for step in range(100):
    loss = mse(model(x), y)
    losses.append(loss.item())
    loss.backward()
    opt.step()
    opt.zero_grad()
"""
RESET_FIRST = LOOP.replace("    opt.step()\n    opt.zero_grad()\n", "    opt.zero_grad()\n    opt.step()\n")
RESET_ONCE = LOOP.replace("    opt.zero_grad()\n", "opt.zero_grad()\n")
LOSS_OF_LAST = LOOP.replace("    losses.append(loss.item())\n", "") + "losses.append(loss.item())\n"
IN_THE_LOOP: Exercise = replace(
    EXERCISE,
    solution=LOOP,
    mistakes=(
        Mistake(code=RESET_FIRST, fails="it moved", says="You reset before step()."),
        Mistake(code=RESET_ONCE, fails="it moved", says="You reset once, after the loop."),
        Mistake(code=LOSS_OF_LAST, fails="it moved", says="You keep the last loss alone."),
    ),
)


@pytest.mark.parametrize(
    ("code", "says"),
    [
        pytest.param(RESET_FIRST, "You reset before step().", id="two lines in the wrong order"),
        pytest.param(RESET_ONCE, "You reset once, after the loop.", id="a line outside of its loop"),
        pytest.param(LOSS_OF_LAST, "You keep the last loss alone.", id="another line outside of its loop"),
        pytest.param(
            RESET_FIRST.replace("step in", "i in").replace("losses", "history"),
            "You reset before step().",
            id="with other names for what no check asks for",
        ),
        pytest.param(
            LOOP.replace("    loss.backward()\n    opt.step()\n", "    opt.step()\n    loss.backward()\n"),
            None,
            id="two other lines in the wrong order",
        ),
        pytest.param(RESET_FIRST.replace("    loss.backward()\n", ""), None, id="a line left out as well"),
        pytest.param(RESET_FIRST + "    opt.zero_grad()\n", None, id="a line once more"),
        pytest.param(
            RESET_ONCE.replace("    opt.step()\n", "    model.zero_grad()\n    opt.step()\n"), None, id="reset"
        ),
        pytest.param(LOOP, None, id="nothing wrong"),
        pytest.param(LOOP.replace("range(100)", "range(10)"), None, id="another number of rounds"),
        pytest.param(
            LOOP.replace("    ", "        ").replace("for", "while True:\n    for"), None, id="a loop around it"
        ),
    ],
)
def test_lines_that_the_solution_has_too_are_a_mistake_by_their_order_and_their_loop(
    code: str, says: str | None
) -> None:
    found = recognise(IN_THE_LOOP, code, graded("it moved"))
    assert (found.says if found else None) == says


def test_a_step_before_backward_is_not_called_a_reset_before_the_step() -> None:
    right = "loss.backward()\nopt.step()\nopt.zero_grad()\nafter = mse(model(x), y).item()\n"
    reset_first = "loss.backward()\nopt.zero_grad()\nopt.step()\nafter = mse(model(x), y).item()\n"
    mistake = Mistake(code=reset_first, fails="it moved", says="You reset the gradients before `opt.step()`.")
    exercise = replace(EXERCISE, solution=right, mistakes=(mistake,))
    assert recognise(exercise, reset_first, graded("it moved")) is mistake
    step_first = "opt.step()\nloss.backward()\nopt.zero_grad()\nafter = mse(model(x), y).item()\n"
    assert recognise(exercise, step_first, graded("it moved")) is None


def test_a_mistaken_line_that_is_made_good_below_is_no_mistake() -> None:
    made_good = f"{SUMMED}loss = loss / len(x)\n"
    assert recognised(SUMMED, "the mean") == "A sum grows with the batch."
    assert recognised(made_good, "the mean") is None


def test_names_that_no_check_asks_for_are_free_and_the_others_are_not() -> None:
    mistake = Mistake(code="for row in rows:\n    total = row\n", fails="it moved", says="You keep the last row.")
    check = replace(EXERCISE.checks[1], code="assert total == 3")
    exercise = replace(EXERCISE, solution="total = sum(rows)\n", checks=(check,), mistakes=(mistake,))
    for code, says in (
        ("for r in rows:\n    total = r\n", "You keep the last row."),
        ("for total in rows:\n    row = total\n", None),
        ("for row in rows:\n    other = row\n", None),
        ("for r in rows:\n    total = row\n", None),
    ):
        found = recognise(exercise, code, graded("it moved"))
        assert (found.says if found else None) == says, code


def test_a_mistake_that_raises_is_recognised_by_its_error_and_its_lines() -> None:
    mistake = Mistake(code="y_np = y.numpy()\n", raises="RuntimeError", says="Detach first.")
    exercise = replace(EXERCISE, solution="y_np = y.detach().numpy()\n", mistakes=(mistake,))
    error = Failed("RuntimeError", "no", ())
    assert recognise_error(exercise, "y_np = y.numpy()  # mine", error) is mistake
    assert recognise_error(exercise, "y_np = y.detach().numpy()", error) is None
    assert recognise_error(exercise, mistake.code, replace(error, error="TypeError")) is None
    assert recognise_error(exercise, mistake.code, replace(error, in_step="one")) is None
    assert recognise(exercise, mistake.code, graded("it moved")) is None


def test_of_two_mistakes_that_an_answer_makes_the_one_that_explains_more_of_it_is_said() -> None:
    one = Mistake(code='loss = mse(model(x), y, reduction="sum")\n', fails="the mean", says="One line.")
    two = Mistake(code=f"{one.code}opt.step(2)\n", fails="the mean", says="Two lines.")
    exercise = replace(EXERCISE, mistakes=(one, two))
    for code, says in ((one.code, "One line."), (two.code, "Two lines."), (f"{two.code}x = 1\n", "Two lines.")):
        found = recognise(exercise, code, graded("the mean"))
        assert found is not None and found.says == says, code


@pytest.mark.parametrize(
    ("code", "is_recognised"),
    [
        pytest.param(RESET_FIRST.replace("mse(model(x), y)", "((model(x) - y) ** 2).mean()"), True, id="another loss"),
        pytest.param(RESET_FIRST.replace("range(100)", "range(50)"), True, id="fewer rounds"),
        pytest.param(RESET_FIRST.replace("    opt.step()\n", "    opt.step()\n    opt2.step()\n"), False, id="another"),
        pytest.param(RESET_FIRST.replace("losses = []", "losses = []\nloss.backward()"), False, id="backward before"),
        pytest.param(RESET_FIRST.replace("loss.backward()", "x.pow_(2)"), False, id="something done in place"),
        pytest.param(LOOP.replace("mse(model(x), y)", "((model(x) - y) ** 2).mean()"), False, id="right"),
    ],
)
def test_lines_in_the_wrong_order_are_a_mistake_whatever_else_differs_that_moves_nothing(
    code: str, is_recognised: bool
) -> None:
    found = recognise(IN_THE_LOOP, code, graded("it moved"))
    assert (found.says if found else None) == ("You reset before step()." if is_recognised else None)


@pytest.mark.parametrize(
    ("error", "raises", "is_it"),
    [
        ("RuntimeError", "RuntimeError", True),
        ("NotImplementedError", "RuntimeError", True),
        ("RuntimeError", "NotImplementedError", False),
        ("OutOfMemoryError", "OutOfMemoryError", True),
        ("OutOfMemoryError", "RuntimeError", False),
        ("TypeError", None, False),
    ],
)
def test_an_error_that_is_a_kind_of_what_a_mistake_raises_is_its(error: str, raises: str | None, is_it: bool) -> None:
    assert Mistake(code="", raises=raises, says="").is_raised_as(error) is is_it
