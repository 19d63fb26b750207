"""What a note says of a layer, and what is not taken for a mistake though it looks like one."""

from __future__ import annotations

import pytest

from tests.unit.probe.coach.mistakes import program
from tests.unit.probe.coach.runs import notes_of
from tui_torch.probe.coach.rules.broadcast_loss import _turned


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
