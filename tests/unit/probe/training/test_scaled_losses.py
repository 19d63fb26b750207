"""Losses that a GradScaler scales before `backward()`: recorded as they were, under their own names."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from tests.unit.probe.training.recorded_run import Run


@pytest.fixture
def run() -> Iterator[Run]:
    run = Run()
    yield run
    run.recorder.uninstall()


def scaled_loop(*, fused: bool = False) -> tuple[list[float], list[float]]:
    """Return the losses of a loop in mixed precision, and the norms of its unscaled gradients."""
    torch.manual_seed(0)
    model, x, y = torch.nn.Linear(4, 1), torch.randn(32, 4), torch.randn(32, 1)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01, fused=fused)
    scaler = torch.amp.GradScaler("cpu")
    losses: list[float] = []
    norms: list[float] = []
    for _ in range(5):
        optimizer.zero_grad()
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss = torch.nn.functional.mse_loss(model(x), y)
        scaler.scale(loss).backward()
        gradients = [parameter.grad.flatten() for parameter in model.parameters() if parameter.grad is not None]
        norms.append(torch.cat(gradients).norm().item() / scaler.get_scale())
        scaler.step(optimizer)
        scaler.update()
        losses.append(loss.item())
    return losses, norms


def test_a_loss_in_mixed_precision_is_recorded_unscaled_under_its_own_name(run: Run) -> None:
    losses, _ = scaled_loop()
    found = run.series()
    assert found["loss"] == list(enumerate(losses, 1))
    assert "scaler.scale(loss)" not in found


@pytest.mark.parametrize("fused", [False, True])
def test_the_gradient_norm_in_mixed_precision_is_that_of_unscaled_gradients(run: Run, fused: bool) -> None:
    _, norms = scaled_loop(fused=fused)
    assert run.series()["gradient norm"] == [(1, pytest.approx(norms[0]))]


def test_two_losses_scaled_before_either_goes_backward_are_told_apart(run: Run) -> None:
    scaler = torch.amp.GradScaler("cpu")
    for number in range(3):
        first, second = (torch.tensor(value + number, requires_grad=True) * 1 for value in (1.0, 10.0))
        scaled_first, scaled_second = scaler.scale([first, second])
        scaled_second.backward()
        scaled_first.backward()
    found = run.series()
    assert found["scaled_second"] == [(1, 10.0), (3, 11.0), (5, 12.0)]
    assert found["scaled_first"] == [(2, 1.0), (4, 2.0), (6, 3.0)]


def test_a_scaler_that_is_switched_off_changes_nothing(run: Run) -> None:
    scaler = torch.amp.GradScaler("cpu", enabled=False)
    loss = torch.tensor(3.0, requires_grad=True) * 1
    scaler.scale(loss).backward()
    assert run.series()["loss"] == [(1, 3.0)]


def test_what_is_no_gradient_scaler_gives_no_loss_its_name(run: Run) -> None:
    class Weight:
        def scale(self, loss: torch.Tensor) -> torch.Tensor:
            return loss

    weight, loss = Weight(), torch.tensor(3.0, requires_grad=True) * 1
    weight.scale(loss).backward()
    assert run.series()["weight.scale(loss)"] == [(1, 3.0)]


def test_two_losses_that_a_scaler_leaves_as_they_are_keep_their_names(run: Run) -> None:
    scaler = torch.amp.GradScaler("cpu", enabled=False)
    first, second = (torch.tensor(value, requires_grad=True) * 1 for value in (1.0, 10.0))
    torch.autograd.backward([scaler.scale(first), scaler.scale(second)])
    found = run.series()
    assert (found["first"], found["second"]) == ([(1, 1.0)], [(1, 10.0)])


def test_a_loss_that_is_not_scaled_after_one_that_was_keeps_its_value(run: Run) -> None:
    scaler = torch.amp.GradScaler("cpu")
    for number in range(3):
        loss = torch.tensor(1.0 + number, requires_grad=True) * 1
        scaler.scale(loss).backward()
        plain = torch.tensor(5.0 + number, requires_grad=True) * 1
        plain.backward()
    found = run.series()
    assert found["loss"] == [(1, 1.0), (3, 2.0), (5, 3.0)]
    assert found["plain"] == [(2, 5.0), (4, 6.0), (6, 7.0)]
