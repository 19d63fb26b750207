"""Summaries say what PyTorch itself says of a value, and leave no trace on it."""

from __future__ import annotations

import gc
import math
import random
import warnings
import weakref
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils.data import ConcatDataset, DataLoader, Dataset, Subset, TensorDataset

from tui_torch.probe.values import elements
from tui_torch.probe.values.summary import summarize
from tui_torch.protocol import wire
from tui_torch.protocol.events import Summary

FLOATS = [torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.float8_e4m3fn, torch.float8_e5m2]
INTEGERS = [torch.int8, torch.int16, torch.int32, torch.int64, torch.uint8, torch.uint16, torch.uint32, torch.uint64]
DTYPES = [*FLOATS, *INTEGERS, torch.bool]
SHAPES = st.lists(st.integers(0, 5), max_size=4).map(tuple)


@pytest.fixture(autouse=True)
def warnings_are_errors() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def summary_of(value: object, name: str = "x") -> Summary:
    summary = summarize(name, value)
    assert summary is not None
    return summary


def numbers(dtype: torch.dtype, shape: tuple[int, ...], seed: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return (torch.randn(shape, generator=generator, dtype=torch.float64) * 20).abs().to(dtype)


@given(dtype=st.sampled_from(DTYPES), shape=SHAPES, seed=st.integers(0, 1000))
@settings(deadline=None, max_examples=150)
def test_statistics_are_pytorchs_own(dtype: torch.dtype, shape: tuple[int, ...], seed: int) -> None:
    tensor = numbers(dtype, shape, seed)
    exact = tensor.to(torch.float64)
    summary = summary_of(tensor)
    statistics = summary.statistics
    assert statistics is not None
    assert (summary.shape, summary.numel, statistics.seen) == (shape, tensor.numel(), tensor.numel())
    assert summary.dtype == str(dtype).removeprefix("torch.")
    assert statistics.zeros == int((exact == 0).sum())
    if tensor.numel() == 0:
        assert statistics.minimum is None and statistics.histogram == ()
        return
    assert (statistics.minimum, statistics.maximum) == (float(exact.min()), float(exact.max()))
    assert statistics.mean == pytest.approx(float(exact.mean()), rel=1e-9, abs=1e-12)
    assert sum(statistics.histogram) == tensor.numel() and len(statistics.histogram) == 10
    if tensor.numel() > 1:
        assert statistics.std == pytest.approx(float(exact.std()), rel=1e-9, abs=1e-12)
    else:
        assert statistics.std is None


@given(dtype=st.sampled_from(DTYPES), shape=SHAPES, seed=st.integers(0, 1000))
@settings(deadline=None, max_examples=100)
def test_values_say_every_element_of_a_small_tensor(dtype: torch.dtype, shape: tuple[int, ...], seed: int) -> None:
    tensor = numbers(dtype, shape, seed)
    values = summary_of(tensor).values
    if tensor.numel() > 64:
        assert values is None
    else:
        assert values is not None
        finite = [float(value) for value in values]
        back = torch.tensor(finite, dtype=torch.float64).to(dtype)
        assert torch.equal(back.to(torch.float64), tensor.reshape(-1).to(torch.float64))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16, torch.float64])
def test_a_tenth_is_shown_as_a_tenth(dtype: torch.dtype) -> None:
    assert summary_of(torch.tensor([0.1, 6.0, -0.3], dtype=dtype)).values == (0.1, 6.0, -0.3)


def test_the_mean_of_a_float32_tensor_agrees_with_pytorchs() -> None:
    tensor = torch.randn(300, 300, generator=torch.Generator().manual_seed(0)) + 3
    statistics = summary_of(tensor).statistics
    assert statistics is not None
    assert statistics.mean == pytest.approx(tensor.mean().item(), rel=1e-5)


