"""What a note says of a layer, and what is not taken for a mistake though it looks like one."""

from __future__ import annotations

import re
from typing import Any

import pytest
import torch

from tests.unit.probe.coach.every_program import MISTAKES
from tests.unit.probe.coach.mistakes import program
from tests.unit.probe.coach.runs import IMPORTS, Slowly, notes_of
from tui_torch.probe.coach.rules.broadcast_loss import _turned
from tui_torch.probe.coach.tensor_stamp import MOST, elements, stamp


def test_weights_that_are_moved_behind_autograds_back_are_not_said_to_stand_still() -> None:
    code = program("""
        model = nn.Linear(1, 1)
        opt = torch.optim.SGD(model.parameters(), lr=0.1)
        for step in range(30):
            loss = F.mse_loss(model(x), y)
            loss.backward()
            for p in model.parameters():
                p.data -= 0.1 * p.grad
                p.grad = None
    """)
    assert notes_of(code) == []


def test_a_batch_norm_that_is_judged_in_train_learns_from_what_it_is_judged_on() -> None:
    code = program("""
        model = nn.Sequential(nn.Linear(1, 8), nn.BatchNorm1d(8), nn.Dropout(0.25), nn.Linear(8, 1))
        opt = torch.optim.SGD(model.parameters(), lr=0.01)
        for epoch in range(3):
            opt.zero_grad()
            loss = F.mse_loss(model(x), y)
            loss.backward()
            opt.step()
            with torch.no_grad():
                val_loss = F.mse_loss(model(x), y)
    """)
    [note] = notes_of(code)
    assert "its `BatchNorm1d` takes the statistics of each batch, and learns from them and `Dropout(0.25)`" in note.says


@pytest.mark.parametrize(
    ("predicted", "target", "fix"),
    [
        ((8, 1), (8,), ".unsqueeze(1)"),
        ((8,), (8, 1), ".squeeze(1)"),
        ((8,), (8, 8), None),
        ((8, 8), (8,), None),
        ((8, 1), (1, 8), None),
        ((8, 1, 1), (8,), None),
        ((8,), (8, 1, 1), None),
    ],
)
def test_a_target_is_turned_only_where_one_dimension_of_1_is_missing_or_too_many(
    predicted: tuple[int, ...], target: tuple[int, ...], fix: str | None
) -> None:
    assert _turned(predicted, target) == fix


def test_a_second_loop_with_a_mistake_is_looked_at_however_long_the_first_was_right() -> None:
    code = program("""
        model = nn.Linear(1, 1)
        opt = torch.optim.SGD(model.parameters(), lr=0.01)
        for step in range(200):
            opt.zero_grad()
            loss = F.mse_loss(model(x), y)
            loss.backward()
            opt.step()
        opt.zero_grad()
        for step in range(5):
            second = F.mse_loss(model(x), y)
            second.backward()
            opt.step()
    """)
    # No time passes, so that nothing but the new call site makes the coach look.
    [note] = notes_of(code, clock=Slowly(0.0))
    assert note.rule == "never-zeroed"
    assert code.splitlines()[(note.line or 0) - 1].strip() == "second.backward()"


def test_of_a_large_tensor_evenly_spread_elements_are_compared() -> None:
    large = torch.arange(float(4 * MOST))
    assert elements(large).tolist() == large[::4].tolist()
    assert elements(large[:MOST]).tolist() == large[:MOST].tolist()
    turned = torch.arange(600.0 * 600.0).reshape(600, 600).t()
    assert elements(turned).tolist() == turned[:, 0].tolist()
    assert elements(turned[:300]).tolist() == turned[:300].flatten().tolist()


def test_a_stamp_tells_tensors_by_their_numbers_whatever_their_dtype_and_layout() -> None:
    assert stamp(torch.zeros(3)).is_zero and not stamp(torch.tensor([0.0, 1.0])).is_zero
    assert (stamp(torch.tensor([3, 4])).total, stamp(torch.tensor([3, 4])).norm) == (7.0, 5.0)
    assert stamp(torch.tensor([3 + 4j])).norm == 5.0
    sparse = torch.tensor([[0.0, 2.0], [0.0, 0.0]])
    assert stamp(sparse.to_sparse()).total == stamp(sparse.to_sparse_csr()).total == 2.0
    one, other = stamp(torch.tensor([1.0, 2.0])), stamp(torch.tensor([2.0, 1.0]))
    assert one.same_numbers(other)
    assert not one.same_numbers(stamp(torch.tensor([3.0, 0.0])))
    assert not one.same_numbers(stamp(torch.tensor([1.0, -2.0])))


def test_of_a_loss_that_became_infinite_the_growth_of_the_gradient_is_said_too() -> None:
    code = program("""
        w = torch.tensor(0.0, requires_grad=True)
        opt = torch.optim.SGD([w], lr=100.0)
        for step in range(40):
            loss = (w - 3) ** 2
            loss.backward()
            opt.step()
            opt.zero_grad()
            tick()
    """)
    clock = Slowly(0.0)

    def tick() -> None:
        clock.now += 0.1

    names: dict[str, Any] = {"__name__": "__main__", "tick": tick}
    exec(IMPORTS, names)
    [note] = notes_of(code, names, clock=clock)
    assert "from 9 at step 1 to 5.44e37 at step 9, the gradient's norm from 6 to 1.48e19." in note.says


@pytest.mark.parametrize(
    ("steps", "when"), [(12, "became infinite at step 10: it had"), (40, "at step 10 and NaN at step 19: it had")]
)
def test_a_loss_that_became_infinite_says_when_it_became_nan_if_it_did(steps: int, when: str) -> None:
    code = program(f"""
        w = torch.tensor(0.0, requires_grad=True)
        opt = torch.optim.SGD([w], lr=100.0)
        for step in range({steps}):
            loss = (w - 3) ** 2
            loss.backward()
            opt.step()
            opt.zero_grad()
    """)
    [note] = notes_of(code, clock=Slowly(0.0))
    assert when in note.says


def test_weights_of_an_optimizer_that_has_yet_to_step_are_not_said_to_be_held_by_none() -> None:
    code = program("""
        body, head = nn.Linear(1, 4), nn.Linear(4, 1)
        opt = torch.optim.SGD(body.parameters(), lr=0.01)
        opt_of_the_head = torch.optim.SGD(head.parameters(), lr=0.01)
        for step in range(20):
            opt.zero_grad()
            opt_of_the_head.zero_grad()
            loss = F.mse_loss(head(body(x)), y)
            loss.backward()
            opt.step()
    """)
    assert notes_of(code) == []
    without = "\n".join(line for line in code.splitlines() if "opt_of_the_head" not in line)
    assert [
        note.rule for note in notes_of(without.replace("opt.zero_grad()", "opt.zero_grad(); head.zero_grad()"))
    ] == ["not-held"]


def test_a_loss_that_hardly_moves_is_said_with_its_first_and_its_last_step() -> None:
    [note] = notes_of(MISTAKES["a learning rate that moves nothing"].code)
    assert re.match(r"The loss hardly moves: \d\.\d+ at step 1, \d\.\d+ at step 200\. ", note.says), note.says
