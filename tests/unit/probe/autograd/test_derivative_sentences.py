"""Each sentence on a derivative is true: read as a formula, it gives what the installed autograd gives.

The formulas below are the sentences in another notation, and nothing else. What a sentence says may depend on the
installed PyTorch; a sentence that no formula here reads makes its test fail.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - as everybody calls it
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.testing import assert_close

from tui_torch.probe.autograd.derivatives import FORMULAS, sentence_of, sentence_of_node
from tui_torch.probe.autograd.saved_tensors import saved_by
from tui_torch.probe.isolation.undisturbed import unobserved

INF, NAN = math.inf, math.nan
ORDINARY = (0.5, -1.0, 2.0, 1.25, -0.75, 3.0, -2.0, 0.125)
ANY = (0.0, 1.0, -1.0, 2.0, 0.5, INF, -INF, NAN, 1.0, -0.5, 0.0, 2.0, 3.0, -3.0, 0.25, 1.0)
"""Few enough that ties, kinks and bounds are frequent. The sign of a zero is no part of any sentence."""
FINITE = tuple(number for number in ANY if math.isfinite(number))
FROM_0_TO_1 = (0.0, 1.0, 0.25, 0.5, 0.75, 0.9)
SAYS_NOTHING = 1e99
"""Stands in a formula where the sentence says nothing."""


@dataclass(frozen=True)
class Case:
    """An operation, and the numbers to try it on."""

    run: Callable[..., Tensor]
    shapes: tuple[tuple[int, ...], ...] = ((6,),)
    numbers: Sequence[float] = ANY
    facts: Mapping[str, Any] = field(default_factory=dict)
    """What the sentence speaks of beside the inputs: the target, the weight."""


@dataclass(frozen=True)
class Called:
    """A case on certain inputs, and the gradient that arrives."""

    case: Case
    inputs: tuple[Tensor, ...]
    g: Tensor
    result: Tensor

    def __getitem__(self, fact: str) -> Any:
        return self.case.facts.get(fact)


Reading = Callable[..., "Sequence[Tensor]"]
READINGS: list[tuple[re.Pattern[str], Reading]] = []


def says(sentence: str) -> Callable[[Reading], Reading]:
    """The decorated function computes what a sentence says; it is given the groups of the pattern."""

    def add(reading: Reading) -> Reading:
        READINGS.append((re.compile(sentence), reading))
        return reading

    return add


def read(sentence: str) -> tuple[Reading, tuple[str | None, ...]]:
    for pattern, reading in READINGS:
        if found := pattern.fullmatch(sentence):
            return reading, found.groups()
    raise AssertionError(f"no formula reads this: {sentence}")


def to(shape: Sequence[int], gradient: Tensor) -> Tensor:
    """A gradient of the result's shape summed over the copies of an input that was broadcast."""
    return gradient.sum_to_size(shape)  # type: ignore[no-any-return]


# Arithmetic


@says(r"Each term gets the gradient as it is\.")
def _(called: Called) -> list[Tensor]:
    return [to(x.shape, called.g) for x in called.inputs]


@says(r"The first term gets the gradient as it is, the second gets it times (\S+)\.")
def _(called: Called, alpha: str) -> list[Tensor]:
    first, second = called.inputs
    return [to(first.shape, called.g), to(second.shape, float(alpha) * called.g)]


@says(
    r"What is subtracted from gets the gradient as it is, what is subtracted gets minus it(?: times (\S+))?\.",
)
def _(called: Called, alpha: str | None) -> list[Tensor]:
    g, times = called.g, float(alpha or 1)
    given_ = {"from": g, "what": -times * g}
    return [to(x.shape, given_[part]) for x, part in zip(called.inputs, called["parts"], strict=True)]


@says(r"Each factor gets the gradient times the other factor\.( Of complex .* conjugated\.)?( A real .* part\.)?")
def _(called: Called, conjugated: str | None, real_part: str | None) -> list[Tensor]:
    a, b = called.inputs
    found = [called.g * (b.conj() if conjugated else b), called.g * (a.conj() if conjugated else a)]
    return [
        to(x.shape, one if x.is_complex() or not real_part else one.real) for x, one in zip((a, b), found, strict=True)
    ]


@says(r"In a / b, a gets the gradient times 1 / b, and b gets it times -a / b²\.( Of complex .* conjugated\.)?")
def _(called: Called, conjugated: str | None) -> list[Tensor]:
    a, b = (x.conj() if conjugated else x for x in called.inputs)
    return [to(a.shape, called.g * (1 / b)), to(b.shape, called.g * (-a / b**2))]


@says(r"Its result is rounded, and so goes in steps, whose slope is 0: it passes on 0\.")
def _(called: Called) -> list[Tensor]:
    return [torch.zeros_like(x) for x in called.inputs]


@says(r"x \*\* n passes on the gradient times n \* x \*\* \(n - 1\)\.")
def _(called: Called) -> list[Tensor]:
    (x,), n = called.inputs, called["n"]
    return [called.g * (n * x ** (n - 1))]


@says(r"x \*\* 0 is 1 whatever x is: it passes on 0\.")
def _(called: Called) -> list[Tensor]:
    return [torch.zeros_like(called.g)]


@says(
    r"In x \*\* n, x gets the gradient times n \* x \*\* \(n - 1\), and 0 where n is 0; n gets it times "
    r"x \*\* n \* log\(x\), and times 0 where x is 0 and n is 0 or above\."
)
def _(called: Called) -> list[Tensor]:
    x, n = called.inputs
    first = torch.where(n == 0, 0, called.g * (n * x ** (n - 1)))
    second = torch.where((x == 0) & (n >= 0), 0, called.g * (x**n * x.log()))
    return [to(x.shape, first), to(n.shape, second)]


@says(r"a \*\* x passes on the gradient times a \*\* x \* log\(a\)\.")
def _(called: Called) -> list[Tensor]:
    (x,), a = called.inputs, torch.tensor(called["a"], dtype=torch.float64)
    return [called.g * (a**x * a.log())]


@says(r"0 \*\* x passes on 0 where x is 0 or more, and elsewhere the gradient times 0 \*\* x \* log\(0\)\.")
def _(called: Called) -> list[Tensor]:
    (x,), zero = called.inputs, torch.zeros((), dtype=torch.float64)
    return [torch.where(x >= 0, 0, called.g * (zero**x * zero.log()))]


