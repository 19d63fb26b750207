"""The MIME type under which a Jupyter message carries each dataclass that the probe sends."""

from __future__ import annotations

from typing import Any

from tui_torch.protocol.events import (
    Evaluated,
    Failed,
    Fitted,
    Graded,
    Greeting,
    Inspection,
    Note,
    TrainingProgress,
    Watched,
)
from tui_torch.protocol.trace_chunks import TraceChunk
from tui_torch.protocol.views import ANSWERS

PREFIX = "application/vnd.tui-torch."

MIME_TYPES: dict[type[Any], str] = {
    Greeting: f"{PREFIX}preparation+json",
    TrainingProgress: f"{PREFIX}training+json",
    Watched: f"{PREFIX}watch+json",
    Fitted: f"{PREFIX}plot+json",
    Note: f"{PREFIX}note+json",
    Inspection: f"{PREFIX}inspection+json",
    Failed: f"{PREFIX}failure+json",
    Graded: f"{PREFIX}grade+json",
    Evaluated: f"{PREFIX}evaluation+json",
    TraceChunk: f"{PREFIX}trace+json",
    **dict.fromkeys(ANSWERS.values(), f"{PREFIX}look+json"),
}
"""The MIME type of each class. The views share one: whoever asked knows which of them is the answer."""
