"""Evaluating an author's expressions in the learner's namespace without a trace."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from types import CodeType

import torch

from tui_torch.probe.isolation.undisturbed import inspecting, output_discarded, random_state_kept, warnings_ignored
from tui_torch.probe.values.short_repr import class_name, plain

ERROR = 500
"""Maximum characters of an error in a line."""


def error_line(error: BaseException) -> str:
    """`NameError: name 'w' is not defined`: an exception in one bounded line."""
    try:
        message = str(error.msg if isinstance(error, SyntaxError) else error)
    except Exception:  # the learner's own exception may fail to say what it is
        message = ""
    name = class_name(error)
    return plain(f"{name}: {' '.join(message.split())}" if message.strip() else name, ERROR)


@contextmanager
def quiet(*, grad: bool = False) -> Iterator[None]:
    """A block for `evaluate()`: output and warnings are discarded, and random state is put back afterwards.

    What runs in the block is not recorded as part of the run. Gradients are off in it unless `grad`.
    """
    with torch.set_grad_enabled(grad), inspecting(), output_discarded(), warnings_ignored(), random_state_kept():
        yield


def evaluate(expression: str, namespace: Mapping[str, object]) -> tuple[object, str | None]:
    """The value of an expression, or None and its error in a line. No name is bound. KeyboardInterrupt passes."""
    if expression in namespace:
        return namespace[expression], None
    try:
        return eval(_compiled(expression.strip()), dict(namespace)), None
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        return None, error_line(error)


def evaluate_quietly(
    expression: str, namespace: Mapping[str, object], *, grad: bool = False
) -> tuple[object, str | None]:
    """Do as `evaluate()` does, in a `quiet()` block. A plain name needs no block."""
    if expression in namespace:
        return namespace[expression], None
    with quiet(grad=grad):
        return evaluate(expression, namespace)


@lru_cache(maxsize=64)
def _compiled(expression: str) -> CodeType:
    return compile(expression, "<expression>", "eval", dont_inherit=True)