SLOPES: dict[str, Callable[[Tensor], Tensor]] = {
    "It passes on minus the gradient.": lambda x: -torch.ones_like(x),
    "It passes on the gradient times its own result, exp(x).": torch.exp,
    "It passes on the gradient times 1 / x.": lambda x: 1 / x,
    "It passes on the gradient times 1 / (x * log(2)).": lambda x: 1 / (x * math.log(2)),
    "It passes on the gradient times 1 / (x * log(10)).": lambda x: 1 / (x * math.log(10)),
    "It passes on the gradient times 1 / (1 + x).": lambda x: 1 / (1 + x),
    "It passes on the gradient times 1 / (2 * sqrt(x)).": lambda x: 1 / (2 * x.sqrt()),
    "1 / sqrt(x) passes on the gradient times -1 / (2 * x * sqrt(x)).": lambda x: -1 / (2 * x * x.sqrt()),
    "1 / x passes on the gradient times -1 / x².": lambda x: -1 / x**2,
    "It passes on the gradient times cos(x).": torch.cos,
    "It passes on the gradient times -sin(x).": lambda x: -torch.sin(x),
    "It passes on the gradient times 1 + tan(x)².": lambda x: 1 + torch.tan(x) ** 2,
    "It passes on the gradient times 1 - tanh(x)².": lambda x: 1 - torch.tanh(x) ** 2,
    "With s its result, it passes on the gradient times s * (1 - s).": lambda x: x.sigmoid() * (1 - x.sigmoid()),
    "With s = sigmoid(x), it passes on the gradient times s * (1 + x * (1 - s)).": lambda x: (
        x.sigmoid() * (1 + x * (1 - x.sigmoid()))
    ),
    "It passes on the gradient times x / |x|, and 0 at 0.": lambda x: torch.where(x == 0, 0, x / x.abs()),
}


def _add_slope(sentence: str, slope: Callable[[Tensor], Tensor]) -> None:
    @says(re.escape(sentence) + r"( Of complex .* conjugated\.)?")
    def _(called: Called, conjugated: str | None) -> list[Tensor]:
        (x,) = called.inputs
        return [called.g * (slope(x).conj() if conjugated else slope(x))]


for sentence, slope in SLOPES.items():
    _add_slope(sentence, slope)


@says(r"It passes on the gradient times the slope of gelu at x\.")
def _(called: Called) -> list[Tensor]:
    (x,) = called.inputs
    step = 1e-6
    found = called.g * ((called.case.run(x + step) - called.case.run(x - step)) / (2 * step))
    return [torch.where(x.isinf(), SAYS_NOTHING, found)]


# Kinks, ties and bounds


@says(r"It passes on the gradient where the input was above 0( or NaN)?, and (0|\S+ times it) elsewhere\.")
def _(called: Called, or_nan: str | None, elsewhere: str) -> list[Tensor]:
    (x,) = called.inputs
    passes = (x > 0) | (x.isnan() if or_nan else False)
    return [torch.where(passes, called.g, float(elsewhere.split()[0]) * called.g)]


@says(r"It passes on the gradient where x is above 0, minus it where x is below, and 0 (elsewhere|at 0)\.")
def _(called: Called, at: str) -> list[Tensor]:
    (x,) = called.inputs
    rest = torch.where(x.isnan(), SAYS_NOTHING if at == "at 0" else 0.0, torch.zeros_like(x))
    return [torch.where(x > 0, called.g, torch.where(x < 0, -called.g, rest))]


def shares(said: str | None, names: Sequence[str] = ("the first", "the second")) -> list[float] | None:
    """What each of two gets, of `each gets half of it` or `the first gets it`."""
    if said is None:
        return None
    each = {"each gets 0": 0.0, "each gets all of it": 1.0, "each gets half of it": 0.5}
    if said in each:
        return [each[said]] * 2
    assert said in [f"{name} gets it" for name in names], said
    return [float(said == f"{name} gets it") for name in names]


def split_between(called: Called, wins: Tensor, cases: Sequence[tuple[Tensor, list[float] | None]]) -> list[Tensor]:
    """What two inputs get: the first all of it where it wins, but in special cases their shares, the later the more."""
    found = [torch.where(wins, called.g, 0.0), torch.where(wins, 0.0, called.g)]
    for where, parts in cases:
        for at in range(2):
            share = torch.full_like(called.g, SAYS_NOTHING) if parts is None else parts[at] * called.g
            found[at] = torch.where(where, share, found[at])
    return [to(x.shape, one) for x, one in zip(called.inputs, found, strict=True)]


@says(
    r"The (larger|smaller) of the two gets the gradient(?:; where they are equal, ([^;.]+))?"
    r"(?:; where one is NaN, ([^;.]+))?\."
)
def _(called: Called, word: str, equal: str | None, nan: str | None) -> list[Tensor]:
    a, b = called.inputs
    wins = a > b if word == "larger" else a < b
    return split_between(called, wins, [(a == b, shares(equal)), (a.isnan() | b.isnan(), shares(nan))])


@says(
    r"The (larger|smaller) of the two gets the gradient, and a number rather than NaN"
    r"; where they are equal( or both NaN)?, ([^;.]+)(?:; of two NaN, ([^;.]+))?\."
)
def _(called: Called, word: str, too: str | None, equal: str, nans: str | None) -> list[Tensor]:
    a, b = called.inputs
    wins = (a > b if word == "larger" else a < b) | b.isnan()
    both = a.isnan() & b.isnan()
    return split_between(called, wins, [(a == b, shares(equal)), (both, shares(equal if too else nans))])


@says(
    r"The gradient goes to the (largest|smallest) element; equal ones share it\."
    r"(?: (NaN) counts as the \w+\.| Where the result is NaN, every element gets (NaN|0)\.)?"
)
def _(called: Called, word: str, counts: str | None, every: str | None) -> list[Tensor]:
    (x,) = called.inputs
    dim = called["dim"]
    rows, g = (x.reshape(1, -1), called.g.reshape(1)) if dim is None else (x.movedim(dim, -1), called.g)
    found = []
    for row, one in zip(rows, g, strict=True):
        if not row.isnan().any():
            best = row == (row.max() if word == "largest" else row.min())
            found.append(torch.where(best, one / best.sum(), 0.0))
        elif counts:
            found.append(torch.where(row.isnan(), one / row.isnan().sum(), 0.0))
        else:
            found.append(torch.full_like(row, float(every) if every else SAYS_NOTHING))
    return [(torch.stack(found).movedim(-1, dim) if dim is not None else found[0]).reshape(x.shape)]


