"""Evaluating an author's expressions in the learner's namespace, as if nobody had."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack

import torch

from tui_torch.probe.glimpse import class_name, plain
from tui_torch.probe.undisturbed import looking, output_discarded, random_state_kept, warnings_ignored

ERROR = 500


def error_line(error: BaseException) -> str:
    """`NameError: name 'w' is not defined`: an exception in one bounded line."""
    try:
        message = str(error.msg if isinstance(error, SyntaxError) else error)
    except Exception:  # the learner's own exception may fail to say what it is
        message = ""
    name = class_name(error)
    return plain(f"{name}: {' '.join(message.split())}" if message.strip() else name, ERROR)


def evaluate_quietly(
    expression: str, namespace: Mapping[str, object], *, grad: bool = False
) -> tuple[object, str | None]:
    """The value of an expression, or None and its error in a line. Under no_grad unless `grad`; what it prints or warns
    of is discarded, random state is kept and no name is bound. KeyboardInterrupt passes."""
    if expression in namespace:
        return namespace[expression], None
    try:
        with ExitStack() as quiet:
            quiet.enter_context(torch.set_grad_enabled(grad))
            quiet.enter_context(looking())
            quiet.enter_context(output_discarded())
            quiet.enter_context(warnings_ignored())
            quiet.enter_context(random_state_kept())
            code = compile(expression.strip(), "<expression>", "eval", dont_inherit=True)
            return eval(code, dict(namespace)), None
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        return None, error_line(error)
