"""What an operation saved is kept in numbers, and nothing else is."""

from __future__ import annotations

import gc
import weakref

import pytest
import torch

from tui_torch.probe.autograd.saved_tensors import FIRST, LATEST, NODES, GraphMemory, SavedTensors, saved_by
from tui_torch.probe.isolation.undisturbed import unobserved


class Clock:
    def __init__(self) -> None:
        self.now = 0.0
        self.tick = 0.0

    def __call__(self) -> float:
        self.now += self.tick
        return self.now


def read(tensor: torch.Tensor) -> SavedTensors:
    with unobserved():
        return saved_by(tensor.grad_fn)


def scalar(number: float) -> torch.Tensor:
    return torch.tensor(number, requires_grad=True)


def test_a_product_has_saved_both_factors() -> None:
    a, b = scalar(2.0), scalar(3.0)
    assert read(a * b).numbers() == {"self": 2.0, "other": 3.0}


def test_the_tensor_that_was_saved_is_known_while_it_lives() -> None:
    a, b = scalar(2.0), scalar(3.0)
    saved = read(a * b).tensors["other"]
    assert saved.tensor() is b
    del b
    gc.collect()
    assert saved.tensor() is None


def test_a_saved_result_names_the_operation_that_computed_it() -> None:
    a = scalar(2.0)
    middle = a.exp()
    assert read(middle * a).tensors["self"].producer == middle.grad_fn._sequence_nr()  # type: ignore[union-attr]


def test_after_backward_an_operation_says_that_it_was_freed() -> None:
    product = scalar(2.0) * scalar(3.0)
    product.backward()
    assert read(product).freed


def test_a_tensor_that_cannot_be_read_any_more_is_still_known_to_have_been_saved() -> None:
    product = scalar(2.0) * scalar(3.0)
    product.backward()
    assert read(product).numbers() == {"self": None, "other": None}


def test_a_tensor_behind_a_hook_is_known_to_have_been_saved() -> None:
    with torch.autograd.graph.saved_tensors_hooks(lambda tensor: tensor, lambda tensor: tensor):
        product = scalar(2.0) * torch.tensor(3.0)
    assert read(product).numbers() == {"other": None}


def test_a_negative_number_is_saved_as_one() -> None:
    loss = torch.nn.functional.nll_loss(scalar(2.0).expand(1, 3), torch.tensor([1]))
    assert read(loss).plain["ignore_index"] == -100


def test_an_operation_that_saves_nothing_is_never_freed() -> None:
    total = scalar(2.0) + scalar(3.0)
    total.backward()
    assert not read(total).freed


def test_a_retained_graph_is_not_freed() -> None:
    product = scalar(2.0) * scalar(3.0)
    product.backward(retain_graph=True)
    assert read(product).numbers() == {"self": 2.0, "other": 3.0}


def test_a_saved_tensor_that_was_changed_in_place_is_told() -> None:
    x = torch.tensor(3.0)
    product = scalar(2.0) * x
    x.add_(1)
    found = read(product)
    assert found.modified
    assert not found.freed


def test_a_hook_that_unpacks_a_saved_tensor_is_not_run() -> None:
    unpacked: list[object] = []

    def unpack(packed: torch.Tensor) -> torch.Tensor:
        unpacked.append(packed)
        return packed

    with torch.autograd.graph.saved_tensors_hooks(lambda tensor: tensor, unpack):
        product = scalar(2.0) * scalar(3.0)
    assert read(product).tensors == {}
    assert not unpacked


def test_a_checkpoint_is_not_computed_again() -> None:
    calls: list[int] = []

    def function(x: torch.Tensor) -> torch.Tensor:
        calls.append(1)
        return x.exp().sin()

    result = torch.utils.checkpoint.checkpoint(function, scalar(1.0), use_reentrant=False)
    read(result)
    assert calls == [1]