def test_the_histogram_is_that_of_numpy() -> None:
    tensor = torch.randn(5000, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    statistics = summary_of(tensor).statistics
    assert statistics is not None
    assert statistics.histogram == tuple(np.histogram(tensor.numpy(), bins=10)[0])


def test_equal_elements_fall_into_one_bin() -> None:
    statistics = summary_of(torch.ones(7)).statistics
    assert statistics is not None
    assert sorted(statistics.histogram) == [0] * 9 + [7] and statistics.std == 0.0


def test_nan_and_inf_are_counted_and_left_out() -> None:
    statistics = summary_of(torch.tensor([math.nan, math.inf, -math.inf, 1.0, 3.0, 0.0])).statistics
    assert statistics is not None
    assert (statistics.nan, statistics.inf, statistics.zeros) == (1, 2, 1)
    assert (statistics.minimum, statistics.maximum, statistics.mean) == (0.0, 3.0, pytest.approx(4 / 3))
    assert sum(statistics.histogram) == 3


@pytest.mark.parametrize("number", [math.nan, math.inf])
def test_a_tensor_without_a_finite_element_has_only_counts(number: float) -> None:
    summary = summary_of(torch.full((3,), number))
    assert summary.statistics is not None
    assert summary.statistics.nan + summary.statistics.inf == 3
    assert summary.statistics.minimum is None and summary.statistics.histogram == ()
    assert summary.values == (str(number),) * 3


@pytest.mark.parametrize("scale", [1e300, 1e-300, 1e308])
def test_extreme_numbers_do_not_overflow(scale: float) -> None:
    statistics = summary_of(torch.tensor([0.0, 1.0, 0.5], dtype=torch.float64) * scale).statistics
    assert statistics is not None
    assert statistics.std == pytest.approx(0.5 * scale) and statistics.mean == pytest.approx(0.5 * scale)


def test_a_million_elements_are_read_exactly() -> None:
    statistics = summary_of(torch.arange(1_000_000)).statistics
    assert statistics is not None
    assert (statistics.seen, statistics.mean) == (1_000_000, 499_999.5)


@pytest.mark.parametrize("transposed", [False, True])
def test_a_larger_tensor_is_sampled_from_every_column(transposed: bool) -> None:
    columns = torch.arange(256.0).repeat(8192, 1)
    statistics = summary_of(columns.T if transposed else columns).statistics
    assert statistics is not None
    assert 90_000 < statistics.seen < 110_000
    assert (statistics.minimum, statistics.maximum) == (0.0, 255.0)
    assert statistics.mean == pytest.approx(127.5, rel=0.02)


def test_an_expanded_tensor_is_read_without_being_made() -> None:
    statistics = summary_of(torch.tensor([2.0]).expand(1 << 20, 1 << 20)).statistics
    assert statistics is not None
    assert (statistics.minimum, statistics.maximum) == (2.0, 2.0)


def test_a_negated_view_is_read_with_its_sign() -> None:
    imaginary = torch.tensor([1 + 2j, 3 - 4j]).conj().imag
    assert imaginary.is_neg()
    summary = summary_of(imaginary)
    assert summary.values == (-2.0, 4.0)
    assert summary.statistics is not None and summary.statistics.minimum == -2.0


def test_complex_statistics_are_of_the_magnitudes() -> None:
    summary = summary_of(torch.tensor([3 + 4j, 0.1j]))
    assert summary.statistics is not None
    assert summary.statistics.maximum == 5.0 and summary.values == ("(3+4j)", "0.1j")
    assert summary.note == "complex: the statistics are of the magnitudes"


def test_a_conjugated_view_is_shown_conjugated() -> None:
    assert summary_of(torch.tensor([3 + 4j]).conj()).values == ("(3-4j)",)


def test_a_sparse_tensor_tells_of_its_stored_elements() -> None:
    sparse = torch.sparse_coo_tensor([[0, 0, 2], [1, 1, 0]], [1.0, 2.0, 5.0], (3, 2), check_invariants=True)
    summary = summary_of(sparse)
    assert summary.statistics is not None
    assert (summary.shape, summary.statistics.seen, summary.statistics.minimum) == ((3, 2), 2, 3.0)
    assert summary.values == (0.0, 3.0, 0.0, 0.0, 5.0, 0.0)
    assert summary.note == "sparse: the statistics are of its 2 stored elements"


def test_a_compressed_sparse_tensor_is_described() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch's own, that the layout is in beta
        sparse = torch.eye(3).to_sparse_csr()
    summary = summary_of(sparse)
    assert summary.values == (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)


@pytest.mark.parametrize("layout", [torch.strided, torch.jagged])
def test_a_nested_tensor_tells_its_parts(layout: torch.layout) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch's own, that they are a prototype
        nested = torch.nested.nested_tensor([torch.ones(2, 3), torch.zeros(1, 3)], layout=layout)
    summary = summary_of(nested)
    assert summary.note == "nested: 2 tensors of shapes (2, 3), (1, 3)"
    assert summary.statistics is not None
    assert (summary.shape, summary.numel, summary.statistics.zeros) == (None, 9, 3)


def test_a_quantized_tensor_is_read_dequantized() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        quantized = torch.quantize_per_tensor(torch.tensor([0.1, -0.2]), 0.1, 0, torch.qint8)
    assert summary_of(quantized).values == (0.1, -0.2)


def test_a_meta_tensor_has_a_shape_and_a_note() -> None:
    summary = summary_of(torch.empty(3, device="meta"))
    assert (summary.shape, summary.statistics, summary.values) == ((3,), None, None)
    assert summary.note == "on the meta device: a shape without elements"


def test_a_tensor_whose_memory_was_freed_is_not_read() -> None:
    tensor = torch.ones(4)
    tensor.untyped_storage().resize_(0)
    assert summary_of(tensor).note == "its memory has been freed"


@pytest.mark.parametrize("dtype", [torch.uint4, torch.bits8, torch.float4_e2m1fn_x2])
def test_a_dtype_that_pytorch_cannot_convert_is_noted(dtype: torch.dtype) -> None:
    summary = summary_of(torch.empty(3, dtype=dtype))
    assert summary.statistics is None and summary.note is not None


def test_an_uninitialized_parameter_has_no_shape_yet() -> None:
    lazy = torch.nn.LazyLinear(2)
    summary = summary_of(lazy.weight)
    assert (summary.kind, summary.shape) == ("parameter", None)
    assert summary.note is not None and summary.note.startswith("not initialized")


def test_an_inference_tensor_is_described() -> None:
    with torch.inference_mode():
        tensor = torch.ones(2)
    assert summary_of(tensor).values == (1.0, 1.0)


def test_a_leaf_says_its_gradient() -> None:
    weight = torch.tensor([1.0, 2.0], requires_grad=True)
    assert summary_of(weight).gradient is None
    (weight * 3).sum().backward()
    gradient = summary_of(weight, "w").gradient
    assert gradient is not None
    assert (gradient.name, gradient.values) == ("w.grad", (3.0, 3.0))


def test_the_gradient_of_a_tensor_between_is_not_asked_for() -> None:
    weight = torch.tensor(1.0, requires_grad=True)
    between = weight * 2
    summary = summary_of(between)  # reading .grad here would warn, and warnings are errors
    assert (summary.gradient, summary.is_leaf, summary.grad_fn) == (None, False, "MulBackward0")


def test_a_retained_gradient_is_said() -> None:
    between = torch.tensor(1.0, requires_grad=True) * 2
    between.retain_grad()
    (between * 5).backward()
    gradient = summary_of(between).gradient
    assert gradient is not None and gradient.values == (5.0,)


def test_a_parameter_is_one() -> None:
    summary = summary_of(torch.nn.Parameter(torch.ones(2)))
    assert (summary.kind, summary.type, summary.requires_grad) == ("parameter", "Parameter", True)


class Hostile(torch.Tensor):
    """Whatever it is asked, it fails."""

    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        raise AssertionError("a learner's code was run")

    def __repr__(self, **_: object) -> str:
        raise AssertionError("a learner's code was run")

    __len__ = __bool__ = __iter__ = __repr__  # type: ignore[assignment]


def test_a_subclass_is_read_without_its_own_code() -> None:
    summary = summary_of(torch.Tensor._make_subclass(Hostile, torch.tensor([1.0, 2.0])))
    assert (summary.type, summary.values) == ("Hostile", (1.0, 2.0))


def test_a_subclass_that_dispatches_is_left_alone() -> None:
    class Dispatching(torch.Tensor):
        @classmethod
        def __torch_dispatch__(cls, func, types, args=(), kwargs=None):
            raise AssertionError("a learner's code was run")

    summary = summary_of(torch.Tensor._make_subclass(Dispatching, torch.ones(2)))
    assert summary.statistics is None
    assert summary.note == "a subclass with its own __torch_dispatch__: its elements are left alone"


def test_a_default_device_does_not_change_what_is_read() -> None:
    torch.set_default_device("meta")
    try:
        summary = summary_of(torch.ones(3, device="cpu", dtype=torch.bfloat16))
    finally:
        torch.set_default_device(None)
    assert summary.values == (1.0, 1.0, 1.0)


class HostileValue:
    def __getattribute__(self, name: str) -> object:
        raise AssertionError("a learner's code was run")

    def __repr__(self) -> str:
        raise AssertionError("a learner's code was run")

    __len__ = __str__ = __hash__ = __iter__ = __repr__  # type: ignore[assignment]


class HostileInt(int):
    def __repr__(self) -> str:
        raise AssertionError("a learner's code was run")


class HostileList(list):  # type: ignore[type-arg]
    def __iter__(self) -> Iterator[object]:
        raise AssertionError("a learner's code was run")

    __len__ = __repr__ = __iter__  # type: ignore[assignment]


@pytest.mark.parametrize("make", [HostileValue, HostileInt, HostileList], ids=lambda make: make.__name__)
def test_an_instance_of_the_learners_class_gives_its_name_only(make: type) -> None:
    summary = summary_of(make())
    assert (summary.kind, summary.type, summary.text) == ("value", make.__name__, "")
    assert make.__name__ in summary_of([make()]).text


def test_a_hostile_module_is_read_without_its_own_code() -> None:
    class Net(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = torch.nn.Linear(2, 1)

        def named_parameters(self, *_: object, **__: object):  # type: ignore[override]
            raise AssertionError("a learner's code was run")

        __repr__ = extra_repr = __getattr__ = named_parameters  # type: ignore[assignment]

    summary = summary_of(Net())
    assert [parameter.name for parameter in summary.parameters] == ["layer.weight", "layer.bias"]
    assert summary.text == "Net(layer=Linear(in_features=2, out_features=1, bias=True))"


def test_a_module_says_its_norms_and_those_of_its_gradients() -> None:
    model = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.ReLU(), torch.nn.Linear(2, 1))
    model[0].bias.requires_grad_(False)
    model(torch.ones(4, 3)).sum().backward()
    summary = summary_of(model)
    assert (summary.kind, summary.type, summary.numel) == ("module", "Sequential", 11)
    for told, (name, parameter) in zip(summary.parameters, model.named_parameters(), strict=True):
        assert (told.name, told.shape, told.trainable) == (name, tuple(parameter.shape), parameter.requires_grad)
        assert told.norm == pytest.approx(parameter.norm().item(), rel=1e-5)
        if parameter.grad is None:
            assert told.gradient_norm is None
        else:
            assert told.gradient_norm == pytest.approx(parameter.grad.norm().item(), rel=1e-5)


def test_a_module_carries_at_most_32_parameters() -> None:
    summary = summary_of(torch.nn.Sequential(*[torch.nn.Linear(2, 2) for _ in range(40)]))
    assert (len(summary.parameters), summary.numel) == (32, 240)
    assert len(summary.text) <= 200


def test_shared_parameters_are_counted_once() -> None:
    layer = torch.nn.Linear(2, 2)
    assert summary_of(torch.nn.Sequential(layer, layer)).numel == 6


@pytest.mark.parametrize(
    "make",
    [
        lambda: torch.nn.LazyLinear(2),
        lambda: torch.nn.Linear(2, 1, device="meta"),
        lambda: torch.nn.Module.__new__(torch.nn.Module),
        lambda: torch.nn.ModuleList(),
    ],
    ids=["lazy", "meta", "without __init__", "empty"],
)
def test_an_unusual_module_is_described(make) -> None:
    summary = summary_of(make())
    assert summary.kind == "module" and all(parameter.norm is None for parameter in summary.parameters)


def test_the_norm_of_a_huge_parameter_is_estimated() -> None:
    table = torch.nn.Embedding(200_000, 10)
    torch.nn.init.constant_(table.weight, 2.0)
    summary = summary_of(table)
    assert summary.parameters[0].norm == pytest.approx(2 * math.sqrt(2_000_000))
    assert summary.note == "norms of more than 1,000,000 elements are estimated from a sample"


ARRAYS = [
    np.arange(6).reshape(2, 3),
    np.array(3.5),
    np.zeros((0, 2)),
    np.array([True, False]),
    np.array([1, "a", None], dtype=object),
    np.array(["tensor", "array"]),
    np.array([(1, 2.0)], dtype=[("a", int), ("b", float)]),
    np.array(["2024-01-01"], dtype="datetime64[D]"),
    np.ones((2000, 2000), dtype=np.float16)[::-1, ::2],
    np.array([1 + 1j]),
    np.ones(3, dtype=np.longdouble),
    np.array([1, 2], dtype=">i4"),
]


@pytest.mark.parametrize("array", ARRAYS, ids=lambda array: f"{array.dtype}{array.shape}")
def test_any_array_is_described(array: np.ndarray) -> None:
    summary = summary_of(array)
    assert (summary.kind, summary.type, summary.shape, summary.numel) == ("array", "ndarray", array.shape, array.size)
    assert (summary.values is None) == (array.size > 64)
    assert (summary.statistics is None) == (array.dtype.kind not in "biufc")


def test_an_arrays_float32_elements_are_shown_short() -> None:
    assert summary_of(np.array([0.1, np.inf], dtype=np.float32)).values == (0.1, "inf")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3, "3"),
        (0.5, "0.5"),
        (True, "True"),
        (None, "None"),
        ("a\nb", "'a\\nb'"),
        ([1, (2, "x")], "[1, (2, 'x')]"),
        ((1,), "(1,)"),
        ((), "()"),
        (set(), "set()"),
        ({}, "{}"),
        ({"lr": 0.1}, "{'lr': 0.1}"),
        (torch.Size([2, 3]), "torch.Size([2, 3])"),
        (torch.float32, "torch.float32"),
        (torch.device("cpu"), "device(type='cpu')"),
        (list(range(1_000_000)), None),
        ({str(i): i for i in range(10_000)}, None),
        ("x" * 1_000_000, None),
        (10**100_000, "an int of 332,193 bits"),
        ([[[[[[1]]]]]], "[[[[[<list>]]]]]"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_plain_value_is_its_bounded_repr(value: object, text: str | None) -> None:
    summary = summary_of(value)
    assert summary.kind == "value" and 0 < len(summary.text) <= 200
    if text is not None:
        assert summary.text == text


@dataclass
class Batch:
    x: torch.Tensor
    y: int

    @property
    def size(self) -> int:
        raise AssertionError("a learner's code was run")


@pytest.mark.parametrize(
    ("value", "text", "items"),
    [
        ([torch.tensor(6.0)], "[tensor(6.)]", 1),
        ([torch.ones(3, 50)], "[tensor[3, 50] float32]", 1),
        ({"w": torch.ones(2)}, "{'w': tensor([1., 1.])}", 1),
        ((1, [torch.tensor(2)]), "(1, [tensor(2)])", 2),
        (Batch(torch.ones(2), 3), "x=tensor([1., 1.]), y=3", 2),
    ],
)
def test_what_holds_tensors_is_a_container(value: object, text: str, items: int) -> None:
    summary = summary_of(value)
    assert (summary.kind, summary.text, summary.numel) == ("container", text, items)


def test_a_dataset_says_its_length_and_an_items_shapes() -> None:
    dataset = TensorDataset(torch.ones(15, 3), torch.ones(15, dtype=torch.int64))
    assert summary_of(dataset).facts == (("length", "15"), ("item", "[3] float32, scalar int64"))
    assert ("length", "4") in summary_of(Subset(dataset, range(4))).facts
    assert ("length", "30") in summary_of(ConcatDataset([dataset, dataset])).facts


def test_a_loader_says_what_it_will_give_without_drawing_a_batch() -> None:
    before = torch.get_rng_state()
    loader = DataLoader(TensorDataset(torch.ones(15, 3)), batch_size=4, shuffle=True, drop_last=True)
    summary = summary_of(loader)
    assert summary.kind == "loader"
    assert dict(summary.facts) == {
        "batches": "3",
        "batch size": "4",
        "shuffle": "yes",
        "drop last": "yes",
        "dataset": "TensorDataset",
        "length": "15",
        "item": "[3] float32",
    }
    assert torch.equal(torch.get_rng_state(), before)


def test_a_loader_says_as_many_batches_as_it_has() -> None:
    for size, last in [(4, False), (4, True), (5, False), (16, False)]:
        loader = DataLoader(TensorDataset(torch.ones(15, 3)), batch_size=size, drop_last=last)
        assert dict(summary_of(loader).facts)["batches"] == str(len(loader))


class OwnDataset(Dataset):  # type: ignore[type-arg]
    def __len__(self) -> int:
        raise AssertionError("a learner's code was run")

    __getitem__ = __getattr__ = __len__  # type: ignore[assignment]


def test_a_learners_dataset_is_not_asked() -> None:
    assert (summary_of(OwnDataset()).kind, summary_of(OwnDataset()).facts) == ("dataset", ())
    loader = DataLoader(OwnDataset(), batch_size=2)
    assert dict(summary_of(loader).facts) == {"batch size": "2", "shuffle": "no", "dataset": "OwnDataset"}


def test_a_list_that_holds_itself_ends() -> None:
    loop: list[object] = []
    loop.append(loop)
    assert len(summary_of(loop).text) < 200


def test_an_optimizer_says_its_learning_rate() -> None:
    summary = summary_of(torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], lr=0.25))
    assert (summary.kind, summary.type, summary.text, summary.numel) == ("optimizer", "SGD", "lr=0.25", 1)


