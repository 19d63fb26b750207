"""A terminal tutor for PyTorch: lessons that run live, tensors you can see, a loss chart that moves."""

from __future__ import annotations

# Learners' scripts import this module, so it must import nothing that takes time.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["log"]
__version__ = "0.1.0"

listener: Callable[[Mapping[str, object]], None] | None = None
"""Receives the values passed to `log()`; None outside the tutor."""


def log(**values: object) -> None:
    """Draw numbers in the tutor's chart, each under its name, as in `log(val_loss=loss.item(), accuracy=0.9)`.

    A text is shown below the curve, at its step, as in `log(sample=text)`.

    Values may be Python's and NumPy's numbers, and tensors of one element on any device; the device is not waited for.
    Outside the tutor this does nothing. It never raises: what is not a number is left out, with one message on stderr.
    """
    if listener is not None:
        listener(values)
