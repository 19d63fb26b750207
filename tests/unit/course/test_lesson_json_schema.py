from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tui_torch.course.format.json_schema import lesson_json_schema


def objects(part: Any) -> Iterator[dict[str, Any]]:
    """Every schema of an object in a schema."""
    match part:
        case dict():
            if "properties" in part:
                yield part
            for value in part.values():
                yield from objects(value)
        case list():
            for value in part:
                yield from objects(value)
        case _:
            pass


def test_it_is_draft_2020_12_with_a_title() -> None:
    schema = lesson_json_schema()
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["title"] == "tui-torch lesson"


def test_it_refers_to_nothing() -> None:
    text = json.dumps(lesson_json_schema())
    assert "$ref" not in text
    assert "$defs" not in text
    assert "discriminator" not in text


def test_every_key_has_a_description() -> None:
    missing = [
        f"{part.get('title')}.{name}"
        for part in objects(lesson_json_schema())
        for name, field in part["properties"].items()
        if not field.get("description")
    ]
    assert missing == []


def test_every_mapping_of_the_format_refuses_unknown_keys() -> None:
    assert all(part["additionalProperties"] is False for part in objects(lesson_json_schema()))


def test_a_step_is_one_of_three_kinds_distinguished_by_kind() -> None:
    kinds = lesson_json_schema()["properties"]["steps"]["items"]["oneOf"]
    assert [kind["properties"]["kind"]["const"] for kind in kinds] == ["example", "quiz", "exercise"]
    assert all({"id", "kind"} <= set(kind["required"]) for kind in kinds)


def test_the_key_for_the_version_is_schema() -> None:
    assert lesson_json_schema()["properties"]["schema"]["const"] == 1