@says(
    r"Along the dimension, the gradient goes to the (largest|smallest) element, the first of equal ones; all others "
    r"get 0\. NaN counts as the \1\."
)
def _(called: Called, word: str) -> list[Tensor]:
    (x,) = called.inputs
    assume(x.isnan().sum() <= 1)  # which of several NaN it is, the sentence leaves open
    found = torch.zeros_like(x)
    for row, one in enumerate(called.g):
        numbers = x[row].tolist()
        nans = [at for at, number in enumerate(numbers) if math.isnan(number)]
        best = nans[0] if nans else numbers.index(max(numbers) if word == "largest" else min(numbers))
        found[row, best] = one
    return [found]


def compared(x: Tensor, sign: str, limit: float) -> Tensor:
    return {"<": x < limit, "<=": x <= limit, ">": x > limit, ">=": x >= limit}[sign]


@says(r"It passes on the gradient where x (<=?|>=?) (\S+?)( or NaN)?, and 0 elsewhere\.")
def _(called: Called, sign: str, limit: str, or_nan: str | None) -> list[Tensor]:
    (x,) = called.inputs
    within = compared(x, sign, float(limit)) | (x.isnan() if or_nan else False)
    return [torch.where(within, called.g, 0.0)]


@says(r"It passes on the gradient where (\S+) (<=?) x (<=?) (\S+?)( or NaN)?, and 0 elsewhere\.")
def _(called: Called, low: str, first: str, second: str, high: str, or_nan: str | None) -> list[Tensor]:
    (x,) = called.inputs
    within = compared(x, first.replace("<", ">"), float(low)) & compared(x, second, float(high))
    return [torch.where(within | (x.isnan() if or_nan else False), called.g, 0.0)]


@says(
    r"What the result was taken from gets the gradient, the input or a limit(?:; where the two are equal, ([^;.]+))?"
    r"(?:; where (one|the input) is NaN, none gets any)?(; below two equal limits, none gets any)?\."
)
def _(called: Called, equal: str | None, nan: str | None, squeezed: str | None) -> list[Tensor]:
    x, *limits = called.inputs
    low, high = called["limits"](*limits)
    ties = shares(equal, ("the input", "the limit"))
    found = [torch.zeros_like(x) for _ in called.inputs]
    for at, number in enumerate(x.tolist()):
        g = called.g[at]
        ends = [(None if end is None else end[at].item()) for end in (low, high)]
        places = {0: 1, 1: len(called.inputs) - 1}
        if None not in ends and not ends[0] < ends[1] and not any(map(math.isnan, ends)):
            # The sentence speaks of limits in their order, and of what is below two equal ones.
            for one in found:
                one[at] = 0.0 if squeezed and number < ends[0] == ends[1] else SAYS_NOTHING
            continue
        if any(math.isnan(one) for one in (number, *(end for end in ends if end is not None))):
            for one in found:
                one[at] = 0.0 if nan == "one" or (nan and math.isnan(number)) else SAYS_NOTHING
            continue
        met = [end for end in (0, 1) if ends[end] == number]
        beyond = [
            end
            for end, limit in enumerate(ends)
            if limit is not None and (number < limit if end == 0 else number > limit)
        ]
        if met:
            assert ties is not None
            found[0][at], found[places[met[0]]][at] = ties[0] * g, ties[1] * g
        elif beyond:
            found[places[beyond[0]]][at] = g
        else:
            found[0][at] = g
    return found


@says(r"Of each pair, the one that was chosen gets the gradient, the other gets 0\.")
def _(called: Called) -> list[Tensor]:
    chosen = called["condition"]
    return [torch.where(chosen, called.g, 0.0), torch.where(chosen, 0.0, called.g)]


@says(r"What was overwritten gets 0; the rest gets the gradient as it came\.")
def _(called: Called) -> list[Tensor]:
    (x,) = called.inputs
    return [to(x.shape, torch.where(called["mask"], 0.0, called.g))]


@says(
    r"What was overwritten gets 0, the rest the gradient as it came; the value gets the sum of what it overwrote\.",
)
def _(called: Called) -> list[Tensor]:
    return [torch.where(called["mask"], 0.0, called.g), torch.where(called["mask"], called.g, 0.0).sum()]


# Sums, products of matrices


@says(r"Every element that was summed gets the gradient as it is\.")
def _(called: Called) -> list[Tensor]:
    (x,) = called.inputs
    return [spread(called, x)]


@says(r"Every one of the n elements gets the gradient divided by n\.")
def _(called: Called) -> list[Tensor]:
    (x,) = called.inputs
    return [spread(called, x) / (x.numel() / called.g.numel())]


def spread(called: Called, x: Tensor) -> Tensor:
    dim = called["dim"]
    return (called.g if dim is None else called.g.unsqueeze(dim)).expand(x.shape)


MATRICES = r"Each (?:matrix|batch of matrices) gets the gradient times the other one transposed"
CONJUGATED = r"( Of complex .* conjugated\.)?"


@says(MATRICES + r": A gets G @ B\.T, B gets A\.T @ G\." + CONJUGATED)
def _(called: Called, conjugated: str | None) -> list[Tensor]:
    a, b = (x.conj() if conjugated else x for x in called.inputs)
    return [called.g @ b.mT, a.mT @ called.g]


@says(
    MATRICES + r"(?:, times (\S+))?: A gets G @ B\.T, B gets A\.T @ G\. "
    r"What is added gets G(?: as it is| times (\S+)), summed over its copies if it was broadcast\."
)
def _(called: Called, alpha: str | None, beta: str | None) -> list[Tensor]:
    added, a, b = called.inputs
    g, times = called.g, float(alpha or 1)
    return [to(added.shape, float(beta or 1) * g), times * (g @ b.mT), times * (a.mT @ g)]


@says(r"The vector gets A\.T @ g; the matrix gets the outer product of g and the vector\.")
def _(called: Called) -> list[Tensor]:
    a, x = called.inputs
    return [called.g[:, None] * x, a.T @ called.g]


