"""The JSON Schema of a lesson file, which editors use for completion and for marking errors."""

from __future__ import annotations

from typing import Any, cast

from pydantic.json_schema import GenerateJsonSchema

from tui_torch.course.format.schema import LessonSchema


def lesson_json_schema() -> dict[str, Any]:
    """JSON Schema, draft 2020-12, with a description of every key.

    It contains no references: editors differ in which they follow, and in whether they show a description next to one.
    """
    schema = LessonSchema.model_json_schema(schema_generator=_Untitled)
    definitions = schema.pop("$defs", {})
    inlined = cast("dict[str, Any]", _inlined(schema, definitions))
    return {
        "$schema": GenerateJsonSchema.schema_dialect,
        **inlined,
        "title": "tui-torch lesson",
        "description": "A lesson of tui-torch: its steps, and what their code is claimed to do.",
    }


class _Untitled(GenerateJsonSchema):
    """Leaves out the titles that pydantic makes from names, which only repeat them."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def _inlined(part: Any, definitions: dict[str, Any]) -> Any:
    """The schema with every reference replaced by what it refers to, and without OpenAPI's `discriminator`."""
    match part:
        case {"$ref": str(reference), **rest}:
            return _inlined({**definitions[reference.removeprefix("#/$defs/")], **rest}, definitions)
        case dict():
            items = cast("dict[str, Any]", part).items()
            return {key: _inlined(value, definitions) for key, value in items if key != "discriminator"}
        case list():
            return [_inlined(value, definitions) for value in cast("list[Any]", part)]
        case _:
            return part
