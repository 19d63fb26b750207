"""A sentence with code in backticks, in pieces."""

from __future__ import annotations

import pytest

from tui_torch.drawing.text.code_spans import code_spans


@pytest.mark.parametrize(
    ("sentence", "spans"),
    [
        ("No code.", [("No code.", False)]),
        ("Call `backward()` once.", [("Call ", False), ("backward()", True), (" once.", False)]),
        ("`w` and `b`", [("w", True), (" and ", False), ("b", True)]),
        ("`a``b`", [("a", True), ("b", True)]),
        ("", []),
    ],
)
def test_what_stands_in_backticks_is_code(sentence: str, spans: list[tuple[str, bool]]) -> None:
    assert code_spans(sentence) == spans
