"""What checks need of the rest of the probe and of other packages, as far as a notebook needs it."""

from __future__ import annotations

import random

import numpy as np
import torch

cell_len = len
"""Cells of a text, where no character is wide."""


def seed(number: int) -> None:
    """Seed PyTorch, NumPy and Python, as each check begins."""
    torch.manual_seed(number)
    random.seed(number)
    np.random.seed(number % 2**32)


def short_repr(value: object, limit: int = 200) -> str | None:
    """A value in a line; None where it cannot say what it is."""
    try:
        text = " ".join(repr(value).split())
    except Exception:  # of any kind: it is the learner's class
        return None
    return text if len(text) <= limit else text[: limit - 1] + "…"
