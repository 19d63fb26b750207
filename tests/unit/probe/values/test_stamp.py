"""A value that a stamp says holds still is as it was, by a comparison of all that there is to it."""

from __future__ import annotations

import gc
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tui_torch.probe.isolation.undisturbed import unobserved
from tui_torch.probe.values import stamp as stamp_module
from tui_torch.probe.values.elements import EXACT
from tui_torch.probe.values.stamp import are_alike, holds_still, stamp_of, still_at_once
from tui_torch.probe.values.summary import summarize


class Pair:
    """A tensor, and a NumPy array of the same memory, which no version counter sees."""

    def __init__(self, numel: int) -> None:
        self.array = np.arange(numel, dtype=np.float32)
        self.tensor = torch.from_numpy(self.array)

    def contents(self) -> tuple[object, ...]:
        tensor, gradient = self.tensor, self.tensor.grad
        held = None if gradient is None else (id(gradient), gradient.clone().numpy().tobytes())
        place = (tensor.data_ptr(), tuple(tensor.shape), tensor.stride(), tensor.dtype, tensor.requires_grad)
        return (*place, tensor.detach().clone().numpy().tobytes(), held)


def fill_gradient(pair: Pair) -> None:
    pair.tensor.grad = torch.ones_like(pair.tensor.detach())


def edit_gradient(pair: Pair) -> None:
    if pair.tensor.grad is not None:
        pair.tensor.grad.data[-1] += 1


EDITS: dict[str, Callable[[Pair], object]] = {
    "nothing": lambda pair: None,
    "in place": lambda pair: pair.tensor.detach().add_(1),
    "through a view": lambda pair: pair.tensor.detach()[1:].mul_(3),
    "past the version": lambda pair: pair.tensor.data.neg_(),
    "by its array": lambda pair: pair.array.__setitem__(len(pair.array) // 2, -7.0),
    "by its array, as it was": lambda pair: pair.array.__setitem__(0, pair.array[0]),
    "its gradient arrives": fill_gradient,
    "its gradient is edited": edit_gradient,
    "its gradient goes": lambda pair: setattr(pair.tensor, "grad", None),
    "it requires a gradient": lambda pair: pair.tensor.requires_grad_(),
    "other memory": lambda pair: setattr(pair.tensor, "data", pair.tensor.data.clone()),
    "another shape": lambda pair: setattr(pair.tensor, "data", pair.tensor.data.view(2, -1)),
    "another dtype": lambda pair: setattr(pair.tensor, "data", pair.tensor.data.view(torch.int32)),
}


@settings(deadline=None)
@given(st.lists(st.sampled_from(sorted(EDITS)), max_size=4), st.sampled_from([4, 600, 5_000]))
def test_whatever_is_done_to_a_tensor_it_holds_still_only_if_nothing_differs(edits: list[str], numel: int) -> None:
    pair = Pair(numel)
    before = pair.contents()
    with unobserved():
        stamp = stamp_of(pair.tensor, in_time=True)
    assert stamp is not None
    for edit in edits:
        with suppress(RuntimeError):  # what PyTorch does not allow of a tensor that requires gradients
            EDITS[edit](pair)
    with unobserved():
        still = holds_still(stamp, pair.tensor, in_time=True)
    if still:
        assert pair.contents() == before
    elif set(edits) <= {"nothing", "by its array, as it was"}:
        pytest.fail("nothing was done to it")


@settings(deadline=None)
@given(*[st.lists(st.sampled_from(sorted(EDITS)), max_size=3)] * 2, st.sampled_from([4, 600, 5_000]))
def test_two_values_whose_stamps_are_alike_are_described_alike(edits: list[str], others: list[str], numel: int) -> None:
    pairs = Pair(numel), Pair(numel)
    for pair, many in zip(pairs, (edits, others), strict=True):
        for edit in many:
            with suppress(RuntimeError):
                EDITS[edit](pair)
    with unobserved():
        stamps = [stamp_of(pair.tensor, in_time=True) for pair in pairs]
        # As text: NaN is NaN there, and -0.0 is not 0.0.
        summaries = [repr(summarize("x", pair.tensor)) for pair in pairs]
    assert stamps[0] is not None and stamps[1] is not None
    if are_alike(stamps[0], stamps[1]):
        assert summaries[0] == summaries[1]
    elif edits == others:
        pytest.fail("the same was done to both")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (torch.zeros(2), -torch.zeros(2)),
        (torch.ones(4), torch.ones(2, 2)),
        (torch.zeros(4), torch.zeros(4, dtype=torch.int32)),
        (torch.zeros(4), np.zeros(4, np.float32)),
        (torch.zeros(4), torch.nn.Parameter(torch.zeros(4), requires_grad=False)),
        (torch.ones(2, requires_grad=True) * 2, torch.ones(2, requires_grad=True) + 1),
        (torch.ones(3, 3), torch.ones(3, 3).T.contiguous().t()),
        (np.zeros(2), np.zeros(2, np.int64)),
        (1, 1.0),
        (1, torch.ones(())),
    ],
)
def test_what_differs_besides_the_bytes_is_not_alike(one: object, other: object) -> None:
    with unobserved():
        stamps = [stamp_of(value, in_time=True) for value in (one, other)]
        again = stamp_of(one, in_time=True)
    assert stamps[0] is not None and stamps[1] is not None and again is not None
    assert are_alike(stamps[0], again)
    assert not are_alike(stamps[0], stamps[1])


