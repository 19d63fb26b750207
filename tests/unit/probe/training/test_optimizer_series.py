"""What is recorded of optimizers: when a rate gets a point, whose gradients are looked at, what a series is called."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest
import torch
from torch.optim.optimizer import _global_optimizer_post_hooks

from tests.unit.probe.training.recorded_run import Run


@pytest.fixture
def run() -> Iterator[Run]:
    run = Run()
    yield run
    run.recorder.uninstall()


def weight() -> torch.nn.Parameter:
    return torch.nn.Parameter(torch.tensor(3.0))


def test_a_rate_gets_a_point_where_it_changes_and_one_before_if_it_was_long_the_same(run: Run) -> None:
    w = weight()
    optimizer = torch.optim.SGD([w], lr=0.5)
    for rate in (0.5, 0.5, 0.5, 0.25, 0.125, 0.125):
        optimizer.param_groups[0]["lr"] = rate
        (w * 1).backward()
        optimizer.step()
    assert run.series()["lr"] == [(1, 0.5), (3, 0.5), (4, 0.25), (5, 0.125), (6, 0.125)]


def test_each_event_has_the_rate_of_the_last_step(run: Run) -> None:
    w = weight()
    optimizer = torch.optim.SGD([w], lr=0.5)
    for rate in (0.5, 0.25, 0.25):
        optimizer.param_groups[0]["lr"] = rate
        (w * 1).backward()
        optimizer.step()
        run.now += 1
    assert [event.learning_rate for event in run.events] == [None, 0.5, 0.25]
    run.recorder.end()
    assert run.events[-1].learning_rate == 0.25
    assert [event.optimizer_steps for event in run.events] == [0, 1, 2, 3]


@pytest.mark.parametrize(("rate", "points"), [(1, [(1, 1.0)]), (torch.tensor(0.5), [(1, 0.5)])])
def test_a_rate_may_be_a_whole_number_or_a_tensor(run: Run, rate: object, points: list[tuple[int, float]]) -> None:
    w = weight()
    optimizer = torch.optim.SGD([w], lr=0.5)
    optimizer.param_groups[0]["lr"] = rate
    (w * 1).backward()
    optimizer.step()
    assert run.series()["lr"] == points


def test_gradients_are_looked_at_once_between_two_events(run: Run) -> None:
    w = weight()
    optimizer = torch.optim.SGD([w], lr=0.0)
    for number in range(1, 7):
        (w * number).backward()
        optimizer.step()
        optimizer.zero_grad()
        run.now += 0.05
    assert run.series()["gradient norm"] == [(1, 1.0), (3, 3.0), (5, 5.0), (6, 6.0)]


def test_a_parameter_without_a_gradient_adds_nothing_to_the_norm(run: Run) -> None:
    a, b = weight(), weight()
    optimizer = torch.optim.SGD([a, b], lr=0.1)
    (a * 5).backward()
    optimizer.step()
    assert run.series()["gradient norm"] == [(1, 5.0)]


def test_an_optimizer_without_any_gradient_has_no_norm(run: Run) -> None:
    optimizer = torch.optim.SGD([weight()], lr=0.1)
    for _ in range(2):
        (weight() * 1).backward()
        optimizer.step()
        run.now += 1
    found = run.series()
    assert found["lr"] == [(1, 0.1), (2, 0.1)] and "gradient norm" not in found


def test_where_no_optimizer_steps_the_gradients_are_those_of_the_losss_leaves(run: Run) -> None:
    w, other = weight(), weight()
    other.grad = torch.tensor(100.0)
    for _ in range(3):
        (w * 4).backward()
        w.grad = None
        run.now += 1
    for _ in range(3):
        (w * 4).backward()
        run.now += 1
    # From the second step on: in the first an optimizer may be yet to come.
    assert run.series()["gradient norm"] == [(2, 4.0), (3, 4.0), (4, 4.0), (5, 8.0), (6, 12.0)]


def test_a_name_that_begins_with_an_underscore_names_no_series(run: Run) -> None:
    a, b = weight(), weight()
    _hidden, shown = torch.optim.SGD([a], lr=0.5), torch.optim.SGD([b], lr=0.25)
    for _ in range(2):
        (a * b).backward()
        _hidden.step()
        shown.step()
    assert {name for name in run.series() if name.endswith("lr")} == {"_hidden.lr", "shown.lr"}


def test_an_optimizer_that_a_function_is_given_has_the_name_that_it_has_outside(run: Run) -> None:
    def fit(optimizer: torch.optim.Optimizer, parameter: torch.nn.Parameter) -> None:
        (parameter * 1).backward()
        optimizer.step()

    a, b = weight(), weight()
    opt_a, opt_b = torch.optim.SGD([a], lr=0.5), torch.optim.SGD([b], lr=0.25)
    fit(opt_a, a)
    fit(opt_b, b)
    found = run.series()
    assert (found["opt_a.lr"], found["opt_b.lr"]) == ([(1, 0.5)], [(2, 0.25)])


def test_an_optimizer_beside_another_is_named_even_if_it_steps_alone(run: Run) -> None:
    a, b = weight(), weight()
    opt_a, opt_b = torch.optim.SGD([a], lr=0.5), torch.optim.SGD([b], lr=0.25)
    (a * 1).backward()
    opt_a.step()
    assert run.series()["opt_a.lr"] == [(1, 0.5)]
    assert opt_b.param_groups[0]["lr"] == 0.25


def test_an_optimizer_keeps_nothing_alive_and_its_points_are_published_after_it(run: Run) -> None:
    w = weight()
    optimizer = torch.optim.SGD([w], lr=0.5)
    (w * 1).backward()
    optimizer.step()
    held = weakref.ref(optimizer)
    del optimizer
    gc.collect()
    assert held() is None
    assert run.series()["lr"] == [(1, 0.5)]


def test_a_hundred_optimizers_are_counted_and_only_as_many_series_published_as_there_are_places(run: Run) -> None:
    w = weight()
    held = [torch.optim.SGD([w], lr=0.5) for _ in range(100)]
    for optimizer in held:
        optimizer.step()
        run.now += 1
    run.recorder.end()
    assert run.events[-1].optimizer_steps == 100
    assert len({series.name for event in run.events for series in event.series}) <= 16


def test_an_optimizer_of_the_learners_own_without_a_rate_is_counted(run: Run) -> None:
    class Own(torch.optim.Optimizer):
        def __init__(self, parameters: list[torch.nn.Parameter]) -> None:
            super().__init__(parameters, {})

        def step(self, closure: object = None) -> None:  # type: ignore[override]
            pass

    own = Own([weight()])
    for _ in range(3):
        own.step()
    run.recorder.end()
    assert run.events[-1].optimizer_steps == 3
    assert run.events[-1].learning_rate is None


@pytest.mark.parametrize("count", [70, 700, 1500, 5000])
def test_steps_that_are_not_heard_are_counted_at_every_event_and_at_the_end(run: Run, count: int) -> None:
    run.recorder.begin("loss.backward()")
    w = weight()
    optimizer = torch.optim.SGD([w], lr=0.0)
    for _ in range(count):
        loss = w * 1
        loss.backward()
        optimizer.step()
        run.now += 1e-4
    run.recorder.end()
    *during, last = run.events
    # An event comes with a backward(), whose step is yet to come.
    assert [event.optimizer_steps for event in during] == [event.step - 1 for event in during]
    assert (last.step, last.optimizer_steps) == (count, count)


def test_an_optimizer_that_was_made_before_the_run_is_heard_from_its_first_step(run: Run) -> None:
    optimizer = torch.optim.SGD([weight()], lr=0.1)
    run.recorder.begin()
    optimizer.step()
    run.recorder.end()
    assert [event.optimizer_steps for event in run.events] == [1]


def test_two_optimizers_that_take_turns_are_heard_in_every_step_and_sampled_once_between_events(run: Run) -> None:
    run.recorder.begin("loss.backward()")
    a, b = weight(), weight()
    opt_a, opt_b = torch.optim.SGD([a], lr=0.5), torch.optim.SGD([b], lr=0.25)
    for number in range(1500):
        loss = a * b
        loss.backward()
        (opt_b if number % 2 else opt_a).step()
        run.now += 1e-4
    assert _global_optimizer_post_hooks, "neither is steady"
    found = run.series()
    for name in ("opt_a gradient norm", "opt_b gradient norm"):
        assert 1 <= len(found[name]) <= len(run.events)


class Prepared(torch.optim.Optimizer):
    """An optimizer that holds another one, as libraries around PyTorch make them."""

    def __init__(self, optimizer: torch.optim.Optimizer) -> None:
        self.optimizer = optimizer

    @property
    def param_groups(self) -> list[dict[str, object]]:  # type: ignore[override]
        return self.optimizer.param_groups

    def step(self, closure: None = None) -> None:  # type: ignore[override]
        self.optimizer.step(closure)


def test_an_optimizer_that_another_one_holds_is_the_only_one(run: Run) -> None:
    w = weight()
    optimizer = Prepared(torch.optim.SGD([w], lr=0.5))
    for _ in range(3):
        (w * 1).backward()
        optimizer.step()
    assert run.series()["lr"] == [(1, 0.5), (3, 0.5)]


def test_two_optimizers_that_others_hold_have_the_names_of_these(run: Run) -> None:
    one, two = weight(), weight()
    first, second = Prepared(torch.optim.SGD([one], lr=0.5)), Prepared(Prepared(torch.optim.SGD([two], lr=0.25)))
    for _ in range(2):
        (one * two).backward()
        first.step()
        second.step()
    found = run.series()
    assert (found["first.lr"], found["second.lr"]) == ([(1, 0.5), (2, 0.5)], [(1, 0.25), (2, 0.25)])