def test_a_function_of_the_learners_own_is_read_too() -> None:
    class Double(torch.autograd.Function):
        @staticmethod
        def forward(ctx: torch.autograd.function.FunctionCtx, x: torch.Tensor) -> torch.Tensor:
            ctx.save_for_backward(x)
            return 2 * x

        @staticmethod
        def backward(ctx: torch.autograd.function.FunctionCtx, g: torch.Tensor) -> torch.Tensor:
            return 2 * g

    result = Double.apply(scalar(5.0))
    assert read(result).numbers() == {"0": 5.0}
    result.backward()
    assert read(result).freed


def test_freed_numbers_are_remembered() -> None:
    memory = GraphMemory()
    product = scalar(2.0) * scalar(3.0)
    memory.remember(product)
    product.backward()
    recalled = memory.recall(product.grad_fn)
    assert recalled is not None
    assert recalled.numbers() == {"self": 2.0, "other": 3.0}


def test_another_graph_is_not_taken_for_the_one_that_was_remembered() -> None:
    memory = GraphMemory()
    memory.remember(scalar(2.0) * scalar(3.0))
    assert memory.recall((scalar(2.0) * scalar(3.0)).grad_fn) is None


def test_nothing_that_is_remembered_is_kept_alive() -> None:
    memory = GraphMemory()
    a, b = scalar(2.0), scalar(3.0)
    middle = a * b
    result = middle.exp()
    held = [weakref.ref(tensor) for tensor in (a, b, middle, result)]
    memory.remember(result)
    del a, b, middle, result
    assert not any(reference() is not None for reference in held)


def test_a_graph_of_many_operations_is_not_kept() -> None:
    memory = GraphMemory()
    result = scalar(1.0)
    for _ in range(NODES):
        result = result * 2
    memory.remember(result)
    assert memory.recall(result.grad_fn) is None


def test_a_fast_loop_is_not_slowed_down() -> None:
    clock = Clock()
    memory = GraphMemory(clock)
    clock.tick = 30e-6  # as long as reading a small graph takes, against a step of 90 microseconds
    kept = 0
    for _ in range(10_000):
        result = scalar(2.0) * 3
        memory.remember(result)
        kept += memory.recall(result.grad_fn) is not None
        clock.now += 90e-6
    assert FIRST < kept < 20


def test_a_slow_loop_keeps_its_first_graphs_and_its_last() -> None:
    clock = Clock()
    memory = GraphMemory(clock)
    clock.tick = 30e-6
    results = [scalar(float(number)) * 3 for number in range(50)]
    for result in results:
        memory.remember(result)
        clock.now += 0.1
    kept = [number for number, result in enumerate(results) if memory.recall(result.grad_fn) is not None]
    assert kept == [*range(FIRST), *range(50 - LATEST, 50)]


def test_a_new_run_keeps_its_first_graphs_beside_those_of_what_it_stands_on() -> None:
    memory = GraphMemory(Clock())
    before, after = scalar(2.0) * 3, scalar(2.0) * 3
    memory.remember(before)
    memory.begin()
    memory.remember(after)
    assert memory.recall(before.grad_fn) is not None
    assert memory.recall(after.grad_fn) is not None
    memory.forget()
    assert memory.recall(after.grad_fn) is None


def test_a_value_without_a_graph_is_no_matter() -> None:
    GraphMemory().remember(torch.tensor(1.0))


@pytest.mark.filterwarnings("error")
def test_reading_draws_no_random_number_and_adds_no_history() -> None:
    a = scalar(2.0)
    result = (a * 3).exp()
    state, version = torch.get_rng_state(), a._version
    GraphMemory().remember(result)
    assert torch.equal(torch.get_rng_state(), state)
    assert (a._version, a.grad, result.grad_fn.next_functions[0][0]._sequence_nr()) == (  # type: ignore[union-attr]
        version,
        None,
        result.grad_fn._sequence_nr() - 1,  # type: ignore[union-attr]
    )
