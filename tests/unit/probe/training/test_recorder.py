"""The recorder learns the course of a loop from ordinary PyTorch, and never gets in its way."""

from __future__ import annotations

import gc
import math
import weakref
from collections.abc import Iterator

import pytest
import torch
from torch.utils.data import DataLoader, TensorDataset

from tui_torch.probe.training.recorder import TrainingRecorder
from tui_torch.protocol.events import TrainingProgress

PYTORCHS_OWN = torch.Tensor.backward, DataLoader.__iter__, torch.optim.Optimizer.__init__


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Recording:
    """A recorder that is installed, and what it published."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.events: list[TrainingProgress] = []
        self.recorder = TrainingRecorder(self.events.append, self.clock)

    @property
    def losses(self) -> list[float]:
        return [loss for event in self.events for _, loss in event.losses]

    @property
    def epoch_starts(self) -> list[int]:
        return [start for event in self.events for start in event.epoch_starts]


@pytest.fixture(params=["", "loss.backward()"], ids=["code unknown", "code with one backward"])
def recording(request: pytest.FixtureRequest) -> Iterator[Recording]:
    recording = Recording()
    recording.recorder.install()
    recording.recorder.begin(request.param)
    yield recording
    recording.recorder.uninstall()


def step(number: float = 1.0) -> torch.Tensor:
    loss = torch.tensor(number, requires_grad=True) * 1
    loss.backward()
    return loss


def loader() -> DataLoader[tuple[torch.Tensor, ...]]:
    return DataLoader(TensorDataset(torch.arange(4.0)), batch_size=2)


def test_losses_are_those_of_backward(recording: Recording) -> None:
    for number in (3.0, 2.0, 1.0):
        step(number)
    recording.recorder.end()
    assert [point for event in recording.events for point in event.losses] == [(1, 3.0), (2, 2.0), (3, 1.0)]
    assert recording.events[-1].step == 3


def test_the_loop_computes_what_it_computes_without_us() -> None:
    def train() -> list[float]:
        torch.manual_seed(0)
        model = torch.nn.Linear(2, 1)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        seen = []
        for (batch,) in DataLoader(TensorDataset(torch.randn(8, 2)), batch_size=2, shuffle=True):
            loss = model(batch).square().mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            seen.append(loss.item())
        return seen

    alone = train()
    recording = Recording()
    recording.recorder.install()
    recording.recorder.begin()
    watched = train()
    recording.recorder.end()
    recording.recorder.uninstall()
    assert watched == alone == recording.losses
    last = recording.events[-1]
    assert (last.step, last.optimizer_steps, last.learning_rate, last.epoch) == (4, 4, 0.1, 1)


def test_uninstalling_leaves_pytorch_as_it_was() -> None:
    recorder = TrainingRecorder(lambda _: None)
    recorder.install()
    recorder.install()
    assert torch.Tensor.backward is not PYTORCHS_OWN[0]
    recorder.uninstall()
    assert (torch.Tensor.backward, DataLoader.__iter__, torch.optim.Optimizer.__init__) == PYTORCHS_OWN


def test_the_patched_backward_still_looks_like_pytorchs(recording: Recording) -> None:
    assert torch.Tensor.backward.__doc__ == PYTORCHS_OWN[0].__doc__
    assert torch.Tensor.backward.__name__ == "backward"


def test_outside_a_run_nothing_is_recorded(recording: Recording) -> None:
    recording.recorder.end()
    step()
    recording.recorder.end()
    assert recording.events == []


def test_each_run_counts_from_one(recording: Recording) -> None:
    step()
    recording.recorder.end()
    recording.recorder.begin()
    step()
    recording.recorder.end()
    assert [event.step for event in recording.events] == [1, 1]


def test_a_backward_that_fails_is_not_recorded(recording: Recording) -> None:
    with pytest.raises(RuntimeError, match="does not require grad"):
        torch.tensor(1.0).backward()
    recording.recorder.end()
    assert recording.events == []


def test_every_argument_of_backward_is_passed_on(recording: Recording) -> None:
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = torch.tensor([1.0, 2.0], requires_grad=True)
    (x * y).backward(torch.tensor([1.0, 10.0]), retain_graph=True, inputs=[x])
    assert x.grad is not None and x.grad.tolist() == [1.0, 20.0] and y.grad is None


def test_a_backward_that_is_no_scalars_is_no_step(recording: Recording) -> None:
    (torch.ones(2, requires_grad=True) * 1).backward(torch.ones(2))
    step()
    recording.recorder.end()
    assert recording.events[-1].step == 1


def test_a_subclass_of_tensor_is_recorded_too(recording: Recording) -> None:
    class Loss(torch.Tensor):
        pass

    (torch.tensor(4.0, requires_grad=True) * 1).as_subclass(Loss).backward()
    recording.recorder.end()
    assert recording.losses == [4.0]


def test_a_loss_is_recorded_once_under_a_default_device(recording: Recording) -> None:
    torch.set_default_device("cpu")
    try:
        step(4.0)
    finally:
        torch.set_default_device(None)
    recording.recorder.end()
    assert recording.losses == [4.0]


def test_a_loss_that_is_not_a_number_is_recorded(recording: Recording) -> None:
    step(math.nan)
    step(math.inf)
    recording.recorder.end()
    assert math.isnan(recording.losses[0]) and recording.losses[1] == math.inf


def test_a_loss_whose_device_has_no_elements_counts_as_a_step(recording: Recording) -> None:
    (torch.ones((), device="meta", requires_grad=True) * 1).backward()
    step(2.0)
    recording.recorder.end()
    assert recording.losses == [2.0] and recording.events[-1].step == 2


def test_an_epoch_begins_with_the_first_backward_of_a_pass(recording: Recording) -> None:
    for _ in range(3):
        for _batch in loader():
            step()
    recording.recorder.end()
    assert recording.events[-1].epoch == 3
    assert recording.epoch_starts == [1, 3, 5]


def test_validation_is_no_epoch(recording: Recording) -> None:
    validation = loader()
    for _ in range(2):
        for _batch in loader():
            step()
            for _unused in validation:
                pass
            with torch.no_grad():
                kept = iter(validation)
        list(validation)
        del kept
    recording.recorder.end()
    assert recording.epoch_starts == [1, 3]


def test_a_loop_without_a_loader_has_no_epoch(recording: Recording) -> None:
    step()
    recording.recorder.end()
    assert recording.events[-1].epoch is None


def test_two_loaders_side_by_side_are_one_epoch(recording: Recording) -> None:
    for _ in zip(loader(), loader(), strict=True):
        step()
    recording.recorder.end()
    assert recording.events[-1].epoch == 1


def test_the_learning_rate_follows_a_scheduler(recording: Recording) -> None:
    weight = torch.nn.Parameter(torch.tensor(1.0))
    optimizer = torch.optim.SGD([weight], lr=1.0)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 1, gamma=0.5)
    rates = []
    for _ in range(3):
        (weight * 1).backward()
        optimizer.step()
        scheduler.step()
        recording.clock.now += 1
        step()
        rates.append(recording.events[-1].learning_rate)
    assert rates == [1.0, 0.5, 0.25]


def test_steps_of_an_optimizer_without_a_backward_are_told_too(recording: Recording) -> None:
    torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], lr=0.1).step()
    recording.recorder.end()
    assert (recording.events[-1].optimizer_steps, recording.events[-1].step) == (1, 0)


def test_events_come_a_dozen_times_a_second_and_lose_nothing(recording: Recording) -> None:
    for number in range(1000):
        step(float(number))
        recording.clock.now += 0.001
    recording.recorder.end()
    assert 12 <= len(recording.events) <= 14
    assert recording.losses == [float(number) for number in range(1000)]


def test_a_fast_loop_loses_nothing_either(recording: Recording) -> None:
    seen = []
    for number in range(900):
        seen.append(step(math.sin(number)).item())
        recording.clock.now += 80e-6
    recording.recorder.end()
    points = [point for event in recording.events for point in event.losses]
    assert points == list(enumerate(seen, start=1))


def test_in_a_fast_loop_little_is_looked_at(recording: Recording, request: pytest.FixtureRequest) -> None:
    heard = []
    recording.recorder.before_backward.append(lambda loss, site: heard.append(loss.item()))
    for number in range(2000):
        if number == 500:
            recording.recorder.before_backward.clear()
        step(float(number))
        recording.clock.now += 80e-6
    begun = recording.recorder._backward_log.begun_at
    step()
    assert heard == [float(number) for number in range(500)]
    looks_at_each = "unknown" in request.node.name
    assert (recording.recorder._backward_log.begun_at > begun) is looks_at_each
    # Where it was not looked at, it may have begun just now.
    assert begun < recording.recorder.last_backward <= torch._C._autograd._get_sequence_nr()  # type: ignore[attr-defined]


def test_a_place_that_the_code_does_not_show_is_told_apart_once_it_is_met() -> None:
    recording = Recording()
    recording.recorder.install()
    recording.recorder.begin("loss.backward()")

    def of_a_module_that_is_imported(hidden: torch.Tensor) -> None:
        hidden.backward()

    try:
        for number in range(1000):
            step(float(number))
            recording.clock.now += 100e-6
        for number in range(1000):
            of_a_module_that_is_imported(torch.tensor(-1.0 - number, requires_grad=True) * 1)
            recording.clock.now += 100e-6
        recording.recorder.end()
    finally:
        recording.recorder.uninstall()
    steps = [step for event in recording.events for step, _ in event.losses]
    told: dict[str, list[float]] = {}
    for series in (series for event in recording.events for series in event.series):
        if series.kind == "loss":
            told.setdefault(series.name, []).extend(value for _, value in series.points)
    assert steps == list(range(1, 2001))
    assert set(told) == {"loss", "hidden"}
    assert len(told["hidden"]) >= 1000 - 64 and max(told["hidden"]) < 0


def test_an_event_is_bounded_and_keeps_the_spike(recording: Recording) -> None:
    step()  # the first event goes out at once
    for number in range(20_000):
        step(99.0 if number == 12_344 else 1.0)
    recording.recorder.end()
    first, second = recording.events
    assert (first.step, second.step) == (1, 20_001)
    assert len(second.losses) <= 1000 and (12_346, 99.0) in second.losses


def test_a_publisher_that_fails_does_not_stop_the_loop() -> None:
    def fail(progress: TrainingProgress) -> None:
        raise OSError("the other side is gone")

    recorder = TrainingRecorder(fail)
    recorder.install()
    recorder.begin()
    try:
        step()
    finally:
        recorder.end()
        recorder.uninstall()


def test_an_interrupt_while_publishing_reaches_the_learner() -> None:
    def interrupt(progress: TrainingProgress) -> None:
        raise KeyboardInterrupt

    recorder = TrainingRecorder(interrupt)
    recorder.install()
    recorder.begin()
    try:
        with pytest.raises(KeyboardInterrupt):
            step()
    finally:
        recorder.uninstall()


def test_nothing_of_a_run_is_kept(recording: Recording) -> None:
    weight = torch.nn.Parameter(torch.ones(2))
    optimizer = torch.optim.SGD([weight], lr=0.1)
    for _ in range(3):
        loss = weight.sum()
        loss.backward()
        optimizer.step()
        recording.clock.now += 1
    watched = [weakref.ref(value) for value in (weight, optimizer, loss)]
    del weight, optimizer, loss
    gc.collect()
    assert [value() for value in watched] == [None] * 3
