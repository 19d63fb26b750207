"""Each side of a value says what PyTorch says of the same data, whatever the dtype, the shape and the layout."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tui_torch.probe.inspector.answer import look
from tui_torch.probe.inspector.output_shapes import OutputShapes
from tui_torch.protocol import wire
from tui_torch.protocol.orders import Request, Side
from tui_torch.protocol.views import (
    ANSWERS,
    AutogradGraphView,
    DistributionView,
    ItemsView,
    LayersView,
    MemoryView,
    PictureView,
    ValuesView,
    View,
)

FLOATS = [torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.float8_e4m3fn, torch.float8_e5m2]
INTEGERS = [torch.int8, torch.int16, torch.int32, torch.int64, torch.uint8, torch.uint16, torch.uint32, torch.uint64]
DTYPES = [*FLOATS, *INTEGERS, torch.bool, torch.complex64, torch.complex128]
SIDES: tuple[Side, ...] = get_args(Side)
OF_ELEMENTS = ("values", "picture", "distribution", "memory")


@pytest.fixture(autouse=True)
def warnings_are_errors() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def seen(side: Side, value: object, **details: Any) -> Any:
    """One side of a value that is bound to `x`, after a journey over the wire."""
    view = look(Request(side, "x", **details), {"x": value})
    assert wire.decode(ANSWERS[side], wire.encode(view)) == view
    return view


def strided(tensor: torch.Tensor) -> torch.Tensor:
    return tensor


def transposed(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.transpose(0, -1) if tensor.dim() > 1 else tensor


def stepped(tensor: torch.Tensor) -> torch.Tensor:
    return tensor[::2] if tensor.dim() else tensor


def expanded(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.expand(3, *tensor.shape)


def offset(tensor: torch.Tensor) -> torch.Tensor:
    return tensor[1:] if tensor.dim() else tensor


def overlapping(tensor: torch.Tensor) -> torch.Tensor:
    flat = tensor.reshape(-1)
    return flat.unfold(0, 2, 1) if flat.numel() > 2 else flat


LAYOUTS = [strided, transposed, stepped, expanded, offset, overlapping]


@st.composite
def tensors(draw: st.DrawFn) -> torch.Tensor:
    dtype = draw(st.sampled_from(DTYPES))
    shape = draw(st.lists(st.integers(0, 6), max_size=4).map(tuple))
    generator = torch.Generator().manual_seed(draw(st.integers(0, 1000)))
    numbers = (torch.randn(shape, generator=generator, dtype=torch.float64) * 9).to(torch.float64)
    if dtype.is_floating_point and numbers.numel() and draw(st.booleans()):
        numbers.view(-1)[0] = draw(st.sampled_from([math.nan, math.inf, -math.inf, 0.0]))
    if not (dtype.is_floating_point or dtype.is_complex):
        numbers = numbers.abs()
    return draw(st.sampled_from(LAYOUTS))(numbers.to(dtype))


def finite(tensor: torch.Tensor) -> torch.Tensor:
    """Float64 magnitudes of the finite elements, in one row."""
    wide = tensor.abs().to(torch.float64) if tensor.dtype.is_complex else tensor.to(torch.float64)
    flat = wide.reshape(-1)
    return flat[flat.isfinite()]


@given(tensor=tensors(), side=st.sampled_from(SIDES), index=st.lists(st.integers(-1, 9), max_size=3).map(tuple))
@settings(deadline=None, max_examples=300)
def test_no_tensor_makes_any_side_raise(tensor: torch.Tensor, side: Side, index: tuple[int, ...]) -> None:
    view = seen(side, tensor, index=index, row=3, column=1, height=4, width=5)
    note = getattr(view, "note", None)
    assert note is None or "cannot be read" not in note


@given(tensor=tensors(), at=st.lists(st.integers(0, 9), min_size=2, max_size=2))
@settings(deadline=None, max_examples=200)
def test_a_window_holds_the_elements_at_its_index(tensor: torch.Tensor, at: list[int]) -> None:
    view: ValuesView = seen("values", tensor, index=tuple(at))
    assert view.shape == tuple(tensor.shape)
    if 0 in tensor.shape:
        assert not any(view.window)
        return
    matrix = tensor[view.index].reshape(-1) if tensor.dim() < 2 else tensor[view.index]
    matrix = matrix.reshape(1, -1) if matrix.dim() < 2 else matrix
    matrix = matrix[:64, :32] if tensor.dim() > 1 else matrix
    assert (len(view.window), len(view.window[0])) == tuple(matrix.shape)
    for row, elements in enumerate(view.window):
        for column, element in enumerate(elements):
            wanted = matrix[row, column].item()
            if isinstance(wanted, complex):
                assert complex(str(element)) == pytest.approx(wanted, rel=1e-6)
            elif isinstance(wanted, float) and not math.isfinite(wanted):
                assert element == str(wanted)
            else:
                assert torch.tensor(float(element), dtype=torch.float64).to(tensor.dtype).item() == wanted


@given(tensor=tensors())
@settings(deadline=None, max_examples=200)
def test_the_figures_of_a_distribution_are_pytorchs_own(tensor: torch.Tensor) -> None:
    view: DistributionView = seen("distribution", tensor)
    numbers = finite(tensor)
    assert (view.seen, view.numel) == (tensor.numel(), tensor.numel())
    assert view.seen - view.nan - view.inf == numbers.numel() == sum(view.histogram)
    assert len(view.histogram) <= 40
    if not numbers.numel():
        assert view.minimum is None and view.quantiles == ()
        return
    assert (view.minimum, view.maximum) == (numbers.min().item(), numbers.max().item())
    assert view.mean == pytest.approx(numbers.mean().item(), rel=1e-9, abs=1e-12)
    if numbers.numel() > 1:
        assert view.std == pytest.approx(numbers.std().item(), rel=1e-9, abs=1e-9)
    assert view.zeros == int((numbers == 0).sum())
    for percent, quantile in view.quantiles:
        wanted = torch.quantile(numbers, percent / 100).item()
        assert quantile == pytest.approx(wanted, rel=1e-9, abs=1e-12)


@given(tensor=tensors())
@settings(deadline=None, max_examples=200)
def test_where_a_tensor_is_in_memory_is_what_pytorch_says(tensor: torch.Tensor) -> None:
    view: MemoryView = seen("memory", tensor)
    assert view.nbytes == tensor.nbytes and view.element_size == tensor.element_size()
    assert view.storage_nbytes == tensor.untyped_storage().nbytes()
    assert (view.strides, view.offset) == (tensor.stride(), tensor.storage_offset())
    assert (view.contiguous, view.version) == (tensor.is_contiguous(), tensor._version)


@given(tensor=tensors(), height=st.integers(1, 8), width=st.integers(1, 8))
@settings(deadline=None, max_examples=200)
def test_a_cell_of_a_picture_is_the_mean_of_its_area(tensor: torch.Tensor, height: int, width: int) -> None:
    view: PictureView = seen("picture", tensor, height=height, width=width, reading="heatmap")
    if not tensor.dim() or not tensor.numel():
        assert view.note and not view.rows
        return
    matrix = tensor[view.index] if tensor.dim() > 1 else tensor.reshape(1, -1)
    numbers = matrix.abs().to(torch.float64) if tensor.dtype.is_complex else matrix.to(torch.float64)
    rows, columns = len(view.rows), len(view.rows[0]) // 2
    assert (rows, columns) == (min(height, numbers.shape[0]), min(width, numbers.shape[1]))
    for row in range(rows):
        for column in range(columns):
            area = numbers[
                row * numbers.shape[0] // rows : (row + 1) * numbers.shape[0] // rows,
                column * numbers.shape[1] // columns : (column + 1) * numbers.shape[1] // columns,
            ]
            level = int(view.rows[row][2 * column : 2 * column + 2], 16)
            known = area[area.isfinite()]
            if not known.numel():
                assert level == 0
            elif view.low is not None and view.high is not None and view.low < view.high:
                told = view.low + (level - 1) / 254 * (view.high - view.low)
                assert told == pytest.approx(known.mean().item(), abs=(view.high - view.low) / 500)


def test_signed_numbers_have_zero_in_the_middle_of_the_scale() -> None:
    view: PictureView = seen("picture", torch.tensor([[-1.0, 0.0, 4.0]]))
    assert (view.low, view.high, view.diverging, view.minimum) == (-4.0, 4.0, True, -1.0)
    assert view.rows[0][2:4] == "80"


def test_the_scale_of_a_picture_spans_its_cells_and_not_elements_that_none_of_them_shows() -> None:
    ripples = torch.tensor([[-9.0, 9.0], [9.0, -8.0]]).repeat(4, 4)
    view: PictureView = seen("picture", ripples, height=4, width=4, reading="heatmap")
    assert (view.low, view.high, view.minimum, view.maximum) == (0.25, 0.25, -9.0, 9.0)
    view = seen("picture", torch.cat([ripples, -ripples]), height=8, width=4, reading="heatmap")
    assert (view.low, view.high, view.diverging) == (-0.25, 0.25, True)
    assert view.rows == ("ff" * 4,) * 4 + ("01" * 4,) * 4


@pytest.mark.parametrize(
    ("value", "size", "counts"),
    [
        (torch.rand(3, 16, 20), (16, 20), ()),
        (torch.rand(1, 28, 28), (28, 28), ()),
        (np.zeros((16, 20, 3), np.uint8), (16, 20), ()),
    ],
)
def test_an_image_is_drawn_as_one(value: object, size: tuple[int, int], counts: tuple[int, ...]) -> None:
    view: PictureView = seen("picture", value)
    assert (view.image, view.size, view.counts) == (True, size, counts)
    assert len(view.rows) == size[0] and len(view.rows[0]) == 6 * size[1]


def test_the_colours_of_an_image_are_its_channels() -> None:
    image = torch.zeros(2, 3, 8, 8)
    image[1, 0], image[1, 1] = 1.0, 0.5
    view: PictureView = seen("picture", image, index=(1,), reading="image")
    assert set(view.rows) == {"ff8000" * 8}


def test_a_stack_of_small_matrices_is_no_image() -> None:
    assert not seen("picture", torch.rand(3, 4, 5)).image


def test_a_picture_is_small_however_large_the_tensor_is() -> None:
    view: PictureView = seen("picture", torch.zeros(1).expand(200_000, 300_000))
    assert (len(view.rows), len(view.rows[0])) == (100, 320)
    assert not view.exact and view.size == (200_000, 300_000)


def test_a_distribution_is_exact_up_to_four_million_elements_and_sampled_beyond() -> None:
    exact: DistributionView = seen("distribution", torch.arange(4_000_000, dtype=torch.int32))
    assert (exact.seen, exact.maximum) == (4_000_000, 3_999_999)
    sampled: DistributionView = seen("distribution", torch.arange(4_000_001, dtype=torch.int32))
    assert sampled.seen < 200_000 and sampled.numel == 4_000_001
    assert sampled.mean == pytest.approx(2_000_000, rel=0.01)


def test_few_different_integers_have_a_bin_each() -> None:
    view: DistributionView = seen("distribution", torch.tensor([3, 3, 5, 7]))
    assert (view.whole, view.histogram) == (True, (2, 0, 1, 0, 1))


def test_numbers_near_the_largest_have_quantiles() -> None:
    view: DistributionView = seen("distribution", torch.tensor([-1.7e308, 1.7e308], dtype=torch.float64))
    assert dict(view.quantiles)[50] == 0


def test_a_gradient_is_seen_through_the_same_window() -> None:
    weight = torch.arange(10_000.0).reshape(100, 100).requires_grad_()
    (weight * weight).sum().backward()
    view: ValuesView = seen("values", weight, row=20, column=50)
    assert (view.row, view.column, view.window[0][0]) == (20, 50, 2050.0)
    assert view.gradient is not None and view.gradient[0][0] == 4100.0
    assert (len(view.window), len(view.window[0])) == (64, 32)


def test_a_window_stays_within_the_matrix() -> None:
    view: ValuesView = seen("values", torch.arange(10_000).reshape(100, 100), row=10**9, column=10**9)
    assert view.window[-1][-1] == 9999


def test_a_long_vector_is_seen_in_pieces() -> None:
    view: ValuesView = seen("values", torch.arange(5000), column=4000)
    assert (view.column, len(view.window[0]), view.window[0][-1]) == (2952, 2048, 4999)


def sparse() -> torch.Tensor:
    return torch.eye(3).to_sparse()


def compressed() -> torch.Tensor:
    return torch.eye(3).to_sparse_csr()


def nested() -> torch.Tensor:
    return torch.nested.nested_tensor([torch.ones(2, 3), torch.zeros(1, 3)])


def quantized() -> torch.Tensor:
    return torch.quantize_per_tensor(torch.randn(3, 4), 0.1, 0, torch.qint8)


def quantized_by_channel() -> torch.Tensor:
    scales = torch.tensor([0.1, 0.2, 0.3])
    return torch.quantize_per_channel(torch.randn(3, 4), scales, torch.zeros(3), 0, torch.qint8)


def freed() -> torch.Tensor:
    tensor = torch.ones(4)
    tensor.untyped_storage().resize_(0)
    return tensor


class Hostile(torch.Tensor):
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        raise AssertionError("a learner's code was run")

    __repr__ = __len__ = __getitem__ = __iter__ = __bool__ = __torch_function__  # type: ignore[assignment]


RARE = {
    "sparse": sparse,
    "CSR": compressed,
    "nested": nested,
    "quantized": quantized,
    "quantized by channel": quantized_by_channel,
    "freed": freed,
    "meta": lambda: torch.empty(3, 4, device="meta"),
    "lazy": lambda: torch.nn.LazyLinear(2).weight,
    "parameter": lambda: torch.nn.Parameter(torch.ones(2, 2)),
    "subclass": lambda: torch.Tensor._make_subclass(Hostile, torch.ones(2, 2)),
    "inference": lambda: torch.inference_mode()(lambda: torch.ones(2, 2))(),
    "conjugate": lambda: torch.ones(2, 2, dtype=torch.complex64).conj(),
    "uint4": lambda: torch.empty(3, dtype=torch.uint4),
    "array": lambda: np.arange(6).reshape(2, 3),
    "objects": lambda: np.array([1, "a", None], dtype=object),
    "text": lambda: np.array(["a", "b"]),
    "record": lambda: np.array([(1, 2.0)], dtype=[("a", int), ("b", float)]),
    "a number": lambda: 3,
    "None": lambda: None,
}


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("kind", RARE)
def test_a_rare_value_is_seen_or_it_is_said_why_not(kind: str, side: Side) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch's own, that some of these are prototypes
        value = RARE[kind]()
    view: View = seen(side, value)
    if isinstance(view, ValuesView):
        assert view.window or view.note
    if isinstance(view, PictureView):
        assert view.rows or view.note


@pytest.mark.parametrize("make", [sparse, compressed])
def test_a_sparse_tensor_is_written_out_with_its_zeros(make: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tensor = make()
    assert seen("values", tensor).window == ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


ARRAY = np.arange(9.0).reshape(3, 3)
TENSOR = torch.from_numpy(ARRAY)
BASE = torch.arange(12.0).reshape(3, 4)


@pytest.mark.parametrize(
    ("mine", "other", "how"),
    [
        (TENSOR, ARRAY, "same memory"),
        (ARRAY, TENSOR, "same memory"),
        (TENSOR, TENSOR.numpy(), "same memory"),
        (TENSOR, TENSOR, "the same object"),
        (TENSOR, TENSOR.detach(), "same memory"),
        (TENSOR, TENSOR.T, "a view of it, transposed"),
        (ARRAY, ARRAY.T, "a view of it, transposed"),
        (TENSOR, TENSOR[:2], "overlaps 6 of 9 elements"),
        (TENSOR, TENSOR.reshape(-1), "a view of it, in another shape"),
        (TENSOR[0], TENSOR[1], "the same storage, but none of its elements"),
        (BASE[:, 0], BASE[:, 1], "the same storage, but none of its elements"),
        (BASE[:, ::2], BASE[:, 1:], "overlaps 3 of 6 elements"),
        (BASE, BASE.view(torch.int32), "overlaps 12 of 12 elements, read as int32"),
        (torch.ones(3, 1).expand(3, 4), BASE, None),
        (BASE.T[0], BASE, "all of it, and more"),
        (BASE[0, 0], BASE[0, 0].expand(5), "all of it, expanded (stride 0)"),
        (ARRAY[::-1], TENSOR, "a view of it, in another order"),
    ],
)
def test_how_two_names_lie_to_each_other(mine: object, other: object, how: str | None) -> None:
    view = look(Request("memory", "mine"), {"mine": mine, "other": other})
    assert isinstance(view, MemoryView)
    assert {sharer.name: sharer.how for sharer in view.sharers}.get("other") == how


@given(tensor=tensors(), other=tensors(), cut=st.integers(0, 5))
@settings(deadline=None, max_examples=100)
def test_only_what_shares_a_storage_is_said_to(tensor: torch.Tensor, other: torch.Tensor, cut: int) -> None:
    part = tensor.reshape(-1)[cut:]
    view = look(Request("memory", "x"), {"x": tensor, "part": part, "other": other})
    assert isinstance(view, MemoryView)
    same = part.untyped_storage().data_ptr() == tensor.untyped_storage().data_ptr()
    wanted = ["part"] if same and part.numel() and tensor.numel() else []
    assert [sharer.name for sharer in view.sharers] == wanted


def test_who_shares_is_found_in_modules_gradients_and_containers() -> None:
    model = torch.nn.Linear(2, 1)
    model(torch.ones(1, 2)).sum().backward()
    names = {"w": model.weight.data, "g": model.weight.grad, "model": model, "kept": {"w": [model.weight]}}
    for name, wanted in [("w", ["model.weight", "kept['w'][0]"]), ("g", ["model.weight.grad", "kept['w'][0].grad"])]:
        view = look(Request("memory", name), names)
        assert isinstance(view, MemoryView)
        assert [sharer.name for sharer in view.sharers] == wanted


def test_an_expanded_tensor_takes_the_bytes_of_what_it_repeats() -> None:
    assert seen("memory", torch.ones(3, 1).expand(3, 1000)).distinct == 12
    assert seen("memory", torch.arange(5.0).unfold(0, 3, 1)).distinct == 20
    assert seen("memory", torch.ones(3, 1000)).distinct is None


@dataclass
class Batch:
    inputs: torch.Tensor
    label: int

    @property
    def size(self) -> int:
        raise AssertionError("a learner's code was run")


class HostileList(list):  # type: ignore[type-arg]
    def __getitem__(self, at: Any) -> Any:
        raise AssertionError("a learner's code was run")

    __len__ = __iter__ = __repr__ = __getitem__  # type: ignore[assignment]


CONTAINERS = {
    "params": {"w": torch.ones(2, 2), "deep": [torch.zeros(3), (1, torch.tensor(5))]},
    "batch": Batch(torch.ones(4), 3),
    "own": HostileList([torch.tensor(7.0)]),
    "long": [torch.tensor(n) for n in range(200)],
    "model": torch.nn.Sequential(torch.nn.Linear(2, 1)),
}


@pytest.mark.parametrize(
    ("name", "items"),
    [
        ("params", ["params['w']", "params['deep']"]),
        ("params['deep']", ["params['deep'][0]", "params['deep'][1]"]),
        ("params['deep'][1]", ["params['deep'][1][0]", "params['deep'][1][1]"]),
        ("batch", ["batch.inputs", "batch.label"]),
        ("own", ["own[0]"]),
    ],
)
def test_a_containers_items_are_named_by_what_reaches_them(name: str, items: list[str]) -> None:
    view = look(Request("items", name), CONTAINERS)
    assert isinstance(view, ItemsView)
    assert [item.name for item in view.items] == items
    for item in view.items:
        if item.kind == "tensor":
            reached = look(Request("values", item.name), CONTAINERS)
            assert isinstance(reached, ValuesView) and reached.window


def test_a_long_list_is_seen_64_items_at_a_time() -> None:
    view = look(Request("items", "long", row=64), CONTAINERS)
    assert isinstance(view, ItemsView)
    assert (len(view.items), view.start, view.total, view.items[0].name) == (64, 64, 200, "long[64]")


def test_a_parameter_is_reached_through_its_module() -> None:
    view = look(Request("values", "model[0].weight"), CONTAINERS)
    assert isinstance(view, ValuesView) and view.shape == (1, 2)


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("expression", ["nothing", "params['no']", "1 +", "params[", "exit()"])
def test_an_expression_that_leads_nowhere_says_so(side: Side, expression: str) -> None:
    view = look(Request(side, expression), CONTAINERS | {"exit": exit})
    view = view.graph if isinstance(view, AutogradGraphView) else view
    assert view.note


def test_a_module_is_the_tree_of_its_layers() -> None:
    model = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.Sequential(torch.nn.Tanh(), torch.nn.Linear(2, 1)))
    model[0].bias.requires_grad_(False)
    shapes = OutputShapes()
    shapes.arm("model(x)")
    model(torch.ones(5, 3)).sum().backward()
    shapes.disarm()
    view = look(Request("layers", "model"), {"model": model}, shapes.of)
    assert isinstance(view, LayersView)
    told = [(layer.name, layer.type, layer.depth, layer.count, layer.output) for layer in view.layers]
    assert told == [
        ("model", "Sequential", 0, 11, "[5, 1]"),
        ("0", "Linear", 1, 8, "[5, 2]"),
        ("1", "Sequential", 1, 3, "[5, 1]"),
        ("0", "Tanh", 2, 0, "[5, 2]"),
        ("1", "Linear", 2, 3, "[5, 1]"),
    ]
    assert view.layers[1].settings == "in_features=3, out_features=2, bias=True"
    assert [(own.name, own.shape, own.trainable) for own in view.layers[1].parameters] == [
        ("weight", (2, 3), True),
        ("bias", (2,), False),
    ]
    assert (view.count, view.trainable) == (11, 9)
    norm = torch.nn.utils.get_total_norm([parameter.detach() for parameter in model.parameters()])
    assert view.norm == pytest.approx(norm.item(), rel=1e-5)


def test_each_norm_of_a_module_is_computed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    from tui_torch.probe.inspector.pages import layers

    model = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.Linear(2, 2))
    model[1].bias = model[0].bias
    model(torch.ones(1, 3)).sum().backward()
    read: list[torch.Tensor] = []
    usual = layers.norm

    def norm(tensor: torch.Tensor) -> float | None:
        read.append(tensor)
        return usual(tensor)

    monkeypatch.setattr(layers, "norm", norm)
    view = seen("layers", model)
    assert view.norm == pytest.approx(math.hypot(*(float(weight.detach().norm()) for weight in model.parameters())))
    gradients = [weight.grad for weight in model.parameters()]
    assert view.gradient_norm == pytest.approx(math.hypot(*(float(one.norm()) for one in gradients if one is not None)))
    assert len(read) == len({id(tensor) for tensor in read}) == 6


def test_a_large_module_is_cut_and_says_how_much() -> None:
    view = seen("layers", torch.nn.Sequential(*[torch.nn.ReLU() for _ in range(250)]))
    assert (len(view.layers), view.omitted) == (200, 51)


def test_a_hostile_module_is_read_without_its_own_code() -> None:
    class Net(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = torch.nn.Linear(2, 1)

        def named_parameters(self, *_: object, **__: object):  # type: ignore[override]
            raise AssertionError("a learner's code was run")

        __repr__ = extra_repr = __getattr__ = __eq__ = __hash__ = named_parameters  # type: ignore[assignment]

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self._modules["layer"](x)  # type: ignore[misc]

    shapes = OutputShapes()
    shapes.arm("")
    net = Net()
    net(torch.ones(3, 2))
    shapes.disarm()
    view = look(Request("layers", "x"), {"x": net}, shapes.of)
    assert isinstance(view, LayersView)
    assert [layer.output for layer in view.layers] == ["[3, 1]", "[3, 1]"]
