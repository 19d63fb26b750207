"""The ways in which the dimensions of a smaller tensor can stand along those of a larger one."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from itertools import combinations

from tui_torch.probe.errors.case import ErrorCase, PossibleFix


def alignments(small: Sequence[int], large: Sequence[int], *, whole: bool = False) -> list[tuple[int, ...]]:
    """Return for each way the dimensions of `large` that those of `small` stand at, in order.

    Args:
        small: A shape with fewer dimensions than `large`.
        large: The shape that the result has.
        whole: Whether the two have to have the same number of elements.
    """
    ways = []
    for places in combinations(range(len(large)), len(small)):
        fits = all(size in (1, large[place]) for size, place in zip(small, places, strict=True))
        left = [size for place, size in enumerate(large) if place not in places]
        exact = [size for size, place in zip(small, places, strict=True) if size != large[place]] == []
        if fits and (not whole or (exact and set(left) <= {1})):
            ways.append(places)
    return ways


def template(places: Sequence[int], dimensions: int) -> str:
    """Return what puts dimensions of size 1 into a tensor: `{}.unsqueeze(1)`, `{}[:, None, None]`.

    Args:
        places: The dimensions of the result that the tensor's own stand at.
        dimensions: The number of dimensions of the result.
    """
    # Broadcasting puts dimensions before the first by itself.
    kinds = [":" if place in places else "None" for place in range(min(places, default=0), dimensions)]
    if kinds.count("None") == 1:
        return f"{{}}.unsqueeze({kinds.index('None')})"
    return f"{{}}[{', '.join(kinds)}]"


def aligned(case: ErrorCase, small: ast.expr, large: ast.expr, *, whole: bool = False) -> tuple[PossibleFix, ...]:
    """Return a fix for each way in which the smaller of two pieces can stand along the larger one."""
    own, other = case.shape(small) or (), case.shape(large) or ()
    found = []
    for places in alignments(own, other, whole=whole):
        fix = case.working_fix({small: template(places, len(other))})
        # By sizes of 1, two ways may come to the same.
        if fix is not None and fix not in [one.fix for one in found]:
            words = " and ".join(map(str, places))
            found.append(PossibleFix(f"{case.quoted(small)} goes along dimension {words} of {case.quoted(large)}", fix))
    return tuple(found)
