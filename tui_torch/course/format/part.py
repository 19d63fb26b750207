"""The base of every part of a file: pydantic's checks, reported in sentences that an author can act on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, ClassVar, Self, cast

from pydantic import BaseModel, ConfigDict, ModelWrapValidatorHandler, ValidationError, model_validator

from tui_torch.course.naming import closest, did_you_mean, in_backticks, one_of
from tui_torch.course.problem import Loc, Problem
from tui_torch.course.snippet import SnippetError

_ErrorDetails = Mapping[str, Any]
"""One entry of `ValidationError.errors()`: its `type`, `loc`, `msg`, `input` and `ctx`."""


class Part(BaseModel):
    """A frozen piece of a lesson or a course that takes no unknown keys and converts no types.

    Its ValidationErrors hold sentences; `problems_in` takes them out again.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    makes: ClassVar[type[Any]]
    """The plain class that such a part is made into; it has the same fields."""

    def plain(self) -> Any:
        """What the part holds, without pydantic."""
        return self.makes(**{name: plain_of(getattr(self, name)) for name in self.makes.__slots__})

    @classmethod
    def rules(cls, written: Mapping[str, object]) -> Iterator[Problem]:
        """Check what no single field can promise, in the data as written (of any types).

        It runs before the fields are validated, so that one wrong field hides no other problem.
        """
        yield from ()

    @model_validator(mode="wrap")
    @classmethod
    def _explain(cls, written: Any, validate: ModelWrapValidatorHandler[Self]) -> Self:
        if not isinstance(written, dict):
            return validate(written)
        problems = list(cls.rules(cast("dict[str, object]", written)))
        try:
            part = validate(written)
        except ValidationError as error:
            problems = [*_explained(cls, error), *problems]
        else:
            if not problems:
                return part
        raise _PartError(problems)


def plain_of(value: Any) -> Any:
    """The value of a field without pydantic."""
    match value:
        case Part():
            return value.plain()
        case tuple():
            return tuple(map(plain_of, cast("tuple[Any, ...]", value)))
        case _:
            return value


class _PartError(ValueError):
    """The problems of one part, their paths relative to it; pydantic puts it into its ValidationError."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(problem.sentence for problem in problems))
        self.problems = problems


def problems_in(error: ValidationError) -> list[Problem]:
    """What the ValidationError of a Part says about data that is a dict, in the order in which it was found."""
    return [problem for found in error.errors(include_url=False) for problem in _nested_problems(found)]


def _nested_problems(found: _ErrorDetails) -> Iterator[Problem]:
    """The problems of a part that is nested in the validated one; none when `found` is about something else."""
    error = found.get("ctx", {}).get("error")
    if isinstance(error, _PartError):
        for problem in error.problems:
            yield replace(problem, loc=(*found["loc"], *problem.loc))


def _explained(part: type[Part], error: ValidationError) -> Iterator[Problem]:
    found = error.errors(include_url=False)
    fields = {field.alias or name: field.description or "" for name, field in part.model_fields.items()}
    unknown = [str(one["loc"][-1]) for one in found if one["type"] == "extra_forbidden"]
    misspelt = {closest(name, fields) for name in unknown}
    for one in found:
        loc = one["loc"]
        match one["type"]:
            case "value_error" if isinstance(one.get("ctx", {})["error"], _PartError):
                yield from _nested_problems(one)
            case "value_error":
                yield _own_error(one)
            case "extra_forbidden":
                name = str(loc[-1])
                yield Problem(loc, f"unknown key {in_backticks(name)}{did_you_mean(name, fields)}", at_key=True)
            case "missing":
                name = str(loc[-1])
                # A misspelt key is one mistake, and is reported once.
                if name not in misspelt:
                    yield Problem(loc, f"missing key `{name}`, expected {_as_clause(fields[name])}")
            case "union_tag_not_found":
                yield Problem(loc, f"missing key `kind`, expected {_kinds(one)}")
            case "union_tag_invalid":
                kind = one["input"].get("kind")
                end = did_you_mean(kind, _kind_names(one)) if isinstance(kind, str) else f", expected {_kinds(one)}"
                yield Problem((*loc, "kind"), f"`kind` is {_seen(kind)}{end}")
            case "too_short" if len(one["input"]) >= one.get("ctx", {})["min_length"]:
                # pydantic counts the valid entries alone; the problems of the others are reported already.
                pass
            case _:
                yield Problem(loc, _sentence(one))


def _own_error(found: _ErrorDetails) -> Problem:
    """A ValueError that one of the schema's own validators raised: the end of a sentence about its field."""
    error = found["ctx"]["error"]
    line, column = (error.line, error.column) if isinstance(error, SnippetError) else (0, 0)
    loc = found["loc"]
    if loc[-1] == "[key]":
        return Problem(loc[:-1], f"a key of `{loc[-3]}` {error}", at_key=True)
    return Problem(loc, f"{_subject(loc)} {error}", line=line, column=column)


def _sentence(found: _ErrorDetails) -> str:
    seen, context = found["input"], found.get("ctx", {})
    subject = _subject(found["loc"])
    match found["type"]:
        case "string_type" if isinstance(seen, bool):
            word = str(seen).lower()
            return f"{subject} is {word} to YAML, as bare yes, no, on and off are, expected text: put it in quotes"
        case "string_type" if isinstance(seen, int | float):
            return f"{subject} is a number, expected text: put it in quotes"
        case "string_type":
            expected = "text"
        case "int_type" | "int_from_float":
            expected = "a whole number"
        case "bool_type":
            expected = "true or false"
        case "tuple_type":
            expected = "a list"
        case "model_type" | "dict_type" | "model_attributes_type":
            expected = "keys with values"
        case "greater_than_equal":
            expected = f"{context['ge']} or more"
        case "greater_than":
            expected = f"more than {context['gt']:g}"
        case "less_than_equal":
            expected = f"at most {context['le']}"
        case "literal_error":
            expected = str(context["expected"]).replace("'", "`")
        case "string_pattern_mismatch":
            expected = "lower-case letters, digits and hyphens"
        case "too_short":
            entries = "entry" if context["actual_length"] == 1 else "entries"
            return f"{subject} has {context['actual_length']} {entries}, expected at least {context['min_length']}"
        case _:
            return f"{subject} cannot be used ({found['msg']})"
    wrong_type = found["type"].endswith("_type")
    return f"{subject} is {'text' if wrong_type and isinstance(seen, str) else _seen(seen)}, expected {expected}"


def _subject(loc: Loc) -> str:
    match loc:
        case (*_, str(name)):
            return f"`{name}`"
        case (*_, str(name), int()):
            return f"an entry of `{name}`"
        case _:
            return "this"


def _seen(value: object) -> str:
    match value:
        case None:
            return "empty"
        case bool():
            return str(value).lower()
        case int() | float():
            return str(value) if abs(value) < 1e15 else "a number"
        case str():
            return in_backticks(value) if value.strip() else "empty"
        case list() | tuple():
            return "a list"
        case dict():
            return "keys with values"
        case _:
            return f"a {type(value).__name__}"


def _kind_names(found: _ErrorDetails) -> list[str]:
    return [tag.strip("' ") for tag in str(found.get("ctx", {}).get("expected_tags", "")).split(",") if tag]


def _kinds(found: _ErrorDetails) -> str:
    return one_of(_kind_names(found) or ["example", "quiz", "exercise"])


def _as_clause(description: str) -> str:
    """A field's description as the end of a sentence: its first sentence, without a capital and a full stop."""
    first = re.split(r"[.;] ", description)[0].rstrip(".")
    return first[:1].lower() + first[1:]