@says(r"Each vector gets the gradient times the other vector\.")
def _(called: Called) -> list[Tensor]:
    a, b = called.inputs
    return [called.g * b, called.g * a]


# What moves elements


@says(
    r"The gradient goes back (?:transposed|with the two dimensions exchanged again"
    r"|with the dimensions in their former order|as it came, in the shape that was there before|as it came"
    r"|as it came, in the dtype and on the device of the input"
    r"|to the places that were taken; all others get 0"
    r"|to the places that were taken, added up where one was taken twice; others get 0"
    r"|as it came, each element to where it was taken from)\."
)
@says(r"Each part gets its own piece of the gradient\.")
@says(r"Each element gets the sum of the gradients of its copies\.")
def _(called: Called) -> list[Tensor]:
    # Each element is given its place as its value, so that what was made of them says where each has come from.
    found = []
    for at, x in enumerate(called.inputs):
        places = [torch.full_like(other, -1.0) for other in called.inputs]
        places[at] = torch.arange(float(x.numel()), dtype=x.dtype).reshape(x.shape)
        came_from = called.case.run(*places).flatten().long()
        is_here = came_from >= 0
        gradient = torch.zeros(x.numel(), dtype=x.dtype)
        gradient.index_add_(0, came_from[is_here], called.g.flatten().to(x.dtype)[is_here])
        found.append(gradient.reshape(x.shape))
    return found


# Losses


@says(r"With s its result, x gets s \* \(g - sum\(g \* s\)\): raising one output lowers the others\.")
def _(called: Called) -> list[Tensor]:
    s = called.result
    return [s * (called.g - (called.g * s).sum(1, keepdim=True))]


@says(r"x gets g - softmax\(x\) \* sum\(g\)\.")
def _(called: Called) -> list[Tensor]:
    (x,) = called.inputs
    return [called.g - x.softmax(1) * called.g.sum(1, keepdim=True)]


@says(
    r"Only the log-probability of the right class gets a gradient: -g( times the weight of the class)?"
    r"(?:, divided by (the sum of these weights|the number of samples)( that are not ignored)?)?\."
    r"(?: A sample whose target is (-?\d+) is ignored: it gets 0\.)?"
)
def _(called: Called, weighted: str | None, by: str | None, not_ignored: str | None, index: str | None) -> list[Tensor]:
    (x,), target = called.inputs, called["target"]
    samples, classes = target.flatten().tolist(), x.movedim(1, -1).reshape(-1, x.shape[1])
    ignored = None if index is None else int(index)
    weights = called["weight"].tolist() if weighted else [1.0] * x.shape[1]
    # Where the sentence does not speak of it, a target below 0 is of no class all the same.
    of_samples = [0.0 if target == ignored or target < 0 else weights[target] for target in samples]
    divisor = {
        None: 1.0,
        "the sum of these weights": sum(of_samples),
        "the number of samples": sum(target != ignored for target in samples) if not_ignored else len(samples),
    }[by]
    found = torch.zeros_like(classes)
    for row, (target, weight) in enumerate(zip(samples, of_samples, strict=True)):
        g = called.g.expand(called["target"].shape).flatten()[row]
        if target != ignored and target >= 0:
            found[row, target] = -g * weight / divisor
    return [found.reshape(x.movedim(1, -1).shape).movedim(-1, 1)]


def divided(called: Called, elements: str | None, found: Tensor) -> Tensor:
    return found / found.numel() if elements else found


ELEMENTS = r"(, divided by the number of elements)?\."


@says(r"Each prediction gets g \* 2 \* \(prediction - target\)" + ELEMENTS)
def _(called: Called, elements: str | None) -> list[Tensor]:
    (x,) = called.inputs
    return [divided(called, elements, called.g * 2 * (x - called["target"]))]


@says(
    r"Each probability p with target t gets g \* \(p - t\) / \(p \* \(1 - p\)\)(, times its weight)?"
    + ELEMENTS
    + r" The p \* \(1 - p\) counts as 1e-12 at least\."
)
def _(called: Called, weighted: str | None, elements: str | None) -> list[Tensor]:
    (p,), t = called.inputs, called["target"]
    found = called.g * (p - t) / (p * (1 - p)).clamp(min=1e-12) * (called["weight"] if weighted else 1)
    return [divided(called, elements, found)]


@says(
    r"(?:With w its pos_weight, each|Each) logit x with target t gets g \* "
    r"\((sigmoid\(x\) - t|\(1 - t \+ w \* t\) \* sigmoid\(x\) - w \* t)\)(, times its weight)?" + ELEMENTS
)
def _(called: Called, formula: str, weighted: str | None, elements: str | None) -> list[Tensor]:
    (x,), t = called.inputs, called["target"]
    w = called["pos_weight"] if "w" in formula else 1
    found = called.g * ((1 - t + w * t) * x.sigmoid() - w * t) * (called["weight"] if weighted else 1)
    return [divided(called, elements, found)]


# Layers


@says(
    r"Each row that was looked up gets its gradient, (summed|averaged) over its uses; others get 0\."
    r"(?: Row (\d+), the padding, gets 0, too\.)?"
)
def _(called: Called, how: str, padding: str | None) -> list[Tensor]:
    (x,), rows = called.inputs, called["rows"]
    found = torch.zeros_like(x)
    for place, row in enumerate(rows.tolist()):
        if padding is None or row != int(padding):
            found[row] += called.g[place] / (rows == row).sum() ** (how == "averaged")
    return [found]


@says(
    r"What was dropped gets 0; the rest gets the gradient times 1 / \(1 - p\), or as it came outside of training\.",
)
def _(called: Called) -> list[Tensor]:
    return [torch.where(called.result == 0, 0.0, called.g / (1 - called["p"]) if called["training"] else called.g)]


@says(
    r"Each element of the input gets the gradients of all outputs that it went into, each times the number of the "
    r"kernel that it met there; each number of a kernel likewise, times the inputs that it met; the bias gets the "
    r"gradient summed over all positions\."
)
def _(called: Called) -> list[Tensor]:
    x, kernel, bias = called.inputs
    nothing = torch.zeros_like(bias)

    def met(at: int) -> Tensor:
        """The sum, for each element of one input, of the outputs that it alone makes, times their gradients."""
        parts = []
        for place in range((x, kernel)[at].numel()):
            one = torch.zeros_like((x, kernel)[at])
            one.view(-1)[place] = 1
            parts.append((called.g * called.case.run(*((one, kernel) if at == 0 else (x, one)), nothing)).sum())
        return torch.stack(parts).reshape((x, kernel)[at].shape)

    return [met(0), met(1), called.g.sum((0, 2))]


