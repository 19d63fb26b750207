"""Digests of parameters are the same for the same bits, other for others, and few."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from tui_torch.probe.watch.ranks.digests import GROUPS, LARGEST, ParameterDigests, grouped
from tui_torch.probe.watch.ranks.replicas import Replicas
from tui_torch.protocol.records.ranks import RecordDigest


class Stepping(torch.optim.Optimizer):
    """Changes nothing by itself, and imports no compiler as PyTorch's own optimizers do."""

    def __init__(self, *tensors: torch.Tensor) -> None:
        super().__init__(list(tensors), {"lr": 0.1})

    def step(self, closure: object = None) -> None: ...  # type: ignore[override]


def digests_of(*tensors: torch.Tensor, steps: int = 1, seconds: float = 0.0) -> tuple[RecordDigest, ...]:
    """Those of so many steps, each of which takes that long."""
    now = 0.0

    def clock() -> float:
        return now

    digests = ParameterDigests(Replicas(), lambda: 0, clock)
    uninstall = digests.install()
    taken: list[RecordDigest] = []
    try:
        optimizer = Stepping(*tensors)
        for _ in range(steps):
            now += seconds
            optimizer.step()
            taken += digests.take()
    finally:
        uninstall()
    return tuple(taken)


KINDS = {
    "float32": torch.arange(1.0, 13.0).reshape(3, 4),
    "float64": torch.arange(1.0, 13.0, dtype=torch.float64),
    "bfloat16": torch.arange(1.0, 13.0, dtype=torch.bfloat16),
    "float16": torch.arange(1.0, 13.0, dtype=torch.float16),
    "complex64": torch.arange(1.0, 13.0).to(torch.complex64),
    "channels last": torch.randn(2, 3, 4, 5).to(memory_format=torch.channels_last),
    "transposed": torch.randn(4, 3).t(),
    "a scalar": torch.tensor(3.0),
    "a large one": torch.randn(3 * LARGEST + 7),
    "a view": torch.randn(20)[4:9],
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_digest_is_the_same_for_the_same_bits_and_other_for_others(kind: str) -> None:
    tensor = torch.nn.Parameter(KINDS[kind].clone(memory_format=torch.preserve_format))
    tensor.grad = torch.ones_like(tensor)
    (before,) = digests_of(tensor)
    assert digests_of(torch.nn.Parameter(tensor.detach().clone()))[0].groups == (
        replace(before.groups[0], gradients=None),
    )
    with torch.no_grad():
        tensor.flatten()[-1:].add_(0)
        tensor.mul_(1.5)
    (after,) = digests_of(tensor)
    assert after.groups[0].parameters != before.groups[0].parameters
    assert after.groups[0].gradients == before.groups[0].gradients
    assert after.groups[0].norm == pytest.approx(1.5 * before.groups[0].norm, rel=1e-2)
    tensor.grad *= 2
    assert digests_of(tensor)[0].groups[0].gradients != after.groups[0].gradients


@pytest.mark.parametrize(
    "tensor",
    [
        pytest.param(torch.eye(3).to_sparse(), id="sparse"),
        pytest.param(torch.ones(1).expand(4), id="expanded"),
        pytest.param(torch.ones(8)[::2], id="with gaps"),
        pytest.param(torch.ones(0), id="empty"),
        pytest.param(torch.ones(3, device="meta"), id="without memory"),
        pytest.param(torch.ones(3).as_subclass(type("Own", (torch.Tensor,), {})), id="of a subclass, as a shard is"),
    ],
)
def test_what_cannot_be_read_as_it_lies_in_memory_has_no_digest(tensor: torch.Tensor) -> None:
    assert digests_of(tensor) == ()


def test_steps_1_2_4_have_digests_and_later_one_a_second() -> None:
    fast = [digest.count for digest in digests_of(torch.ones(2), steps=3000, seconds=0.001)]
    assert fast == [*(2**power for power in range(11)), 2048]
    slow = [digest.count for digest in digests_of(torch.ones(2), steps=9, seconds=3.0)]
    assert slow == list(range(1, 10))


def test_two_ranks_know_an_optimizer_by_what_it_steps_and_two_alike_by_their_order() -> None:
    def known(*tensors: torch.Tensor) -> str:
        return digests_of(*tensors)[0].optimizer

    assert known(torch.ones(2), torch.ones(3)) == known(torch.zeros(2), torch.zeros(3))
    assert known(torch.ones(2), torch.ones(3)) != known(torch.ones(3), torch.ones(2))
    digests = ParameterDigests(Replicas(), lambda: 0)
    uninstall = digests.install()
    try:
        first, second = Stepping(torch.ones(2)), Stepping(torch.ones(2))
        for optimizer in (first, second, first):
            optimizer.step()
        for _ in range(3):  # made and gone: each is another one
            Stepping(torch.ones(2)).step()
    finally:
        uninstall()
    keys = [(digest.optimizer[-2:], digest.count) for digest in digests.take()]
    assert keys == [("-0", 1), ("-1", 1), ("-0", 2), ("-2", 1), ("-3", 1), ("-4", 1)]


def test_a_loop_under_a_mode_or_without_gradients_is_not_felt() -> None:
    tensor = torch.ones(3, requires_grad=True)
    version = tensor._version
    state = torch.get_rng_state()
    with torch.inference_mode():
        assert len(digests_of(tensor)) == 1
    assert tensor._version == version and tensor.grad is None and torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize(
    ("names", "groups"),
    [
        (["weight", "bias"], ["parameters"]),
        (["0.weight", "0.bias", "2.weight"], ["0", "2"]),
        (["body.0.weight", "body.2.weight", "head.weight"], ["body.0", "body.2", "head"]),
        ([f"layers.{at}.weight" for at in range(3)], ["layers.0", "layers.1", "layers.2"]),
        ([f"{at}.weight" for at in range(2 * GROUPS)], [f"{at}:{at + 2}" for at in range(0, 2 * GROUPS, 2)]),
        (["", ""], ["parameters"]),
    ],
)
def test_parameters_are_grouped_by_modules_of_which_there_are_few(names: list[str], groups: list[str]) -> None:
    assert list(grouped([(name, torch.ones(1)) for name in names])) == groups
