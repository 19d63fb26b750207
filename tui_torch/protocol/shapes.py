"""Shapes as text, and elements in the order of memory as nested lists: the same on both sides of the wire."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def shape_text(shape: Sequence[int]) -> str:
    """`[15, 3]`; `scalar` for a shape without dimensions."""
    return f"[{', '.join(map(str, shape))}]" if shape else "scalar"


def nested(elements: Sequence[object], shape: Sequence[int]) -> Any:
    """Lists within lists as `Tensor.tolist()` makes them; the only element itself if the shape has no dimensions.

    Args:
        elements: All elements in row-major order, as many as the shape has.
        shape: The length along each dimension.
    """
    if not shape:
        return elements[0]
    length = len(elements) // shape[0] if shape[0] else 0
    return [nested(elements[at * length : (at + 1) * length], shape[1:]) for at in range(shape[0])]
