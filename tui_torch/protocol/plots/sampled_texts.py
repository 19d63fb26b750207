"""Texts that a training makes now and then, such as what a language model writes, each at its step."""

from __future__ import annotations

from tui_torch.protocol.late_dataclass import dataclass

TEXTS = 64
"""Maximum number of texts of one run."""
LONGEST = 1000
"""Maximum characters of a text."""


@dataclass(frozen=True, slots=True)
class SampledText:
    """One text."""

    step: int
    """The step of the loop at which it was there, counted from 1; 0 for before the first."""
    text: str
    """At most LONGEST characters."""
    name: str = ""
    """What the code calls it; empty for that of the step's plot."""


@dataclass(frozen=True, slots=True)
class TextsSampled:
    """All texts of the run until now, oldest first, at most TEXTS: of more, the first, the last and some between."""

    texts: tuple[SampledText, ...]