def windows(called: Called) -> Iterator[tuple[tuple[int, int], list[tuple[int, int]], int]]:
    """For each output its place, the elements in its window, and their number with those of the padding."""
    (x,) = called.inputs
    kernel, stride, padding = called["kernel"], called["stride"], called["padding"]
    ends = [size + padding for size in x.shape[-2:]]
    for place in product(*(range(size) for size in called.g.shape[-2:])):
        starts = [at * stride - padding for at in place]
        spans = [range(start, min(start + kernel, end)) for start, end in zip(starts, ends, strict=True)]
        inside = [
            spot for spot in product(*spans) if all(0 <= at < n for at, n in zip(spot, x.shape[-2:], strict=True))
        ]
        yield place, inside, math.prod(len(span) for span in spans)


@says(
    r"Each gradient goes to the largest element of its window, the first of equal ones; all others get 0\. NaN counts "
    r"as the largest\."
)
def _(called: Called) -> list[Tensor]:
    (x,) = called.inputs
    assume(x.isnan().sum() <= 1)  # which of several NaN it is, the sentence leaves open
    found = torch.zeros_like(x)
    for place, inside, _ in windows(called):
        numbers = [x[(0, 0, *spot)].item() for spot in inside]
        nans = [at for at, number in enumerate(numbers) if math.isnan(number)]
        found[(0, 0, *inside[nans[0] if nans else numbers.index(max(numbers))])] += called.g[(0, 0, *place)]
    return [found]


@says(
    r"Each element gets the gradient of every window that it is in, divided by "
    r"(?:(\d+), the divisor_override|the number of elements of that window(, padding included|, without padding)?)\."
)
def _(called: Called, divisor: str | None, padding: str | None) -> list[Tensor]:
    (x,) = called.inputs
    found = torch.zeros_like(x)
    for place, inside, padded in windows(called):
        count = float(divisor) if divisor else padded if padding == ", padding included" else len(inside)
        for spot in inside:
            found[(0, 0, *spot)] += called.g[(0, 0, *place)] / count
    return [found]


def normalized(called: Called, over: tuple[int, ...], kept: tuple[int, ...]) -> list[Tensor]:
    """What a norm gives back to its input, whose mean and variance over some dimensions depend on it."""
    x, weight, _ = called.inputs
    mean, variance = x.mean(over, keepdim=True), x.var(over, keepdim=True, correction=0)
    std = (variance + 1e-5).sqrt()
    z = (x - mean) / std
    g = called.g * weight
    share = (g - g.mean(over, keepdim=True) - z * (g * z).mean(over, keepdim=True)) / std
    return [share, (called.g * z).sum(kept), called.g.sum(kept)]


@says(
    r"With z the normalized input, the bias gets the sum of g, the weight the sum of g \* z; the input's includes that "
    r"mean and variance depend on it\."
)
def _(called: Called) -> list[Tensor]:
    return normalized(called, called["over"], (0,))


@says(
    r"With z the normalized input, the bias gets the sum of g, the weight the sum of g \* z; the input gets "
    r"g \* weight / std, with the running mean and variance as constants\."
)
def _(called: Called) -> list[Tensor]:
    x, weight, _ = called.inputs
    std = (called["variance"] + 1e-5).sqrt()
    return [called.g * weight / std, (called.g * (x - called["mean"]) / std).sum(0), called.g.sum(0)]


# The operations, each with every argument that changes its derivative


def tensor(*numbers: float) -> Tensor:
    return torch.tensor(numbers, dtype=torch.float64)


TWO = ((6,), (6,))
MATRIX = ((3, 4),)
TARGETS = torch.tensor([1, 0, 2])
IGNORED = torch.tensor([1, -100, 2])
IMAGE = torch.tensor([[[0, 1], [2, 1]], [[2, 2], [1, 0]], [[0, 0], [0, 1]]])
CLASS_WEIGHTS = tensor(0.5, 2.0, 3.0)
ZEROS_AND_ONES = tensor(0, 1, 1, 0, 1, 0.25)
WEIGHTS = tensor(1, 2, 0.5, 3, 0, 1)
ROWS = torch.tensor([0, 2, 2, 0, 1])
MASK = torch.tensor([True, False, True, False, False, True])
PAIRS = ((3, 4), (4,))


def of_matrices(run: Callable[..., Tensor], *shapes: tuple[int, ...]) -> Case:
    return Case(run, shapes, ORDINARY)


def moves(run: Callable[..., Tensor], *shapes: tuple[int, ...]) -> Case:
    return Case(run, shapes or MATRIX, ORDINARY)


def logs(run: Callable[..., Tensor], target: Tensor = TARGETS, shape: tuple[int, ...] = (3, 3), **facts: Any) -> Case:
    return Case(lambda x: run(x, target), (shape,), ORDINARY, {"target": target, **facts})


def pooled(run: Callable[..., Tensor], kernel: int, stride: int, padding: int = 0) -> Case:
    return Case(run, ((1, 1, 4, 5),), ANY, {"kernel": kernel, "stride": stride, "padding": padding})


def convolved(run: Callable[..., Tensor], x: tuple[int, ...], kernel: tuple[int, ...], bias: int) -> Case:
    return Case(run, (x, kernel, (bias,)), ORDINARY)


def limited(run: Callable[..., Tensor], limits: Callable[..., tuple[Any, Any]], count: int = 2) -> Case:
    return Case(run, ((6,),) * count, ANY, {"limits": limits})


def numbered(number: float) -> dict[str, Case]:
    """Powers of a tensor, and of a number."""
    return {
        f"x ** {number}": Case(lambda x: x**number, facts={"n": number}),
        f"{number} ** x": Case(lambda x: torch.pow(number, x), facts={"a": number}),
    }


