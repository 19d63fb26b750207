"""A check can run the learner's code again with other numbers, and nothing that exists notices."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from tui_torch.probe.lesson.grading import grade
from tui_torch.probe.lesson.rerun import copied


def left_by(code: str) -> dict[str, Any]:
    """The namespace that some code leaves, as a kernel's is."""
    names: dict[str, Any] = {}
    exec(compile(f"import torch\n{code}", "<your code>", "exec"), names)
    return names


def seen(check: str, source: str, names: dict[str, Any]) -> str:
    """What a check says that says it in every case."""
    (result,) = grade([("a check", check)], names, source, "").checks
    return result.message


SQUARE = "w = torch.tensor(3.0, requires_grad=True)\ny = w ** 2\n"


@pytest.mark.parametrize(
    ("code", "said"),
    [
        pytest.param(f"{SQUARE}y.backward()", "14.0, 1", id="backward"),
        pytest.param(f"{SQUARE}torch.autograd.backward([y])", "14.0, 1", id="autograd.backward"),
        pytest.param(f"{SQUARE}(w.grad,) = torch.autograd.grad(y, w)", "14.0, 1", id="autograd.grad"),
        pytest.param(f"{SQUARE}w.grad = 2 * w.detach()", "14.0, 0", id="by hand"),
        pytest.param(f"{SQUARE}w.grad = torch.tensor(6.0)", "6.0, 0", id="typed in"),
        pytest.param(f"{SQUARE}w = w + 0\nw.retain_grad()\n(w * w).backward()", "14.0, 1", id="bound twice"),
    ],
)
def test_what_is_computed_follows_the_numbers_and_it_is_counted_how_often_autograd_was_asked(
    code: str, said: str
) -> None:
    check = (
        "made = rerun(w=torch.tensor(7.0, requires_grad=True))\n"
        "assert False, f\"{made['w'].grad.item()}, {made.walks}\""
    )
    assert seen(check, code, left_by(code)) == said


def test_a_run_again_changes_nothing_that_exists() -> None:
    names = left_by(
        "w = torch.ones(2, requires_grad=True)\nlayer = torch.nn.Linear(1, 1)\n"
        "opt = torch.optim.SGD(layer.parameters(), lr=1.0)\nlosses = []\ndef f(x):\n    return x @ w\n"
    )
    code = "loss = layer(torch.ones(1, 1)).sum() + f(torch.ones(2))\nloss.backward()\nopt.step()\nlosses.append(loss)\n"
    weight, original = names["layer"].weight.item(), torch.autograd.grad
    check = "made = rerun()\nassert False, (made['w'].grad.tolist(), len(made['losses']), made['layer'].weight.item())"
    assert seen(check, code, names) == str(([1.0, 1.0], 1, weight - 1))
    assert (names["layer"].weight.item(), names["w"].grad, names["losses"]) == (weight, None, [])
    assert "loss" not in names
    assert torch.autograd.grad is original


@pytest.mark.parametrize("code", ["%timeit 3", "y = = 3", "y = input()", "x = await wait()"])
def test_what_cannot_be_run_again_is_not_held_against_the_code(code: str) -> None:
    assert seen("made = rerun(w=1)\nassert False, 'no'", code, {}) == ""


def test_what_the_code_raises_with_other_numbers_is_what_the_check_says() -> None:
    assert seen("rerun(n=0)", "n = 2\ny = 1 / n\n", {}) == "ZeroDivisionError: division by zero"


def test_names_that_cannot_be_copied_are_the_same_as_before() -> None:
    names = left_by("w = torch.ones(1, requires_grad=True)\ny = w * 2\ncounter = iter([1])\n")
    check = "made = rerun()\nassert False, (made['y'] is y, made['z'])"
    assert seen(check, "z = y.item()\n", names) == "(True, 2.0)"


class Halfway:
    """What cannot be copied, and has its parts copied before that is found."""

    def __init__(self, part: object) -> None:
        self.part = part

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        memo[id(self.part)] = "a copy of what is gone"
        raise TypeError("cannot be copied")


def test_what_was_copied_of_a_name_that_cannot_be_is_not_taken_for_another() -> None:
    held = [1, 2]
    copies = copied({"halfway": Halfway(held), "held": held})
    assert copies["held"] == held
    assert copies["held"] is not held


def test_another_seed_draws_other_numbers() -> None:
    check = "made = [rerun(n)['x'].item() for n in (0, 1, 0)]\nassert False, (made[0] == made[1], made[0] == made[2])"
    assert seen(check, "x = torch.randn(())\n", left_by("")) == "(False, True)"


def test_functions_find_what_the_run_makes() -> None:
    names = left_by("w = 1\ndef f():\n    return w\n")
    assert seen("assert False, (rerun(w=5)['y'], rerun()['y'], w)", "w = 2\ny = f()\n", names) == "(5, 2, 1)"


@pytest.mark.parametrize(
    ("code", "said"),
    [
        pytest.param("a, b = 1, 2\ny = a + b", "12", id="several names at once"),
        pytest.param("a = b = 1\ny = a + b", "11", id="two names for one value"),
        pytest.param("a: int = 1\nb = 2\ny = a + b", "12", id="with its type"),
        pytest.param("a = 1\ny = None\na = 1\ny = a + 2", "12", id="once more, below the starter"),
        pytest.param("a = 1\na = a + 5\ny = a", "15", id="changed further down"),
        pytest.param("y = a + 2", "12", id="from an earlier step"),
        pytest.param("for a in (1, 2):\n    y = a", "", id="by a loop, so that nothing is known"),
        pytest.param("if True:\n    a = 1\ny = a", "", id="in a block, so that nothing is known"),
        pytest.param("a = 1\ny = 3", "3", id="typed in"),
    ],
)
def test_a_given_value_takes_the_place_of_what_is_assigned_however_it_is_written(code: str, said: str) -> None:
    assert seen("assert False, str(rerun(a=10)['y'])", code, left_by("a = 1")) == said
