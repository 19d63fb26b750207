"""What an error means where it happened, with the shapes and dtypes of what the line names, and a fix that works."""

from __future__ import annotations

from tui_torch.probe.errors.case import Case
from tui_torch.probe.errors.registry import tell
from tui_torch.probe.errors.rules import (  # noqa: F401 - each adds its rules
    autograd,
    data,
    devices,
    dtypes,
    imports,
    indexing,
    modules,
    shapes,
)
from tui_torch.protocol.events import Explanation


def explain(error: BaseException, message: str, filename: str, source: str) -> Explanation | None:
    """Explain an exception that escaped from `source`, which ran under the name `filename`; `message` is what it says.
    None for an error that no rule knows. Runs no line of the learner's and draws no random number."""
    case = Case(error, filename, source)
    told = tell(case, message)
    if told is None:
        return None
    suggested_fix = told.suggested_fix
    return Explanation(
        told.meaning,
        case.described_names(told),
        suggested_fix.text if suggested_fix is not None else None,
        suggested_fix.gives if suggested_fix is not None else None,
    )