def test_an_optimizer_says_the_settings_of_each_group() -> None:
    groups = [
        {"params": [torch.nn.Parameter(torch.ones(2))], "lr": 0.5},
        {"params": [torch.nn.Parameter(torch.ones(3))]},
    ]
    summary = summary_of(torch.optim.SGD(groups, lr=0.25, momentum=0.9))
    facts = dict(summary.facts)
    assert (facts["group 1 lr"], facts["group 2 lr"], facts["group 2 momentum"]) == ("0.5", "0.25", "0.9")
    assert summary.numel == 5


@pytest.mark.parametrize("value", [len, summarize, int, math, (i for i in "ab"), torch.relu, "".join, type(None)])
def test_functions_classes_and_modules_are_not_shown(value: object) -> None:
    assert summarize("f", value) is None


def test_summaries_survive_the_wire() -> None:
    values = [torch.tensor([1.0, math.nan]), np.ones(3), torch.nn.Linear(2, 1), [1], torch.tensor(1j)]
    for value in values:
        summary = summary_of(value)
        assert wire.decode(Summary, wire.encode(summary)) == summary


def test_summarizing_draws_no_random_number_and_leaves_no_trace() -> None:
    weight = torch.randn(3, requires_grad=True)
    before = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].tolist()
    summary_of(weight)
    summary_of(torch.empty(2_000_000))
    assert torch.equal(torch.get_rng_state(), before[0])
    assert (random.getstate(), np.random.get_state()[1].tolist()) == before[1:]
    assert weight.grad is None and weight.grad_fn is None and weight._version == 0 and weight.requires_grad
    assert torch.is_grad_enabled()


def test_a_summarized_tensor_can_still_be_resized() -> None:
    tensor = torch.ones(2, dtype=torch.float64)
    summary_of(tensor)
    assert tensor.resize_(1000).shape == (1000,)


def test_nothing_is_held_afterwards() -> None:
    tensor = torch.ones(3)
    gone = weakref.ref(tensor)
    summary = summary_of(tensor)
    del tensor
    gc.collect()
    assert gone() is None and summary.values == (1.0, 1.0, 1.0)


def test_without_statistics_no_large_tensor_is_read() -> None:
    summary = summarize("x", torch.ones(100), statistics=False)
    assert summary is not None
    assert (summary.statistics, summary.values, summary.shape) == (None, None, (100,))


@given(numel=st.integers(elements.EXACT + 1, 10**12))
def test_a_sample_stays_inside_the_tensor_and_about_its_size(numel: int) -> None:
    count, step = elements._blocks(numel)
    assert (count - 1) * step + elements.BLOCK <= numel
    assert 0.5 * elements.SAMPLE < count * elements.BLOCK < 1.1 * elements.SAMPLE
