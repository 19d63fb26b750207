"""An explained error on the screen and in a plain terminal."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest
from rich.console import Console
from textual.app import ComposeResult

from tui_torch.console.as_json import explanation_json
from tui_torch.console.explained import show_explanation
from tui_torch.protocol.events import Explanation, Failed, Frame, Reading
from tui_torch.ui.colours.themed_app import ThemedApp
from tui_torch.ui.lesson.output.pane import OutputPane

EXPLANATION = Explanation(
    "`x` is [15, 3], `w` is [2, 3]; in a product the inner sizes 3 and 2 must match …",
    (("x", "[15, 3] float32"), ("self.w", "[2, 3] float32")),
    "x @ self.w.t()",
    "[15, 2]",
)
OPEN = Explanation(
    "`cat` joins along dimension 0.",
    readings=(
        Reading("they belong side by side", "torch.cat([a, b], dim=1)", "[2, 7]"),
        Reading("`b` is too long", "torch.cat([a, b[:, :3]])"),
    ),
)
FAILED = Failed(
    "RuntimeError",
    "mat1 and mat2 shapes cannot be multiplied (15x3 and 2x3)",
    (Frame(3, "<module>", "y = x @ self.w"),),
    explanation=EXPLANATION,
)


class Screen(ThemedApp):
    def __init__(self, failed: Failed, ascii_only: bool = False) -> None:
        super().__init__()
        self.failed = failed
        self.ascii_only = ascii_only

    def compose(self) -> ComposeResult:
        yield OutputPane(self.ascii_only)

    def on_mount(self) -> None:
        self.query_one(OutputPane).show_failed(self.failed)


async def lines_of(app: Screen, size: tuple[int, int] = (80, 24)) -> list[str]:
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        return [line.plain.rstrip() for line in app.query_one(OutputPane).view.transcript.lines]


async def test_the_meaning_the_names_and_the_fix_stand_below_the_error() -> None:
    assert await lines_of(Screen(FAILED)) == [
        "line 3  y = x @ self.w",
        "RuntimeError: mat1 and mat2 shapes cannot be multiplied (15x3 and 2x3)",
        "",
        "x is [15, 3], w is [2, 3]; in a product the inner sizes 3 and 2 must match …",
        "  x       [15, 3] float32",
        "  self.w  [2, 3] float32",
        "Try: x @ self.w.t()   gives [15, 2]",
    ]


async def test_an_error_without_an_explanation_stands_alone() -> None:
    alone = Failed("RuntimeError", "no", FAILED.frames)
    assert await lines_of(Screen(alone)) == ["line 3  y = x @ self.w", "RuntimeError: no"]


async def test_the_calls_that_led_to_the_line_stand_below_all_else() -> None:
    calls = (Frame(74, "<module>", "main()", "/a/b.py"), Frame(69, "main", "fit()"), *FAILED.frames)
    lines = await lines_of(Screen(replace(FAILED, frames=calls)))
    assert lines[:2] == ["line 3  y = x @ self.w", f"RuntimeError: {FAILED.message}"]
    assert lines[6:] == [
        "Try: x @ self.w.t()   gives [15, 2]",
        "The calls that led there, the last one first:",
        "line 69 in main  fit()",
        "b.py line 74  main()",
    ]
    deep = tuple(Frame(number, "f", f"g({number})") for number in range(1, 21))
    lines = await lines_of(Screen(Failed("RecursionError", "", deep)))
    assert lines[:2] == ["line 20 in f  g(20)", "RecursionError"]
    assert [line for line in lines if "19" in line or "more" in line or "g(1)" in line] == [
        "line 19 in f  g(19)",
        "and 11 lines more, then",
        "line 1 in f  g(1)",
    ]


async def test_a_fix_that_gives_nothing_to_say_is_shown_alone() -> None:
    explanation = Explanation("It is a leaf.", (), "with torch.no_grad(): w -= 1")
    failed = Failed("RuntimeError", "no", FAILED.frames, explanation=explanation)
    assert (await lines_of(Screen(failed)))[-2:] == ["It is a leaf.", "Try: with torch.no_grad(): w -= 1"]


async def test_what_may_have_been_meant_stands_before_the_code_for_it() -> None:
    failed = Failed("RuntimeError", "no", FAILED.frames, explanation=OPEN)
    assert (await lines_of(Screen(failed)))[-3:] == [
        "cat joins along dimension 0.",
        "If they belong side by side: torch.cat([a, b], dim=1)   gives [2, 7]",
        "If b is too long: torch.cat([a, b[:, :3]])",
    ]


async def test_ascii_only_shows_nothing_else() -> None:
    lines = await lines_of(Screen(FAILED, ascii_only=True))
    assert all(line.isascii() for line in lines)
    assert "x is [15, 3], w is [2, 3]; in a product the inner sizes 3 and 2 must match ..." in lines


@pytest.mark.parametrize("size", [(1, 1), (20, 5), (40, 10)])
@pytest.mark.usefixtures("seen_always")
async def test_a_small_pane_is_survived(size: tuple[int, int]) -> None:
    assert await lines_of(Screen(FAILED), size)


def explained(ascii_only: bool, explanation: Explanation = EXPLANATION) -> Iterable[str]:
    console = Console(file=io.StringIO(), width=100)
    show_explanation(console, explanation, ascii_only)
    return console.file.getvalue().splitlines()  # type: ignore[attr-defined]


def test_a_plain_terminal_shows_the_same() -> None:
    text = "\n".join(explained(ascii_only=False))
    assert "x is [15, 3], w is [2, 3]" in text and "Try: x @ self.w.t()   gives [15, 2]" in text
    assert any(line.split() == ["self.w", "[2,", "3]", "float32"] for line in explained(ascii_only=False))
    assert all(line.isascii() for line in explained(ascii_only=True))


def test_a_plain_terminal_shows_what_may_have_been_meant() -> None:
    lines = [line.rstrip() for line in explained(ascii_only=False, explanation=OPEN)]
    assert "If they belong side by side: torch.cat([a, b], dim=1)   gives [2, 7]" in lines
    assert "If b is too long: torch.cat([a, b[:, :3]])" in lines


def test_json_tells_the_explanation_as_an_object() -> None:
    object: dict[str, Any] | None = explanation_json(EXPLANATION)
    assert object == {
        "meaning": EXPLANATION.meaning,
        "names": {"x": "[15, 3] float32", "self.w": "[2, 3] float32"},
        "mend": "x @ self.w.t()",
        "mend_gives": "[15, 2]",
        "readings": [],
    }
    assert explanation_json(OPEN)["readings"] == [  # type: ignore[index]
        {"meant": "they belong side by side", "mend": "torch.cat([a, b], dim=1)", "gives": "[2, 7]"},
        {"meant": "`b` is too long", "mend": "torch.cat([a, b[:, :3]])", "gives": None},
    ]
    assert explanation_json(None) is None
