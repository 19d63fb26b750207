"""The format of a course's `map.yaml`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

from pydantic import Field

from tui_torch.course.format.fields import Id, Line
from tui_torch.course.format.part import Part
from tui_torch.course.format.schema import LinkSchema, repeats
from tui_torch.course.problem import Problem
from tui_torch.course.topics import Topic, Topics


class TopicSchema(Part):
    """Something that people do with PyTorch, and the lesson that leads there."""

    makes = Topic

    id: Id = Field(description="The topic's name.")
    title: Line = Field(description="The topic's heading.")
    sentence: Line = Field(description="What the learner can do there, in one sentence.")
    lesson: Id = Field(description="The id of the lesson that leads there.")
    link: LinkSchema = Field(description="Where to begin.")


class MapSchema(Part):
    """The content of `map.yaml`."""

    makes = Topics

    version: Literal[1] = Field(alias="schema", description="The version of the course format: 1.")
    topics: tuple[TopicSchema, ...] = Field(strict=False, min_length=1, description="The topics.")

    @classmethod
    def rules(cls, written: Mapping[str, object]) -> Iterator[Problem]:
        yield from repeats(written, "topics", "id", "an earlier topic")
