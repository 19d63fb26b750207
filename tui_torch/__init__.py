"""A terminal tutor for PyTorch: lessons that run live, tensors you can see, a loss chart that moves."""

from __future__ import annotations

# What a learner's script imports, wherever it runs: nothing heavy here.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["log"]
__version__ = "0.1.0"

listener: Callable[[Mapping[str, object]], None] | None = None
"""What is told of every `log()`; None outside the tutor."""


def log(**values: object) -> None:
    """Draw numbers in the tutor's chart, each under its name, as in `log(val_loss=loss.item(), accuracy=0.9)`.

    Takes Python's and NumPy's numbers, and tensors of one element on any device, which are not waited for. Outside the
    tutor it does nothing. Raises nothing: what is no number is left out, which is said once on stderr.
    """
    if listener is not None:
        listener(values)
