"""What of the output and the code is out of sight is said, and the first check that failed is in sight."""

from __future__ import annotations

from dataclasses import replace

from textual.app import ComposeResult

from tests.ui.conftest import lines
from tui_torch.protocol.events import CheckResult, Explanation, Failed, Frame, Graded
from tui_torch.protocol.notes import Note
from tui_torch.ui.colours.themed_app import ThemedApp
from tui_torch.ui.lesson.editor import CodeEditor
from tui_torch.ui.lesson.output.pane import OutputPane

FAILING = Graded(
    (
        CheckResult("w has the right shape", True),
        CheckResult("w requires grad", False, "It does not.\nExpected: True"),
        *(CheckResult(f"check {number}", False, "found 1\nexpected 2") for number in range(5)),
    )
)


class Panes(ThemedApp):
    def __init__(self, *, ascii_only: bool = False) -> None:
        super().__init__()
        self.editor = CodeEditor(ascii_only=ascii_only)
        self.output = OutputPane(ascii_only=ascii_only)

    def compose(self) -> ComposeResult:
        yield self.editor
        yield self.output

    def on_mount(self) -> None:
        self.editor.styles.height = 6
        self.output.styles.height = 9

    @property
    def titles(self) -> list[str]:
        return [line.strip("╭─╮+- ") for line in lines(self) if line.startswith(("╭", "+"))]


async def test_the_code_and_the_output_say_how_many_lines_are_above_what_is_in_sight_and_below() -> None:
    app = Panes()
    async with app.run_test(size=(60, 20)) as pilot:
        app.editor.load("".join(f"x{number} = 1\n" for number in range(9)))
        app.output.begin(run=True)
        app.output.write("".join(f"{number}\n" for number in range(20)))
        app.output.end()
        await pilot.pause()
        assert app.titles == ["Code · ▼ 5 more lines", "Output · ▼ 13 more lines"]
        app.output.view.focus()
        await pilot.press("down", "down", "down", "down")
        app.editor.focus()
        await pilot.press("ctrl+end")
        await pilot.pause()
        assert app.titles == ["Code · ▲ 6 more lines above", "Output · ▲ 4 more lines above · ▼ 9 more lines"]
        app.output.begin(run=True)
        app.editor.load("x = 1\n")
        await pilot.pause()
        assert app.titles == ["Code", "Output"]


LONG = Failed(
    "RuntimeError",
    "no",
    tuple(Frame(number, "f", f"call_{number}()") for number in range(1, 5)),
    explanation=Explanation("It means this. " * 20, (("x", "[2, 3]"),), "y"),
)


async def test_an_error_is_seen_from_its_first_line_and_what_follows_as_far_as_there_is_room() -> None:
    app = Panes()
    async with app.run_test(size=(60, 30)) as pilot:
        for printed in (3, 40):
            app.output.begin(run=True)
            app.output.write("".join(f"printed {number}\n" for number in range(printed)))
            await pilot.pause()
            app.output.show_failed(LONG)
            app.output.note("and more")
            app.output.end()
            for height in (9, 7):
                app.output.styles.height = height
                await pilot.pause()
                shown = [line.strip("│ ") for line in lines(app)]
                first = next(at for at, line in enumerate(shown) if "call_4()" in line)
                assert shown[first - 1].startswith("╭─ Output · ▲"), shown
        app.output.begin(run=True)
        app.output.write("printed\n" * 40)
        app.output.show_failed(replace(LONG, explanation=None))
        app.output.note("and more")
        app.output.styles.height = 9
        await pilot.pause()
        shown = [line.strip("│ ") for line in lines(app)]
        assert "call_4()" in "".join(shown) and "and more" in shown, "there is room for all"


async def test_in_ascii_the_signs_are_ascii() -> None:
    app = Panes(ascii_only=True)
    async with app.run_test(size=(60, 20)) as pilot:
        app.editor.load("x = 1\n" * 9)
        await pilot.pause()
        assert app.titles[0] == "Code - v 5 more lines"


async def test_the_first_check_that_failed_is_in_sight_whatever_follows_and_until_somebody_scrolls() -> None:
    app = Panes()
    async with app.run_test(size=(60, 30)) as pilot:
        app.output.begin(run=True)
        app.output.write("".join(f"printed {number}\n" for number in range(30)))
        app.output.show_graded(FAILING, {"w requires grad": "Give it requires_grad=True."})
        app.output.show_note(Note("a-rule", "The loss does not fall.", 3))
        app.output.end()
        block = ("✗ w requires grad", "It does not.", "Expected: True", "Give it requires_grad=True.")
        for height in (9, 20, 7, 9):
            app.output.styles.height = height
            await pilot.pause()
            shown = "\n".join(lines(app))
            assert all(part in shown for part in block), (height, shown)
        app.output.view.focus()
        await pilot.press("end")
        await pilot.pause()
        app.output.styles.height = 7
        await pilot.pause()
        assert "The loss does not fall." in "\n".join(lines(app))
