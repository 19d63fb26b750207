"""The rules say what autograd does: each claimed derivative is autograd's own."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - as everybody calls it
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.spread import one_in_five
from tui_torch.probe.autograd.derivatives import factors, formula_of, plain_name, sentence_of
from tui_torch.probe.autograd.saved_tensors import saved_by
from tui_torch.probe.isolation.undisturbed import unobserved

Function = Callable[..., torch.Tensor]

ONE: dict[str, Function] = {
    "AddBackward0": lambda x: x + 2,
    "SubBackward0": lambda x: x - 2,
    "RsubBackward1": lambda x: 2 - x,
    "MulBackward0": lambda x: x * 3,
    "DivBackward0": lambda x: x / 3,
    "PowBackward0": lambda x: x**3,
    "PowBackward2": lambda x: 2**x,
    "NegBackward0": lambda x: -x,
    "ExpBackward0": torch.exp,
    "SinBackward0": torch.sin,
    "CosBackward0": torch.cos,
    "TanBackward0": torch.tan,
    "TanhBackward0": torch.tanh,
    "SigmoidBackward0": torch.sigmoid,
    "ReluBackward0": torch.relu,
    "LeakyReluBackward0": lambda x: F.leaky_relu(x, 0.1),
    "SiluBackward0": F.silu,
    "GeluBackward0": F.gelu,
    "AbsBackward0": torch.abs,
    "ClampBackward1": lambda x: x.clamp(-1, 2),
    "SumBackward0": torch.sum,
    "MeanBackward0": torch.mean,
    "CloneBackward0": torch.clone,
    "ViewBackward0": lambda x: x.view(1, 1),
    "UnsqueezeBackward0": lambda x: x.unsqueeze(0),
    "ExpandBackward0": lambda x: x.expand(1),
    "MseLossBackward0": lambda x: F.mse_loss(x, torch.tensor(0.5, dtype=torch.float64)),
}
ONE_POSITIVE: dict[str, Function] = {
    "LogBackward0": torch.log,
    "Log2Backward0": torch.log2,
    "Log10Backward0": torch.log10,
    "Log1PBackward0": torch.log1p,
    "SqrtBackward0": torch.sqrt,
    "RsqrtBackward0": torch.rsqrt,
    "ReciprocalBackward0": torch.reciprocal,
    "DivBackward0": lambda x: torch.tensor(3.0, dtype=torch.float64) / x,
}
TWO: dict[str, Function] = {
    "AddBackward0": lambda a, b: torch.add(a, b, alpha=3),
    "SubBackward0": lambda a, b: torch.sub(a, b, alpha=2),
    "RsubBackward0": torch.rsub,
    "MulBackward0": torch.mul,
    "DivBackward0": torch.div,
    "DivBackward2": lambda a, b: torch.div(a, b, rounding_mode="floor"),
    "PowBackward1": torch.pow,
    "MaximumBackward0": torch.maximum,
    "MinimumBackward0": torch.minimum,
    "WhereBackward0": lambda a, b: torch.where(a > b, a, b),
    "MseLossBackward0": F.mse_loss,
}

NUMBERS = st.floats(-8, 8).filter(lambda number: number == 0 or abs(number) > 1e-3)
POSITIVE = st.floats(0.01, 8)


def agrees(type: str, function: Function, numbers: tuple[float, ...]) -> None:
    inputs = [torch.tensor(number, dtype=torch.float64, requires_grad=True) for number in numbers]
    result = function(*inputs)
    assert result.grad_fn is not None
    with unobserved():
        saved = saved_by(result.grad_fn)
    assert saved.type == type
    found = torch.autograd.grad(result.sum(), inputs)
    parents = result.grad_fn.next_functions
    claimed = [factor for factor, (parent, _) in zip(factors(type, saved.numbers()), parents, strict=False) if parent]
    assert claimed == pytest.approx([gradient.item() for gradient in found], rel=1e-9, abs=1e-12, nan_ok=True)


@pytest.mark.parametrize("type", ONE)
@settings(max_examples=20)
@given(x=NUMBERS)
def test_the_derivative_at_a_number_is_autograds(type: str, x: float) -> None:
    agrees(type, ONE[type], (x,))


@pytest.mark.parametrize("type", ONE_POSITIVE)
@settings(max_examples=20)
@given(x=POSITIVE)
def test_the_derivative_at_a_positive_number_is_autograds(type: str, x: float) -> None:
    agrees(type, ONE_POSITIVE[type], (x,))


@pytest.mark.parametrize("type", TWO)
@settings(max_examples=20)
@given(a=POSITIVE, b=POSITIVE)
def test_both_derivatives_at_a_pair_are_autograds(type: str, a: float, b: float) -> None:
    agrees(type, TWO[type], (a, b))


@pytest.mark.parametrize("type", ["MulBackward0", "MaximumBackward0", "WhereBackward0", "MseLossBackward0"])
@settings(max_examples=20)
@given(a=NUMBERS)
def test_both_derivatives_at_equal_numbers_are_autograds(type: str, a: float) -> None:
    agrees(type, TWO[type], (a, a))


def test_a_factor_whose_number_was_not_saved_is_not_known() -> None:
    assert factors("MulBackward0", {"other": 3.0, "self": None}) == (3.0, None)


SPECIAL = st.sampled_from((0.0, 1.0, -1.0, 2.0, 3.0, 0.5, math.inf, -math.inf, math.nan, 1e200, -1e-200))
AT_KINKS: dict[str, tuple[str, Function, int]] = {
    **{f"{type} of one": (type, function, 1) for type, function in {**ONE, **ONE_POSITIVE}.items()},
    **{f"{type} of two": (type, function, 2) for type, function in TWO.items()},
    "x ** 0": ("PowBackward0", lambda x: x**0, 1),
    "x ** 0.5": ("PowBackward0", lambda x: x**0.5, 1),
    "x ** -1": ("PowBackward0", lambda x: x**-1, 1),
    "0 ** x": ("PowBackward2", lambda x: torch.pow(0.0, x), 1),
    "(-2) ** x": ("PowBackward2", lambda x: torch.pow(-2.0, x), 1),
    "floor of x / 3": ("DivBackward2", lambda x: torch.div(x, 3, rounding_mode="floor"), 1),
    "leaky relu in place": ("LeakyReluBackward1", lambda x: F.leaky_relu(x * 1, 0.25, inplace=True), 1),
    "gelu by tanh": ("GeluBackward0", lambda x: F.gelu(x, approximate="tanh"), 1),
    "fmax": ("FmaxBackward0", torch.fmax, 2),
    "fmin": ("FminBackward0", torch.fmin, 2),
    "clamp from 1": ("ClampBackward1", lambda x: x.clamp(min=1), 1),
    "clamp to 1": ("ClampBackward1", lambda x: x.clamp(max=1), 1),
    "clamp_min": ("ClampMinBackward0", lambda x: x.clamp_min(1), 1),
    "clamp_max": ("ClampMaxBackward0", lambda x: x.clamp_max(2), 1),
    "clamp_min of a tensor": ("ClampMinBackward1", torch.clamp_min, 2),
    "clamp_max of a tensor": ("ClampMaxBackward1", torch.clamp_max, 2),
    "clamp between tensors": ("ClampBackward0", torch.clamp, 3),
    "clamp from a tensor": ("ClampBackward0", lambda x, low: x.clamp(min=low), 2),
    "clamp to a tensor": ("ClampBackward0", lambda x, high: x.clamp(max=high), 2),
}


@pytest.mark.parametrize("name", one_in_five(list(AT_KINKS), 2))
@settings(max_examples=40, deadline=None)
@given(numbers=st.tuples(SPECIAL, SPECIAL, SPECIAL))
def test_at_kinks_ties_bounds_infinities_and_nan_the_derivatives_are_autograds(
    name: str, numbers: tuple[float, float, float]
) -> None:
    type, function, count = AT_KINKS[name]
    agrees(type, function, numbers[:count])


@pytest.mark.parametrize(("name", "bound"), [("clamp_min", 0.1), ("clamp_max", 0.1), ("clamp_min", -0.3)])
def test_at_a_bound_that_single_precision_rounds_the_derivative_is_autograds(name: str, bound: float) -> None:
    x = torch.tensor(bound, requires_grad=True)
    result = getattr(x, name)(bound)
    with unobserved():
        saved = saved_by(result.grad_fn)
        (factor,) = factors(saved.type, saved.numbers(), "float32")
    assert factor == torch.autograd.grad(result, x)[0].item()


def test_a_slope_too_large_for_single_precision_is_infinite_in_it() -> None:
    x = torch.tensor(1e20, requires_grad=True)
    result = x**3
    with unobserved():
        saved = saved_by(result.grad_fn)
        assert factors(saved.type, saved.numbers(), "float32") == (math.inf,)
        assert factors(saved.type, saved.numbers(), "float64") == pytest.approx((3e40,))
    assert torch.autograd.grad(result, x)[0].item() == math.inf


@pytest.mark.parametrize(
    ("type", "saved"),
    [
        ("DivBackward0", {"other": None, "self": 1.0}),
        ("LogBackward0", {"self": None}),
        ("ExpBackward0", {}),
        ("PowBackward0", {"self": None, "exponent": 9}),
        ("ClampBackward0", {"self": 1.0, "min": None}),
        ("ReluBackward0", {"result": None}),
        ("MmBackward0", {"self": 1.0}),
        ("FooBackward0", {"self": 1.0}),
    ],
)
def test_where_there_is_no_number_none_is_claimed(type: str, saved: dict[str, float]) -> None:
    assert not any(factors(type, saved))


@pytest.mark.parametrize(
    ("type", "name"),
    [
        ("MulBackward0", "multiply"),
        ("AddmmBackward0", "matmul, then add"),
        ("PowBackward1", "power"),
        ("LinalgVectorNormBackward0", "linalg vector norm"),
        ("CopySlices", "copy slices"),
        ("AdaptiveAvgPool2DBackward0", "adaptive avg pool2 d"),
        ("torch::autograd::Error", "torch autograd error"),
        ("", ""),
    ],
)
def test_an_operation_has_a_plain_name(type: str, name: str) -> None:
    assert plain_name(type) == name


def test_of_an_unknown_operation_nothing_is_said() -> None:
    assert formula_of("LinalgVectorNormBackward0") is None


@pytest.mark.parametrize(
    ("function", "word"),
    [
        (lambda m: m @ m, "matmul"),
        (lambda m: F.linear(m, m, m[0]), "matmul, then add"),
        (lambda m: torch.bmm(m[None], m[None]), "batched matmul"),
        (lambda m: m @ m[0], "matrix × vector"),
        (lambda m: m[0] @ m[0], "dot product"),
        (lambda m: m.t(), "transpose"),
        (lambda m: m.permute(1, 0), "permute"),
        (lambda m: m.reshape(4), "view"),
        (lambda m: m[[0, 0]], "index"),
        (lambda m: m[0], "select"),
        (lambda m: m[:1], "slice"),
        (lambda m: torch.cat([m, m]), "concatenate"),
        (lambda m: torch.stack([m, m]), "stack"),
        (lambda m: m.softmax(1), "softmax"),
        (lambda m: m.log_softmax(1), "log softmax"),
        (lambda m: F.cross_entropy(m, torch.tensor([0, 1])), "nll loss"),
        (lambda m: F.binary_cross_entropy(m.sigmoid(), torch.ones(2, 2)), "binary cross entropy"),
        (lambda m: F.binary_cross_entropy_with_logits(m, torch.ones(2, 2)), "binary cross entropy of logits"),
        (lambda m: F.conv2d(m[None, None], m[None, None]), "convolution"),
        (lambda m: F.max_pool2d(m[None, None], 2), "max pool"),
        (lambda m: F.batch_norm(m, None, None, training=True), "batch norm"),
        (lambda m: F.layer_norm(m, (2,)), "layer norm"),
        (lambda m: F.embedding(torch.tensor([1]), m), "embedding"),
        (lambda m: m.max(), "max"),
        (lambda m: m.max(1).values, "max"),
        (lambda m: m.to(torch.float64), "convert"),
    ],
)
def test_an_operation_that_beginners_meet_has_its_sentence(function: Function, word: str) -> None:
    result = function(torch.rand(2, 2).requires_grad_())
    kind = type(result.grad_fn).__name__
    rule = formula_of(kind)
    assert rule is not None
    assert rule.name == word
    assert (sentence_of(kind, {}) or "").endswith(".")


def test_a_sigmoid_of_a_large_number_does_not_overflow() -> None:
    (factor,) = factors("SiluBackward0", {"self": -800.0})
    assert factor is not None
    assert math.isclose(factor, 0.0, abs_tol=1e-9)