CASES: dict[str, Case] = {
    "a + b": Case(torch.add, PAIRS),
    "a + 2 b": Case(lambda a, b: torch.add(a, b, alpha=2), TWO),
    "a - b": Case(torch.sub, PAIRS, facts={"parts": ("from", "what")}),
    "a - 3 b": Case(lambda a, b: torch.sub(a, b, alpha=3), TWO, facts={"parts": ("from", "what")}),
    "2 - x": Case(lambda x: 2 - x, facts={"parts": ("what",)}),
    "b - 0.5 a": Case(lambda a, b: torch.rsub(a, b, alpha=0.5), TWO, facts={"parts": ("what", "from")}),
    "a * b": Case(torch.mul, PAIRS),
    "a / b": Case(torch.div, PAIRS),
    "a // b": Case(lambda a, b: torch.div(a, b, rounding_mode="floor"), TWO),
    "truncated a / b": Case(lambda a, b: torch.div(a, b, rounding_mode="trunc"), TWO),
    "truncated x / 2": Case(lambda x: torch.div(x, 2, rounding_mode="trunc")),
    **{name: case for number in (0, 1, 2, 3, 0.5, -1, -2.0) for name, case in numbered(number).items()},
    "x ** n": Case(torch.pow, TWO),
    "negate": Case(torch.neg),
    "exp": Case(torch.exp),
    "log": Case(torch.log),
    "log2": Case(torch.log2),
    "log10": Case(torch.log10),
    "log1p": Case(torch.log1p),
    "sqrt": Case(torch.sqrt),
    "rsqrt": Case(torch.rsqrt),
    "reciprocal": Case(torch.reciprocal),
    "sin": Case(torch.sin),
    "cos": Case(torch.cos),
    "tan": Case(torch.tan),
    "tanh": Case(torch.tanh),
    "sigmoid": Case(torch.sigmoid),
    "relu": Case(torch.relu),
    "relu of many": Case(torch.relu, ((40,),)),
    "leaky relu": Case(lambda x: F.leaky_relu(x, 0.1)),
    "leaky relu of many": Case(F.leaky_relu, ((40,),)),
    "leaky relu in place": Case(lambda x: F.leaky_relu(x * 1, 0.25, inplace=True)),
    "silu": Case(F.silu),
    "gelu": Case(F.gelu),
    "gelu by tanh": Case(lambda x: F.gelu(x, approximate="tanh")),
    "abs": Case(torch.abs),
    "abs of many": Case(torch.abs, ((40,),)),
    "maximum": Case(torch.maximum, PAIRS),
    "minimum": Case(torch.minimum, PAIRS),
    "fmax": Case(torch.fmax, PAIRS),
    "fmin": Case(torch.fmin, PAIRS),
    "max": Case(torch.max, MATRIX),
    "min": Case(torch.min, MATRIX),
    "max along a dimension": Case(lambda x: x.max(1).values, MATRIX),
    "min along a dimension": Case(lambda x: x.min(1).values, MATRIX),
    "amax": Case(lambda x: x.amax(1), MATRIX, facts={"dim": 1}),
    "amin": Case(lambda x: x.amin(1), MATRIX, facts={"dim": 1}),
    "amax of all": Case(torch.amax, MATRIX),
    "clamp": Case(lambda x: x.clamp(-1, 2)),
    "clamp from": Case(lambda x: x.clamp(min=0.5)),
    "clamp to": Case(lambda x: x.clamp(max=1)),
    "clamp between equal numbers": Case(lambda x: x.clamp(1, 1)),
    "clamp in the wrong order": Case(lambda x: x.clamp(2, -1)),
    "clamp of many": Case(lambda x: x.clamp(-1, 2), ((40,),)),
    "clamp_min": Case(lambda x: x.clamp_min(0)),
    "clamp_max": Case(lambda x: x.clamp_max(0.25)),
    "clamp_min of a tensor": limited(torch.clamp_min, lambda low: (low, None)),
    "clamp_max of a tensor": limited(torch.clamp_max, lambda high: (None, high)),
    "clamp between tensors": limited(torch.clamp, lambda low, high: (low, high), 3),
    "clamp from a tensor": limited(lambda x, low: x.clamp(min=low), lambda low: (low, None)),
    "clamp to a tensor": limited(lambda x, high: x.clamp(max=high), lambda high: (None, high)),
    "where": Case(lambda a, b: torch.where(MASK, a, b), TWO, facts={"condition": MASK}),
    "masked fill": Case(lambda x: x.masked_fill(MASK, 7), facts={"mask": MASK}),
    "masked fill of a row": Case(lambda x: x.masked_fill(MASK.repeat(2, 1), 7), facts={"mask": MASK.repeat(2, 1)}),
    "masked fill by a tensor": Case(lambda x, v: x.masked_fill(MASK, v), ((6,), ()), facts={"mask": MASK}),
    "sum": Case(torch.sum, MATRIX),
    "sum along a dimension": Case(lambda x: x.sum(0), MATRIX, facts={"dim": 0}),
    "mean": Case(torch.mean, MATRIX),
    "mean along a dimension": Case(lambda x: x.mean(1), MATRIX, facts={"dim": 1}),
    "matmul": of_matrices(torch.mm, (2, 3), (3, 4)),
    "batched matmul": of_matrices(torch.bmm, (2, 2, 3), (2, 3, 2)),
    "linear": of_matrices(torch.addmm, (4,), (2, 3), (3, 4)),
    "addmm of a column": of_matrices(torch.addmm, (2, 1), (2, 3), (3, 4)),
    "addmm with alpha and beta": of_matrices(
        lambda c, a, b: torch.addmm(c, a, b, alpha=2, beta=0.5), (2, 4), (2, 3), (3, 4)
    ),
    "baddbmm": of_matrices(torch.baddbmm, (2, 1, 2), (2, 2, 3), (2, 3, 2)),
    "baddbmm with alpha and beta": of_matrices(
        lambda c, a, b: torch.baddbmm(c, a, b, alpha=3, beta=0), (2, 2, 2), (2, 2, 3), (2, 3, 2)
    ),
    "matrix and vector": of_matrices(torch.mv, (3, 4), (4,)),
    "dot": of_matrices(torch.dot, (5,), (5,)),
    "t": moves(torch.t),
    "transpose": moves(lambda x: x.transpose(0, 1)),
    "permute": moves(lambda x: x.permute(2, 0, 1), (2, 3, 2)),
    "view": moves(lambda x: x.view(2, 6)),
    "a view of a copy": moves(lambda x: x.t().reshape(2, 6)),
    "unsqueeze": moves(lambda x: x.unsqueeze(1)),
    "squeeze": moves(torch.squeeze, (3, 1, 2)),
    "alias": moves(torch.ops.aten.alias),
    "expand": moves(lambda x: x.expand(5, 3, 4)),
    "repeat": moves(lambda x: x.repeat(2, 1)),
    "index": moves(lambda x: x[[0, 2, 0]]),
    "index by a mask": moves(lambda x: x[MASK[:3]]),
    "select": moves(lambda x: x[1]),
    "slice": moves(lambda x: x[:, 1:3]),
    "index select": moves(lambda x: x.index_select(1, ROWS)),
    "gather": moves(lambda x: x.gather(1, torch.tensor([[0, 0], [3, 1], [2, 2]]))),
    "split": moves(lambda x: x.split(2)[1]),
    "split by sizes": moves(lambda x: x.split([1, 2])[1]),
    "unbind": moves(lambda x: x.unbind()[2]),
    "concatenate": moves(lambda *parts: torch.cat(parts), (2, 3), (1, 3)),
    "stack": moves(lambda *parts: torch.stack(parts, 1), (2, 3), (2, 3)),
    "clone": moves(torch.clone),
    "convert": moves(lambda x: x.to(torch.float32)),
    "softmax": Case(lambda x: x.softmax(1), MATRIX),
    "log softmax": Case(lambda x: x.log_softmax(1), MATRIX),
    "nll": logs(F.nll_loss),
    "nll, summed": logs(lambda x, t: F.nll_loss(x, t, reduction="sum")),
    "nll, each": logs(lambda x, t: F.nll_loss(x, t, reduction="none")),
    "nll, weighted": logs(lambda x, t: F.nll_loss(x, t, CLASS_WEIGHTS), weight=CLASS_WEIGHTS),
    "nll, weighted and summed": logs(
        lambda x, t: F.nll_loss(x, t, CLASS_WEIGHTS, reduction="sum"), weight=CLASS_WEIGHTS
    ),
    "nll, some ignored": logs(F.nll_loss, IGNORED),
    "nll, some ignored and summed": logs(lambda x, t: F.nll_loss(x, t, reduction="sum"), IGNORED),
    "nll, one class ignored": logs(lambda x, t: F.nll_loss(x, t, ignore_index=2)),
    "nll, one class ignored and summed": logs(lambda x, t: F.nll_loss(x, t, ignore_index=0, reduction="sum")),
    "nll, all ignored": logs(F.nll_loss, torch.full((3,), -100)),
    "nll, weighted, some ignored": logs(lambda x, t: F.nll_loss(x, t, CLASS_WEIGHTS), IGNORED, weight=CLASS_WEIGHTS),
    "nll of images": logs(F.nll_loss, IMAGE, (3, 3, 2, 2)),
    "nll of images, one class ignored": logs(lambda x, t: F.nll_loss(x, t, ignore_index=0), IMAGE, (3, 3, 2, 2)),
    **{
        f"squared error, {how}": Case(
            lambda x, how=how: F.mse_loss(x, ZEROS_AND_ONES, reduction=how), facts={"target": ZEROS_AND_ONES}
        )
        for how in ("mean", "sum", "none")
    },
    **{
        f"{name}, {how}{', weighted' if weight is not None else ''}{', with pos_weight' if more else ''}": Case(
            lambda x, loss=loss, how=how, weight=weight, more=more: loss(
                x, ZEROS_AND_ONES, weight=weight, reduction=how, **more
            ),
            numbers=numbers,
            facts={"target": ZEROS_AND_ONES, "weight": weight, **more},
        )
        for name, loss, numbers, mores in (
            ("cross entropy of probabilities", F.binary_cross_entropy, FROM_0_TO_1, ({},)),
            ("cross entropy of logits", F.binary_cross_entropy_with_logits, ANY, ({}, {"pos_weight": WEIGHTS + 1})),
        )
        for more in mores
        for how in ("mean", "sum", "none")
        for weight in (None, WEIGHTS)
    },
    "convolution": convolved(
        lambda x, k, b: F.conv1d(x, k, b, stride=2, padding=1, dilation=2), (2, 2, 5), (3, 2, 2), 3
    ),
    "convolution in groups": convolved(lambda x, k, b: F.conv1d(x, k, b, groups=2), (1, 2, 4), (2, 1, 3), 2),
    "transposed convolution": convolved(
        lambda x, k, b: F.conv_transpose1d(x, k, b, stride=2, padding=1, output_padding=1), (1, 2, 3), (2, 2, 2), 2
    ),
    "max pool": pooled(lambda x: F.max_pool2d(x, 2), 2, 2),
    "max pool of windows that overlap": pooled(lambda x: F.max_pool2d(x, 3, 1, 1), 3, 1, 1),
    "average pool": pooled(lambda x: F.avg_pool2d(x, 2), 2, 2),
    "average pool with padding": pooled(lambda x: F.avg_pool2d(x, 3, 2, 1), 3, 2, 1),
    "average pool with padding, rounded up": pooled(lambda x: F.avg_pool2d(x, 3, 2, 1, ceil_mode=True), 3, 2, 1),
    "average pool without its padding": pooled(lambda x: F.avg_pool2d(x, 3, 2, 1, count_include_pad=False), 3, 2, 1),
    "average pool by a divisor": pooled(lambda x: F.avg_pool2d(x, 2, 1, divisor_override=3), 2, 1),
    "batch norm": Case(
        lambda x, w, b: F.batch_norm(x, None, None, w, b, training=True),
        ((5, 2), (2,), (2,)),
        ORDINARY,
        {"over": (0,)},
    ),
    "batch norm in evaluation": Case(
        lambda x, w, b: F.batch_norm(x, tensor(0.5, 1), tensor(2, 3), w, b),
        ((5, 2), (2,), (2,)),
        ORDINARY,
        {"mean": tensor(0.5, 1), "variance": tensor(2, 3)},
    ),
    "layer norm": Case(lambda x, w, b: F.layer_norm(x, (4,), w, b), ((3, 4), (4,), (4,)), ORDINARY, {"over": (1,)}),
    "embedding": Case(lambda x: F.embedding(ROWS, x), MATRIX, ORDINARY, {"rows": ROWS}),
    "embedding with row 0 as padding": Case(
        lambda x: F.embedding(ROWS, x, padding_idx=0), MATRIX, ORDINARY, {"rows": ROWS}
    ),
    "embedding with the last row as padding": Case(
        lambda x: F.embedding(ROWS, x, padding_idx=-1), MATRIX, ORDINARY, {"rows": ROWS}
    ),
    "embedding, by frequency": Case(
        lambda x: F.embedding(ROWS, x, scale_grad_by_freq=True, padding_idx=1), MATRIX, ORDINARY, {"rows": ROWS}
    ),
    "dropout": Case(lambda x: torch.native_dropout(x, 0.25, True)[0], MATRIX, ORDINARY, {"p": 0.25, "training": True}),
    "dropout in evaluation": Case(lambda x: torch.native_dropout(x, 0.25, False)[0], MATRIX, ORDINARY, {"p": 0.25}),
}


