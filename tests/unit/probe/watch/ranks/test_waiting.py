"""What a process waits in `backward()` is measured without a trace in the program, and none of it is felt."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
import torch.distributed as dist
from torch.distributed.algorithms.ddp_comm_hooks.debugging_hooks import noop_hook
from torch.nn.parallel import DistributedDataParallel

from tui_torch.probe.isolation.torch_internals import collective_count, communication_hook, queue_callback
from tui_torch.probe.watch.ranks.replicas import Replicas, ranks_alike
from tui_torch.probe.watch.ranks.waiting import Waiting


@pytest.fixture(scope="module", autouse=True)
def group() -> Iterator[None]:
    """A group of this process alone, in which `DistributedDataParallel` does all that it does among others."""
    dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
    yield
    dist.destroy_process_group()


class Measured:
    """A model that is listened to, and what has come of it."""

    def __init__(self, **options: bool) -> None:
        self.arrived: list[tuple[int, int]] = []
        self.steps = 0
        self.now = 0.0
        self.scale: float | None = None
        self.replicas = Replicas()
        self.waiting = Waiting(
            self.replicas,
            lambda: self.steps,
            lambda collective, step, _: self.arrived.append((collective, step)),
            lambda loss: self.scale,
            self.clock,
        )
        uninstall = self.replicas.install()
        self.model = DistributedDataParallel(torch.nn.Linear(3, 1), **options)
        uninstall()

    def clock(self) -> float:
        """Each reading takes a tenth of a second."""
        self.now += 0.1
        return self.now

    def backward(self, loss: torch.Tensor | None = None, *, retain_graph: bool = False) -> torch.Tensor:
        loss = self.model(torch.ones(2, 3)).sum() if loss is None else loss
        self.waiting.before_backward(loss)
        loss.backward(retain_graph=retain_graph)
        self.steps += 1
        return loss


def test_what_is_queued_in_a_backward_is_called_in_order_also_what_is_queued_by_it() -> None:
    """If this fails, PyTorch has changed `queue_callback`: repair it in probe/isolation/torch_internals.py."""
    called: list[str] = []

    def first() -> None:
        called.append("first")
        queue_callback(lambda: called.append("third"))

    def begun(*_: object) -> None:
        queue_callback(first)
        queue_callback(lambda: called.append("second"))

    loss = torch.ones(2, requires_grad=True).sum()
    assert loss.grad_fn is not None
    loss.grad_fn.register_prehook(begun)
    loss.backward()
    assert called == ["first", "second", "third"]


def test_collectives_are_counted_and_hooks_have_names() -> None:
    """If this fails, PyTorch has changed a name in probe/isolation/torch_internals.py that is relied on."""
    before = collective_count(dist.group.WORLD)
    dist.all_reduce(torch.ones(1))
    dist.barrier()
    assert collective_count(dist.group.WORLD) == before + 2
    measured = Measured()
    assert (communication_hook(measured.model), ranks_alike(measured.model)) == ("", (0,))
    measured.model.register_comm_hook(None, noop_hook)
    assert (communication_hook(measured.model), ranks_alike(measured.model)) == ("noop_hook", ())


def test_a_wait_is_measured_and_its_arrival_told_at_each_step_with_the_own_gradients_norm() -> None:
    measured = Measured()
    for step in range(1, 4):
        measured.backward()
        assert [at for _, at in measured.arrived] == list(range(1, step + 1))
    assert measured.waiting.is_measured and measured.waiting.seconds == pytest.approx(0.3)  # a reading each
    collectives = [collective for collective, _ in measured.arrived]
    assert collectives == sorted(set(collectives))
    ((step, norm),) = measured.waiting.take_norms()
    assert (step, norm) == (1, pytest.approx((3 * 2**2 + 2**2) ** 0.5))


def test_the_own_gradients_norm_is_without_the_factor_of_a_gradient_scaler() -> None:
    measured = Measured()
    measured.scale = 4.0
    measured.backward(4 * measured.model(torch.ones(2, 3)).sum())
    assert measured.waiting.take_norms() == ((1, pytest.approx(4.0)),)


def test_a_warning_of_the_wrapper_is_of_the_programs_line_and_a_model_that_cannot_be_wrapped_is_none() -> None:
    replicas = Replicas()
    uninstall = replicas.install()
    try:
        with pytest.raises(RuntimeError, match="requires a gradient"):
            DistributedDataParallel(torch.nn.Linear(3, 1).requires_grad_(False))
        assert replicas.models() == []
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            model = DistributedDataParallel(torch.nn.Linear(3, 1), broadcast_buffers=False)
        assert replicas.models() == [model]
        assert {Path(warning.filename) for warning in warned} <= {Path(__file__)}
        del model
        assert replicas.models() == []
    finally:
        uninstall()


def test_gradients_that_are_not_averaged_and_those_that_lie_in_what_is_averaged_have_no_own_norm() -> None:
    viewed = Measured(gradient_as_bucket_view=True)
    viewed.backward()
    assert viewed.arrived and viewed.waiting.take_norms() == ()
    alone = Measured()
    with alone.model.no_sync():
        alone.backward()
    assert not alone.arrived and alone.waiting.take_norms() == ()


def test_a_graph_that_goes_backward_twice_and_one_that_fails_are_as_they_were() -> None:
    measured = Measured()
    weight = torch.ones(2, requires_grad=True)
    loss = measured.backward((weight * 2).sum(), retain_graph=True)
    loss.backward()
    assert torch.equal(weight.grad, torch.full((2,), 4.0))  # type: ignore[arg-type]
    before = measured.waiting.seconds
    with pytest.raises(RuntimeError, match="second time"):
        measured.backward(loss)
    assert measured.waiting.seconds == before
    measured.waiting.before_backward(torch.ones(1))  # without a graph
    measured.waiting.before_backward(torch.ones((), requires_grad=True))


def test_an_error_of_ours_is_none_of_backward() -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("broken")

    measured = Measured()
    measured.waiting = Waiting(measured.replicas, lambda: 0, broken)
    measured.backward()
    assert measured.model.module.weight.grad is not None


def test_a_collective_of_the_programs_own_is_a_wait_and_one_that_is_not_waited_for_is_none() -> None:
    measured = Measured()
    uninstall = measured.waiting.install()
    try:
        total = torch.ones(2)
        dist.all_reduce(total)
        waited = measured.waiting.seconds
        assert waited > 0 and measured.arrived[-1] == (collective_count(dist.group.WORLD), 0)
        work = dist.all_reduce(total, async_op=True)
        assert work is not None
        work.wait()
        assert measured.waiting.seconds == waited
        with pytest.raises(TypeError, match="incompatible"):
            dist.all_reduce(total, op="no operation")  # type: ignore[arg-type]
    finally:
        uninstall()
    assert dist.all_reduce.__module__ == "torch.distributed.distributed_c10d"
