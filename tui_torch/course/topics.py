"""Where to go from the course: topics of the field, each with the lesson that leads there."""

from __future__ import annotations

from tui_torch.course.lesson import Link
from tui_torch.protocol.late_dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """Something that people do with PyTorch."""

    id: str
    title: str
    sentence: str
    """What the learner can do there, with what they know by then."""
    lesson: str
    """The id of the lesson that leads there."""
    link: Link


@dataclass(frozen=True, slots=True, kw_only=True)
class Topics:
    """The content of a course's `map.yaml`."""

    topics: tuple[Topic, ...]
