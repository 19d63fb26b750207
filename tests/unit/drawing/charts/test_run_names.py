"""What two versions of some code are called: by what differs between them."""

from __future__ import annotations

import re
import warnings
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_torch.drawing.charts.run_names import LONGEST, Difference, differences, names_of

SGD = "opt = torch.optim.SGD(model.parameters(), lr=1e-5)"
NET = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(1, 8), nn.ReLU(), nn.Linear(8, 1))
"""
LOOP = """
for epoch in range(100):
    loss = F.mse_loss(model(x), y)
    loss.backward()
    opt.step()
    opt.zero_grad()
"""

TABLE = [
    ("lr = 1e-5", "lr = 1e-2", "lr=1e-5", "lr=1e-2"),
    ("lr: float = 0.1", "lr: float = 0.2", "lr=0.1", "lr=0.2"),
    ("lr, epochs = 1e-5, 10", "lr, epochs = 1e-4, 10", "lr=1e-5", "lr=1e-4"),
    (SGD, SGD.replace("1e-5", "1e-2"), "lr=1e-5", "lr=1e-2"),
    (SGD, SGD.replace("1e-5", "1e-5, momentum=0.9"), "no momentum", "momentum=0.9"),
    (SGD, SGD.replace("SGD", "Adam"), "SGD", "Adam"),
    (LOOP, LOOP.replace("100", "300"), "range(100)", "range(300)"),
    (LOOP, LOOP.replace("mse", "l1"), "mse_loss", "l1_loss"),
    (LOOP, LOOP.replace("    opt.zero_grad()\n", ""), "opt.zero_grad()", "no opt.zero_grad()"),
    (LOOP, LOOP.replace("(model(x), y)", "(model(x), y, reduction='sum')"), "no reduction", "reduction='sum'"),
    (NET, NET.replace("ReLU", "Tanh"), "ReLU", "Tanh"),
    (NET, NET.replace("1, 8)", "1, 16)").replace("8, 1)", "16, 1)"), "Linear(1, 8)", "Linear(1, 16)"),
    (NET, NET.replace(", nn.Linear(8, 1)", ""), "nn.Linear(8, 1)", "no nn.Linear(8, 1)"),
    ("w -= 0.1 * w.grad", "w -= 0.01 * w.grad", "0.1 * w.grad", "0.01 * w.grad"),
    ("torch.manual_seed(0)", "torch.manual_seed(1)", "manual_seed(0)", "manual_seed(1)"),
    ("losses = fit(100, model, F.mse_loss, opt)", "losses = fit(300, model, F.mse_loss, opt)", "100", "300"),
    ("lr = 1e-5\nprint(lr", "lr = 1e-4\nprint(lr", "lr = 1e-5", "lr = 1e-4"),
]


@pytest.mark.parametrize(("before", "after", "earlier", "current"), TABLE)
def test_runs_are_named_by_what_differs_in_their_code(before, after, earlier, current):
    first = differences(dedent(before), dedent(after))[0]
    assert first == Difference(earlier, current)
    assert names_of([before, after], [1, 2])[0].startswith(earlier)


@pytest.mark.parametrize(
    ("before", "after"), [("x = 1", "x = 1  # one"), ("f(a, b)", "f(a,\n  b)"), ("lr = 1e-5", "lr = 1e-05")]
)
def test_comments_layout_and_the_same_number_written_otherwise_are_no_difference(before, after):
    assert differences(before, after) == ()


def test_runs_of_the_same_code_have_numbers():
    assert names_of(["lr = 1"] * 2, [3, 4]) == ("run 3", "run 4")


def test_going_back_to_earlier_code_gives_both_its_name_and_their_numbers():
    assert names_of(["lr = 1", "lr = 2", "lr = 1"], [1, 2, 3]) == ("lr=1 (run 1)", "lr=2", "lr=1 (run 3)")


def test_the_last_run_is_named_by_its_most_recent_change_first():
    codes = ["lr = 1\nepochs = 5", "lr = 2\nepochs = 5", "lr = 2\nepochs = 9"]
    assert names_of(codes, [1, 2, 3]) == ("lr=1, epochs=5", "epochs=5", "epochs=9, lr=2")


def test_an_escape_that_python_frowns_upon_is_not_warned_about():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert differences("x = '\\d'", "x = '\\e'")


PIECES = st.sampled_from(
    re.split(
        r" \| ",
        """lr = 0.1 | lr = 1 | f(a, b=2) | f(a, *c) | for i in x: g(i) | a, b = 1, 2 | x[0] += 3 | def f(x, /): ... 
 | x = ( | with a as b: c | {1: 2, **d} | [i for i in y if i] | lambda q: q < 3 | lambda q: q > 3 | print(f'{lr:.2f}')
 | import torch.nn as nn | del x | a if b else c | x: int | async def g(): await h | \0 | a and b or c | a < b < c | @d
def g(x=1, *y, z: int = 2, **w) -> int: return x | try: a
except B: c | match x:
  case [1, *rest]: y | class A(B, metaclass=C): pass | global x, y | from . import q | a @ b | ~a | await a""",
    )
)


@given(st.lists(PIECES, max_size=5).map("\n".join), st.lists(PIECES, max_size=5).map("\n".join))
def test_any_two_texts_have_short_names(before, after):
    for difference in differences(before, after):
        assert difference.before != "" and len(difference.before) <= LONGEST
        assert difference.after != "" and len(difference.after) <= LONGEST
    earlier, current = names_of([before, after], [1, 2])
    assert earlier != current and len(earlier) <= LONGEST + len(" (run 1)")


def test_a_long_value_is_named_by_what_differs_in_it():
    before = "sizes = [100, 200, 300, 400, 500]"
    assert differences(before, before.replace("500", "600")) == (Difference("500", "600"),)
