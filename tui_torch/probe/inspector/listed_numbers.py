"""The numbers of a list that a learner's code collects, such as the losses of a training."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from tui_torch.probe.articles import an
from tui_torch.probe.values.elements import Base, UnreadableError
from tui_torch.probe.values.scalars import number
from tui_torch.probe.values.short_repr import class_name

LONGEST_ROW = 64
"""Maximum number of items of an item that is itself a list."""


def listed_numbers(value: Any, most: int) -> tuple[np.ndarray, str | None]:
    """The numbers of a list or tuple, or of its items that are lists of as many numbers each.

    Returns an array, and a note if not all items are taken.

    Runs no code of the learner's classes. Call it inside `unobserved()`.

    Args:
        value: The list or tuple.
        most: Maximum number of items; of a longer one, the last are taken.

    Raises:
        UnreadableError: An item is neither, or items differ in length.
    """
    length = tuple.__len__(value) if issubclass(type(value), tuple) else list.__len__(value)
    items = (tuple if issubclass(type(value), tuple) else list).__getitem__(value, slice(max(length - most, 0), None))
    rows = [_row(item) for item in items]
    lengths = {len(row) if isinstance(row, tuple) else None for row in rows}
    if len(lengths) > 1:
        raise UnreadableError("its items are of different lengths")
    note = f"the last {most:,} of {length:,} items" if length > most else None
    return np.array(rows, np.float64), note


def _row(item: Any) -> float | tuple[float, ...]:
    """An item as a number, or as a row of numbers."""
    if (one := _one(item)) is not None:
        return one
    cls = type(item)
    if issubclass(cls, torch.Tensor) and Base.dim(item) == 1 and Base.numel(item) <= LONGEST_ROW:
        items: Any = Base.unbind(Base.detach(item))
    elif (cls is np.ndarray and item.ndim == 1) or cls is list or cls is tuple:
        items = item
    else:
        raise UnreadableError(f"{an(class_name(item))} among its items is no number")
    if len(items) > LONGEST_ROW:
        raise UnreadableError(f"an item of it has {len(items):,} numbers, and {LONGEST_ROW} are drawn")
    row = [_one(one) for one in items]
    if None in row:
        raise UnreadableError("an item of its items is no number")
    return tuple(one for one in row if one is not None)


def _one(item: Any) -> float | None:
    found = number(item)
    return float(Base.item(found)) if isinstance(found, torch.Tensor) else found