def drawn(raw: bytes, shape: Sequence[int], numbers: Sequence[float]) -> Tensor:
    count = math.prod(shape)
    return tensor(*(numbers[byte % len(numbers)] for byte in raw[:count])).reshape(shape)


def said_of(result: Tensor) -> str:
    with unobserved():
        found = sentence_of_node(result.grad_fn, saved_by(result.grad_fn))
    assert found is not None
    return found


@pytest.mark.parametrize("name", CASES)
@settings(max_examples=25, deadline=None)
@given(raw=st.binary(min_size=160, max_size=160))
def test_what_is_said_of_an_operation_is_what_autograd_does(name: str, raw: bytes) -> None:
    case = CASES[name]
    inputs, at = [], 0
    for shape in case.shapes:
        inputs.append(drawn(raw[at:], shape, case.numbers).requires_grad_())
        at += math.prod(shape)
    result = case.run(*inputs)
    g = drawn(raw[::-1], result.shape, ORDINARY).to(result.dtype)
    said = said_of(result)
    reading, groups = read(said)
    with torch.no_grad():
        claimed = reading(Called(case, tuple(x.detach() for x in inputs), g, result.detach()), *groups)
    rough = 1e-4 if "slope of gelu" in said else 1e-8  # that slope is measured
    for one, found in zip(claimed, torch.autograd.grad(result, inputs, g), strict=True):
        expected = torch.where(one == SAYS_NOTHING, found.to(one.dtype), one)
        assert_close(found.to(one.dtype), expected, rtol=rough, atol=rough * 1e-3, equal_nan=True)


