"""The types of single fields of a lesson's file, and the sentences about values that are of none of them."""

from __future__ import annotations

import keyword
import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from tui_torch.course.expected import BOUNDS, bounds_of
from tui_torch.course.naming import in_backticks
from tui_torch.course.snippet import readable_code, readable_expression

WEB_ADDRESS = r"https?://[^\s/?#]+[^\s]*"
"""A regular expression that a whole address matches."""


def _filled(text: str) -> str:
    if not text.strip():
        raise ValueError("is empty, expected text")
    return text


def _one_line(text: str) -> str:
    # A folded block (`>`) ends with a line break.
    line = _filled(text).strip()
    if len(line.splitlines()) > 1:
        raise ValueError("has several lines, expected one")
    return line


def _class_name(name: str) -> str:
    if not name.isidentifier() or keyword.iskeyword(name):
        raise ValueError(f"is {in_backticks(name)}, expected the name of an exception's class, such as `TypeError`")
    return name


def _bounds(text: str) -> str:
    found = bounds_of(text)
    if found is None:
        raise ValueError(f"is {in_backticks(text)}, expected releases of PyTorch, such as `>=2.15` or `>=2.14,<2.15`")
    first, end = found
    if first is not None and end is not None and first >= end:
        raise ValueError(f"is {in_backticks(text)}, within which is no release, expected the older one first")
    return text


def _limits(written: object) -> tuple[float, float]:
    match written:
        case [int() | float() as low, int() | float() as high] if not (isinstance(low, bool) or isinstance(high, bool)):
            pass
        case _:
            raise ValueError("is something else, expected two numbers in brackets, the lower one first")
    try:
        limits = float(low), float(high)
    except OverflowError:
        raise ValueError("has a number that is too large for a float, expected `.inf` for no limit") from None
    if not limits[0] < limits[1]:
        raise ValueError(f"is [{limits[0]:g}, {limits[1]:g}], expected the lower limit first, and the upper one above")
    return limits


def _web_address(url: str) -> str:
    if not re.fullmatch(WEB_ADDRESS, url):
        raise ValueError(f"is {in_backticks(url)}, expected an address that begins with https:// or http://")
    return url


Id = Annotated[str, Field(pattern=r"^[a-z0-9-]+$")]
Text = Annotated[str, AfterValidator(_filled)]
Line = Annotated[str, AfterValidator(_one_line)]
Code = Annotated[str, AfterValidator(readable_code)]
Expression = Annotated[str, AfterValidator(readable_expression)]
ClassName = Annotated[str, AfterValidator(_class_name)]
Bounds = Annotated[str, AfterValidator(_bounds), Field(json_schema_extra={"pattern": f"^(?:{BOUNDS})$"})]
Limits = Annotated[
    tuple[float, float],
    BeforeValidator(_limits),
]
Url = Annotated[str, AfterValidator(_web_address), Field(json_schema_extra={"format": "uri"})]
