"""Comments, docstrings and lessons are in the English of today."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.count import PACKAGE, modules

ROOT = PACKAGE.parent

ARCHAIC = re.compile(
    r"\bso (?:many|much) of\b|\bso many (?:\w+ )?(?:at most|in a row|at a time)\b|\bas if nobody\b|\banew\b|\bby lot\b"
    r"|\bto be had\b|\bin vain\b|\bof no use\b|\bis told of\b"
    r"|\b(?:what|that|it|x|w) is no (?:leaf|number|tensor|name|module|digit)\b|\bare no leaves\b",
    re.IGNORECASE,
)


def prose_of(source: str) -> Iterator[tuple[int, str]]:
    """The (line, text) of each comment and of each string that stands in triple quotes."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT or (token.type == tokenize.STRING and token.string.endswith('"""')):
            yield token.start[0], token.string


def archaic(source: str) -> list[str]:
    return [f"line {line}: {found[0]}" for line, text in prose_of(source) for found in ARCHAIC.finditer(text)]


def test_no_comment_or_docstring_is_archaic() -> None:
    for file in modules():
        assert archaic(file.read_text("utf-8")) == [], file.relative_to(ROOT)


@pytest.mark.parametrize("file", sorted((ROOT / "lessons").rglob("*.yaml")), ids=lambda file: file.stem)
def test_no_lesson_is_archaic(file: Path) -> None:
    assert [found[0] for found in ARCHAIC.finditer(file.read_text("utf-8"))] == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("# It is computed anew.", 1),
        ('"""So many points at most."""', 1),
        ("# A leaf is a tensor; w is not a leaf.", 0),
        ("x = 'anew'", 0),
        ("# What is no number is left out.", 1),
    ],
)
def test_what_is_archaic_is_found(source: str, found: int) -> None:
    assert len(archaic(source)) == found
