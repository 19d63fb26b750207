"""The coach's note on the screen and in a plain terminal: what it says, its line, and the suggested fix by a key."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from rich.console import Console
from textual.app import ComposeResult

from tests.ui.conftest import Build, editor_of, kernel_of, lines, seen, shows, started, until
from tui_torch.console.as_json import note_json
from tui_torch.console.explained import show_note
from tui_torch.protocol.notes import LineEdit, Note
from tui_torch.ui.colours.themed_app import ThemedApp
from tui_torch.ui.lesson.output.pane import OutputPane

ZEROING = Note("never-zeroed", "Nothing zeroes the gradients …", 5, "opt.zero_grad()\nloss.backward()")
GROWING = Note("growing-graph", "`total` keeps graphs.", 9, "total += loss.item()")
FIX = "Try: opt = torch.optim.SGD(model.parameters(), lr=1e-5)"


class Pane(ThemedApp):
    def __init__(self, ascii_only: bool = False) -> None:
        super().__init__()
        self.ascii_only = ascii_only

    def compose(self) -> ComposeResult:
        yield OutputPane(self.ascii_only)


Do = Callable[[OutputPane], object]


async def lines_after(*steps: Do, ascii_only: bool = False) -> list[str]:
    app = Pane(ascii_only)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        pane = app.query_one(OutputPane)
        for step in steps:
            step(pane)
        await pilot.pause()
        assert [line.plain.rstrip() for line in pane.view.transcript.lines] == pane.plain().split("\n")
        return [line.plain.rstrip() for line in pane.view.transcript.lines]


async def test_a_note_stands_below_the_output_with_its_line() -> None:
    seen = await lines_after(lambda pane: pane.write("loss 3.0"), lambda pane: pane.show_note(GROWING))
    assert seen == ["loss 3.0", "", "line 9  total keeps graphs."]


async def test_the_suggested_fix_comes_and_goes() -> None:
    note: Do = lambda pane: pane.show_note(ZEROING)  # noqa: E731
    toggle: Do = lambda pane: pane.toggle_suggested_fixes()  # noqa: E731
    alone = ["line 5  Nothing zeroes the gradients …"]
    with_fix = [*alone, "Try: opt.zero_grad()", "     loss.backward()"]
    assert await lines_after(note) == alone
    assert await lines_after(note, toggle) == with_fix
    assert await lines_after(note, toggle, toggle) == alone
    assert await lines_after(note, toggle, toggle, toggle) == with_fix


async def test_of_several_notes_each_suggested_fix_says_its_line() -> None:
    seen = await lines_after(
        lambda pane: pane.show_note(ZEROING),
        lambda pane: pane.show_note(GROWING),
        lambda pane: pane.toggle_suggested_fixes(),
    )
    assert seen[-3:] == [
        "Try, line 5: opt.zero_grad()",
        "             loss.backward()",
        "Try, line 9: total += loss.item()",
    ]


async def test_a_suggested_fix_that_is_elsewhere_says_its_line() -> None:
    edits = (LineEdit(4, 3, "model.train()"),)
    elsewhere = Note("trains-in-eval", "`model` is in `eval()`.", 9, "model.train()\nfor x in loader:", edits)
    below = Note("never-stepped", "Nothing steps.", 9, "loss.backward()\nopt.step()", (LineEdit(10, 9, "opt.step()"),))
    toggle: Do = lambda pane: pane.toggle_suggested_fixes()  # noqa: E731
    seen = await lines_after(lambda pane: pane.show_note(elsewhere), toggle)
    assert seen[-2:] == ["Try, line 4: model.train()", "             for x in loader:"]
    assert (await lines_after(lambda pane: pane.show_note(below), toggle))[-2] == "Try: loss.backward()"
    console = Console(file=io.StringIO(), width=80)
    show_note(console, elsewhere, ascii_only=False)
    assert "Try, line 4: model.train()" in console.file.getvalue()


async def test_what_is_written_below_the_suggested_fix_stays_there() -> None:
    seen = await lines_after(
        lambda pane: pane.show_note(GROWING),
        lambda pane: pane.toggle_suggested_fixes(),
        lambda pane: pane.write("more\n"),
        lambda pane: pane.toggle_suggested_fixes(),
    )
    assert seen[-3:] == ["Try: total += loss.item()", "more", "Try: total += loss.item()"]


async def test_another_run_forgets_the_notes() -> None:
    app = Pane()
    async with app.run_test(size=(80, 24)) as pilot:
        pane = app.query_one(OutputPane)
        pane.show_note(ZEROING)
        assert pane.has_suggested_fix
        pane.begin()
        await pilot.pause()
        assert not pane.has_suggested_fix and pane.plain() == ""


async def test_ascii_only_shows_nothing_else() -> None:
    seen = await lines_after(
        lambda pane: pane.show_note(ZEROING), lambda pane: pane.toggle_suggested_fixes(), ascii_only=True
    )
    assert all(line.isascii() for line in seen)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_m_shows_the_suggested_fix_and_hides_it(build: Build, size: tuple[int, int]) -> None:
    app = build("a-note")
    async with started(app, size) as pilot:
        assert "Mend" not in lines(app)[-1]
        await pilot.press("m", "f5")
        await shows(pilot, "line 7", "Ran in 42 ms.", "too large", "m Mend")
        await pilot.press("m")
        await shows(pilot, FIX)
        await pilot.press("m")
        await until(pilot, lambda: "Try: " not in seen(app))


async def test_the_notes_line_is_marked_in_the_editor(build: Build) -> None:
    app = build("a-note")
    async with started(app, (120, 40)) as pilot:
        await pilot.press("f5")
        await shows(pilot, "Ran in 42 ms.")
        assert editor_of(app).noted_line == 7
        assert editor_of(app).cursor_location == (6, 0)


async def test_while_the_code_runs_the_status_line_has_the_beginning(build: Build) -> None:
    app = build("a-note")
    kernel_of(app).hold()
    async with started(app, (120, 40)) as pilot:
        await pilot.press("f5")
        await shows(pilot, "The coach: The loss became infinite at step 9 and NaN at step 18.")
        assert "line 7" not in seen(app)
        kernel_of(app).release()
        await shows(pilot, "line 7", "Ran in 42 ms.")


async def test_in_the_editor_m_is_a_letter(build: Build) -> None:
    app = build("a-note")
    async with started(app, (120, 40)) as pilot:
        await pilot.press("f5")
        await shows(pilot, "m Mend")
        await pilot.press("e", "m")
        await until(pilot, lambda: "m Mend" not in lines(app)[-1])
        assert editor_of(app).text.splitlines()[6].startswith("mopt")


async def test_a_run_without_a_note_has_no_suggested_fix(build: Build) -> None:
    app = build("the-loop")
    async with started(app, (120, 40)) as pilot:
        await pilot.press("f5")
        await shows(pilot, "Ran in 42 ms.")
        assert "Mend" not in lines(app)[-1]


def test_a_plain_terminal_shows_the_same() -> None:
    console = Console(file=(file := io.StringIO()), width=100)
    show_note(console, ZEROING, ascii_only=True)
    assert file.getvalue().splitlines() == [
        "",
        "line 5  Nothing zeroes the gradients ...",
        "Try: opt.zero_grad()",
        "     loss.backward()",
    ]


def test_json_tells_a_note_as_an_object() -> None:
    assert note_json(GROWING) == {
        "rule": "growing-graph",
        "says": "`total` keeps graphs.",
        "line": 9,
        "mend": "total += loss.item()",
        "edits": [],
    }
    edited = Note(
        *[getattr(GROWING, name) for name in ("rule", "says", "line", "suggested_fix")], (LineEdit(9, 9, "x"),)
    )
    assert note_json(edited)["edits"] == [{"first": 9, "last": 9, "text": "x"}]
