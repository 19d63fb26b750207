"""What the sentences on arithmetic, functions, choices, sums and matrices say, in another notation."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence

import torch
from hypothesis import assume
from torch import Tensor

from tests.unit.probe.autograd.sentence_readings import SAYS_NOTHING, Called, says, to

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