def test_what_was_not_read_in_full_is_like_nothing() -> None:
    value = torch.zeros(10)
    with unobserved():
        stamp = stamp_of(value, in_time=False)
    assert stamp is not None and not are_alike(stamp, stamp)


@pytest.mark.parametrize(("numel", "is_told"), [(1_024, True), (1_025, False)])
def test_of_few_bytes_it_is_told_at_once_whether_they_hold_still(numel: int, is_told: bool) -> None:
    array = np.zeros(numel, np.float32)
    value = torch.from_numpy(array)
    with unobserved():
        stamp = stamp_of(value, in_time=True)
        assert stamp is not None and still_at_once(stamp, value) == is_told
        array[5] = 1
        assert not still_at_once(stamp, value)


@settings(deadline=None)
@given(st.integers(0, 99_999), st.booleans())
def test_a_single_element_of_a_large_array_is_seen_to_change_while_there_is_time(at: int, as_tensor: bool) -> None:
    array = np.zeros(100_000)
    value: Any = torch.from_numpy(array) if as_tensor else array
    with unobserved():
        stamp = stamp_of(value, in_time=True)
        assert stamp is not None and holds_still(stamp, value, in_time=True)
        array[at] = 1
        assert not holds_still(stamp, value, in_time=True)


def test_without_time_a_version_and_the_ends_are_seen_and_what_lies_between_the_parts_is_not() -> None:
    array = np.zeros(100_000)
    value = torch.from_numpy(array)
    with unobserved():
        stamp = stamp_of(value, in_time=False)
        assert stamp is not None
        array[1_000] = 1
        assert holds_still(stamp, value, in_time=False)
        array[-1] = 1
        assert not holds_still(stamp, value, in_time=False)
        array[-1] = 0
        value[1_000] = 0
        assert not holds_still(stamp, value, in_time=False)


def test_no_more_than_4_kib_are_read_without_time() -> None:
    assert stamp_module.PARTS * stamp_module.PART <= 4096


def test_another_object_at_the_same_place_does_not_hold_still() -> None:
    value = torch.zeros(3)
    with unobserved():
        stamp = stamp_of(value, in_time=True)
        other = value.detach()
        assert stamp is not None and not holds_still(stamp, other, in_time=True)
        del value
        gc.collect()
        assert not holds_still(stamp, torch.zeros(3), in_time=True)


@pytest.mark.parametrize(
    "shrink",
    [
        lambda tensor: tensor.untyped_storage().resize_(0),
        lambda tensor: tensor.untyped_storage().resize_(8),
        lambda tensor: tensor.resize_(2),
        lambda tensor: tensor.set_(torch.ones(4)),
    ],
)
def test_memory_that_was_freed_is_not_read(shrink: Callable[[torch.Tensor], object]) -> None:
    value = torch.ones(4_000)
    with unobserved():
        stamp = stamp_of(value, in_time=True)
        assert stamp is not None
        shrink(value)
        assert not holds_still(stamp, value, in_time=True)
        stamp_of(value, in_time=True)


@pytest.mark.parametrize(("value", "other"), [(1, 2), (1, 1.0), (1, True), (0.0, -0.0), ("a", "b"), (None, 0)])
def test_a_number_or_a_text_holds_still_as_long_as_it_reads_the_same(value: object, other: object) -> None:
    stamp = stamp_of(value, in_time=True)
    assert stamp is not None
    assert (holds_still(stamp, value, in_time=True), holds_still(stamp, other, in_time=True)) == (True, False)


@pytest.mark.parametrize(
    "make",
    [
        lambda: torch.zeros(EXACT + 1),
        lambda: np.zeros(EXACT + 1),
        lambda: torch.eye(3).to_sparse(),
        lambda: torch.zeros(3, device="meta"),
        lambda: np.array([object()]),
        lambda: np.zeros((4, 4))[:, ::2],
        lambda: [1],
        lambda: 1 << 1000,
        lambda: "x" * 1000,
    ],
)
def test_of_what_is_not_read_in_place_there_is_no_stamp(make: Callable[[], object]) -> None:
    with unobserved():
        assert stamp_of(make(), in_time=True) is None
