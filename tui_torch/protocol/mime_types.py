"""The MIME type under which a Jupyter message carries each dataclass that the probe sends."""

from __future__ import annotations

from functools import cache
from typing import Any

from tui_torch.protocol.code_help import Completions, Documentation, Signatures
from tui_torch.protocol.events import (
    Asking,
    Evaluated,
    Failed,
    Graded,
    LocalsRead,
    Note,
    PagesRead,
    Printed,
    ProgramExited,
    TrainingProgress,
    Watched,
)
from tui_torch.protocol.inspection_updates import InspectionUpdate
from tui_torch.protocol.orders import Greeting, Prepared
from tui_torch.protocol.plots.plotted import Plotted
from tui_torch.protocol.plots.sampled_texts import TextsSampled
from tui_torch.protocol.trace_chunks import TraceChunk

PREFIX = "application/vnd.tui-torch."

VIEW = f"{PREFIX}look+json"
"""The MIME type of every view: the session knows the class of the one that it asked for."""

CODE_HELP = f"{PREFIX}code-help+json"
"""The MIME type of every answer that helps to write code: who asked knows its class."""

MIME_TYPES: dict[type[Any], str] = {
    Greeting: f"{PREFIX}preparation+json",
    Prepared: f"{PREFIX}prepared+json",
    Printed: f"{PREFIX}printed+json",
    Asking: f"{PREFIX}asking+json",
    TrainingProgress: f"{PREFIX}training+json",
    Watched: f"{PREFIX}watch+json",
    LocalsRead: f"{PREFIX}locals+json",
    Plotted: f"{PREFIX}plot+json",
    TextsSampled: f"{PREFIX}texts+json",
    PagesRead: f"{PREFIX}pages+json",
    Note: f"{PREFIX}note+json",
    InspectionUpdate: f"{PREFIX}inspection+json",
    Failed: f"{PREFIX}failure+json",
    Graded: f"{PREFIX}grade+json",
    Evaluated: f"{PREFIX}evaluation+json",
    ProgramExited: f"{PREFIX}exit+json",
    TraceChunk: f"{PREFIX}trace+json",
    Completions: CODE_HELP,
    Signatures: CODE_HELP,
    Documentation: CODE_HELP,
}
"""The MIME type of each class but the views."""


@cache
def mime_type_of(cls: type[Any]) -> str:
    """The MIME type of a class. Raises KeyError for one that the probe does not send."""
    if cls not in MIME_TYPES:
        from tui_torch.protocol.views import ANSWERS  # not imported at the launch

        if cls in ANSWERS.values():
            return VIEW
    return MIME_TYPES[cls]
