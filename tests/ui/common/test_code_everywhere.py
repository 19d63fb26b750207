"""Code has the same colours in the editor, in a lesson, in documentation and where an error was raised."""

from __future__ import annotations

from rich.style import Style
from textual.app import ComposeResult
from textual.color import Color

from tui_torch.protocol.code_help import Documentation
from tui_torch.protocol.events import Failed, Frame
from tui_torch.ui.colours.themed_app import ThemedApp
from tui_torch.ui.common.inline_markdown import inline
from tui_torch.ui.common.prose import Prose
from tui_torch.ui.lesson.editor import CodeEditor
from tui_torch.ui.lesson.output.pane import OutputPane
from tui_torch.ui.screens.documentation import DocumentationText

LINE = "return torch.relu(1)"


class Everywhere(ThemedApp):
    CSS = "Prose, CodeEditor, OutputPane, DocumentationText { height: 6; }"

    def __init__(self) -> None:
        super().__init__()
        self.editor = CodeEditor()
        self.output = OutputPane()

    def compose(self) -> ComposeResult:
        yield Prose(f"Write `w.grad`:\n\n```python\n{LINE}\n```")
        yield self.editor
        yield self.output
        yield DocumentationText(Documentation("relu", f">>> {LINE}\n"), ascii_only=False)


def styles(app: Everywhere, word: str) -> list[Style]:
    """How a word is drawn in each line of the screen that has it."""
    found: list[Style] = []
    for strip in app.screen._compositor.render_strips():
        at = strip.text.find(word)
        if at >= 0:
            # At its first character may be the cursor.
            *_, segment = strip.crop(at, at + len(word))
            assert segment.style is not None
            found.append(segment.style)
    return found


async def test_a_word_of_code_has_one_colour_in_all_places() -> None:
    app = Everywhere()
    async with app.run_test(size=(60, 24)) as pilot:
        app.editor.load(LINE)
        app.output.show_failed(Failed("ValueError", "no", (Frame(1, "<module>", LINE),)))
        for theme in ("solarized-light", "nord", "ansi-dark"):
            app.theme = theme
            await pilot.pause()
            for word, kind in (("return", "keyword"), ("relu", "call"), ("(1", "number")):
                drawn = styles(app, word)
                expected = Color.parse(app.theme_variables[f"code-{kind}"]).rich_color
                assert [style.color for style in drawn] == [expected] * 4, (theme, word)


async def test_code_in_a_sentence_is_bold_and_not_in_the_colour_of_errors() -> None:
    app = Everywhere()
    async with app.run_test(size=(60, 24)) as pilot:
        for theme in ("textual-dark", "textual-light", "ansi-light"):
            app.theme = theme
            await pilot.pause()
            (style,) = styles(app, "w.grad")
            assert style.bold and style.color == Color.parse(app.theme_variables["code"]).rich_color
            assert style.color != Color.parse(app.theme_variables["error"]).rich_color
    assert [span.style for span in inline("Write `w.grad`.").spans] == ["$code bold"]