ELSEWHERE = {"CudnnBatchNorm", "ReshapeAlias", "AccumulateGrad", "MaxPool3DWithIndices", "AvgPool3D"}
"""Formulas of operations of GPUs and of other releases, of leaves, and those that say what another says."""


def test_every_formula_is_held_against_autograd() -> None:
    tried = set()
    for case in CASES.values():
        inputs = [drawn(bytes(range(160)), shape, case.numbers).requires_grad_() for shape in case.shapes]
        name = type(case.run(*inputs).grad_fn).__name__
        tried |= {name, re.sub(r"Backward\d+$", "", name)}
    assert set(FORMULAS) - tried == ELSEWHERE


COMPLEX: dict[str, Case] = {
    "a * b": Case(torch.mul, TWO),
    "a / b": Case(torch.div, TWO),
    "exp": Case(torch.exp),
    "log": Case(torch.log),
    "sin": Case(torch.sin),
    "tanh": Case(torch.tanh),
    "abs": Case(torch.abs),
    "matmul": Case(torch.mm, ((2, 3), (3, 2))),
}


@pytest.mark.parametrize("name", COMPLEX)
@settings(max_examples=25, deadline=None)
@given(raw=st.binary(min_size=40, max_size=40))
def test_what_is_said_of_complex_numbers_is_what_autograd_does(name: str, raw: bytes) -> None:
    case = COMPLEX[name]
    inputs = [
        torch.complex(
            drawn(raw[9 * at :], shape, ORDINARY), drawn(raw[9 * at + 5 :][::-1], shape, ORDINARY)
        ).requires_grad_()
        for at, shape in enumerate(case.shapes)
    ]
    result = case.run(*inputs)
    g = drawn(raw, result.shape, ORDINARY).to(result.dtype)
    reading, groups = read(said_of(result))
    with torch.no_grad():
        claimed = reading(Called(case, tuple(x.detach() for x in inputs), g, result.detach()), *groups)
    for one, found in zip(claimed, torch.autograd.grad(result, inputs, g), strict=True):
        assert_close(found, one)


def test_a_real_factor_of_a_complex_product_gets_the_real_part() -> None:
    a, b = tensor(2.0, -1.0).requires_grad_(), torch.tensor([1 + 2j, 3j], dtype=torch.complex128, requires_grad=True)
    result = a * b
    g = torch.tensor([1 - 1j, 2 + 1j], dtype=torch.complex128)
    reading, groups = read(said_of(result))
    assert groups[1] is not None
    claimed = reading(Called(Case(torch.mul), (a.detach(), b.detach()), g, result.detach()), *groups)
    for one, found in zip(claimed, torch.autograd.grad(result, (a, b), g), strict=True):
        assert_close(found, one)


@pytest.mark.parametrize("name", FORMULAS)
def test_of_an_operation_of_which_nothing_is_known_a_whole_sentence_is_said(name: str) -> None:
    said = sentence_of(name if "Backward" in name else f"{name}Backward0", {})
    assert said is not None
    assert re.fullmatch(r"[A-Z0-9ax].*\.", said)
    assert "None" not in said


def test_after_backward_what_was_weighted_is_still_said_to_be() -> None:
    x = tensor(0.5, 2, -1, 3, 1, 0).requires_grad_()
    loss = F.binary_cross_entropy_with_logits(x, ZEROS_AND_ONES, WEIGHTS, pos_weight=WEIGHTS)
    before = said_of(loss)
    loss.backward()
    assert said_of(loss) == before
    assert "pos_weight" in before and "times its weight" in before


def test_after_backward_the_samples_that_count_are_left_open() -> None:
    x = drawn(bytes(range(9)), (3, 3), ORDINARY).requires_grad_()
    loss = F.nll_loss(x, TARGETS)
    assert said_of(loss).endswith("divided by the number of samples.")
    loss.backward()
    assert said_of(loss).endswith(
        "divided by the number of samples that are not ignored. A sample whose target is -100 is ignored: it gets 0."
    )
