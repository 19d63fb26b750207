"""The editor: Python in colours, with marks for the line that failed and for the line that a replay is at."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual import on
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message
from textual.strip import Strip
from textual.widgets.text_area import TextAreaTheme

from tui_torch.drawing.code_colours import OF_THEME, Kind
from tui_torch.drawing.text.visible import code_point, sign_for_each
from tui_torch.ui.common.code_content import styles_of_code
from tui_torch.ui.common.more_lines import titled
from tui_torch.ui.keys.bound import keys_of
from tui_torch.ui.keys.declared import EDITOR
from tui_torch.ui.lesson.editing.helped_typing import HelpedTyping
from tui_torch.ui.lesson.editing.moved_line import line_after
from tui_torch.ui.textual_internals import forget_syntax_tree

if TYPE_CHECKING:
    from textual.geometry import Region
    from tree_sitter import Language, Query

_COLOUR_QUERY = """
(none) @constant.builtin
[(true) (false)] @boolean
(integer) @number
(float) @float
(comment) @comment
(string) @string

["and" "in" "is" "not" "or" "del"] @keyword.operator
["def" "lambda"] @keyword.function
["assert" "async" "await" "class" "exec" "global" "nonlocal" "pass" "print" "with" "as"] @keyword
["return" "yield"] @keyword.return
(yield "from" @keyword.return)
["if" "elif" "else" "match" "case"] @conditional
["for" "while" "break" "continue"] @repeat
["try" "except" "raise" "finally"] @exception
(raise_statement "from" @exception)
(try_statement (else_clause "else" @exception))
(import_from_statement "from" @include)
(future_import_statement "from" @include "__future__" @constant.builtin)
"import" @include
(aliased_import "as" @include)

(call function: [(identifier) @function.call (attribute attribute: (identifier) @method.call)])
(function_definition name: (identifier) @function)
(class_definition name: (identifier) @type.class)
"""
"""What is coloured in Python, as a tree-sitter query. Textual's own query colours more, and takes 15 ms to make."""


MOST_NAMED = 4
"""Maximum number of hidden characters that the title names."""


_KIND_OF: dict[str, Kind] = {
    **dict.fromkeys(("keyword", "keyword.function", "keyword.return", "keyword.operator"), "keyword"),
    **dict.fromkeys(("conditional", "repeat", "include", "exception"), "keyword"),
    "string": "string",
    "comment": "comment",
    **dict.fromkeys(("number", "float", "boolean", "constant.builtin"), "number"),
    **dict.fromkeys(("function", "function.call", "method.call"), "call"),
    "type.class": "class",
}
"""What the names in the query are for."""


@cache
def _colour_query(python: Language) -> Query:
    from tree_sitter import Query

    return Query(python, _COLOUR_QUERY)


def _title(code: str) -> Content:
    """The editor's title, with the characters that its signs stand for."""
    hidden = dict.fromkeys(line[at] for line in code.split("\n") for at in sign_for_each(line)[1])
    names = ", ".join(map(code_point, list(hidden)[:MOST_NAMED])) + ("…" if len(hidden) > MOST_NAMED else "")
    return Content(f"Code with {names}" if hidden else "Code")


class CodeEditor(HelpedTyping):
    """The learner's code. `esc` leaves it.

    It posts `TextArea.Changed` at every edit. While a line is lit, in a replay, it is read-only.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "editor--lit",
        "editor--lit-mark",
        "editor--failed-mark",
        "editor--noted-mark",
        "editor--cut",
        "editor--hidden",
        *(f"editor--{kind}" for kind in OF_THEME),
    }

    DEFAULT_CSS = """
    CodeEditor {
        border: round $border-blurred;
        border-title-color: $text-muted;
        border-title-style: none;
        border-subtitle-color: $text-muted;
        padding: 0;
        background: $background;
        scrollbar-size: 0 1;
        &:focus { border: round $primary; border-title-color: $primary; }
        &.-ascii { border: ascii $border-blurred; }
        &.-ascii:focus { border: ascii $primary; }
        & .text-area--gutter { color: $text-disabled; background: $background; }
        & .text-area--cursor-gutter { color: $text-muted; background: $background; text-style: none; }
        & .text-area--cursor-line { background: $background; }
        &:focus .text-area--cursor-line { background: $panel; }
        &:focus .text-area--cursor-gutter { color: $primary; background: $panel; }
        & > .editor--lit { background: $lit-ground; }
        & > .editor--lit-mark { color: $primary; text-style: bold; }
        & > .editor--failed-mark { color: $text-error; text-style: bold; }
        & > .editor--noted-mark { color: $text-warning; text-style: bold; }
        & > .editor--cut { color: $foreground-muted; }
        & > .editor--hidden { color: $text-warning; text-style: bold; }
    }
    """ + styles_of_code("CodeEditor > .editor--")

    BINDINGS: ClassVar[list[BindingType]] = EDITOR.bindings()

    class Left(Message):
        """The learner pressed `esc`."""

    def __init__(self, *, ascii_only: bool = False, id: str | None = None) -> None:
        # The text area asks for them while it is made.
        self._title, self._shown_title, self.ascii_only = Content("Code"), "Code", ascii_only
        super().__init__(soft_wrap=False, show_line_numbers=True, tab_behavior="indent", id=id)
        # Of the next document: as an argument it would have the empty one parsed, twice.
        self.set_reactive(CodeEditor.language, "python")
        self.set_class(ascii_only, "-ascii")
        self.border_title = "Code"
        self.failed_line: int | None = None
        self.noted_line: int | None = None
        self.lit_line: int | None = None
        self.margin: Mapping[int, str] = {}
        """What stands at the right of lines, by their numbers, where there is room."""
        self._marked_in: list[str] | None = None
        """The lines of the code as they were when the marked one was looked for last; None while none is marked."""
        self._colours: dict[str, Style] = {}
        """The style of each name in the query."""
        self.register_theme(TextAreaTheme(name="code", syntax_styles=self._colours))
        self.theme = "code"

    def load(self, code: str, *, first_line: int = 1) -> None:
        """Show other code, with an empty history of edits.

        `first_line`: the number of its first line, by which its lines are counted, marked and lit.
        """
        self.failed_line = self.noted_line = self._marked_in = None
        self.margin = {}
        self.light(None)
        # Nothing was typed, so nothing has to be saved.
        before = self.document
        with self.prevent(self.Changed):
            self.load_text(code)
        forget_syntax_tree(before)
        self.line_number_start = first_line
        # A mark that reorders text (bidi) makes code look like other code than what runs.
        self._title = _title(code)
        self._say_what_is_out_of_sight()

    def on_focus(self) -> None:
        # Elsewhere tab leads to the next pane, and here it is an indent.
        self.border_subtitle = keys_of(self.app).in_words("{editor.leave}, then tab: next pane")

    def on_blur(self) -> None:
        self.border_subtitle = ""

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self._say_what_is_out_of_sight()

    def watch_virtual_size(self) -> None:
        self._say_what_is_out_of_sight()

    def on_resize(self) -> None:
        self._say_what_is_out_of_sight()
        # What is printed at a line makes the output higher, and this lower, after the line was brought into sight.
        self.call_after_refresh(self._keep_the_lit_line_in_sight)

    def _keep_the_lit_line_in_sight(self) -> None:
        line = self.lit_line or self.failed_line
        row = None if line is None or self.has_focus else self._row_of(line)
        if row is not None and row == self.cursor_location[0] and not self._in_sight(row):
            self.scroll_cursor_visible()

    def _say_what_is_out_of_sight(self) -> None:
        above = self.scroll_offset.y
        # The empty line after the last is where one writes on, and nothing to be read.
        lines = self.virtual_size.height - (not self.document.get_line(self.document.line_count - 1))
        below = lines - self.scrollable_content_region.height - above
        title = titled(self._title.plain, above, below, ascii_only=self.ascii_only)
        if title != self._shown_title:
            self._shown_title = title
            self.border_title = Content(title)

    def bring_into_sight(self, line: int) -> None:
        """Scroll to a line, 0 for the first, once the pane has its size; the cursor stays where it is."""
        if line > 0:
            self.call_after_refresh(self._scroll_to_line, line)

    def _scroll_to_line(self, line: int) -> None:
        height = self.size.height
        if line >= height:
            self.scroll_to(y=line - height + 1, animate=False, immediate=True)

    def put(self, code: str) -> None:
        """Replace the code as one edit, which `ctrl+z` takes back. Of other code no line has failed."""
        self.mark(None)
        self.replace(code, (0, 0), self.document.end)

    def mark(self, line: int | None, *, failed: bool = True, code: str | None = None) -> None:
        """Mark a line and bring it into sight, with the cursor unless somebody types here.

        The mark stays with its line, and goes when that is edited.

        Args:
            line: The line's number, as it stands beside it; None removes the mark.
            failed: Whether the code failed there; otherwise the coach has a note about it.
            code: What ran, of which that is a line; None: the code as it is now.
        """
        if line is not None and code is not None and code != self.text:
            line = self._line_now(line, code.split("\n"))
        marks = (line, None) if failed else (None, line)
        if marks != (self.failed_line, self.noted_line):
            self.failed_line, self.noted_line = marks
            self.refresh()
        self._marked_in = None if line is None else [*self.document.lines]
        row = None if line is None else self._row_of(line)
        if row is None:
            return
        if not self.has_focus:
            self.move_cursor((row, 0), center=False)
        elif not self._in_sight(row):
            # What is typed on goes where it went before.
            self.scroll_to(y=row - self.size.height // 2, animate=False, immediate=True)

    def _row_of(self, line: int) -> int | None:
        """The row of a line by its number, 0 for the first; None where there is no such line."""
        row = line - self.line_number_start
        return row if 0 <= row < self.document.line_count else None

    def _line_now(self, line: int, before: list[str]) -> int | None:
        """Where a line of earlier code is now, by its number; None where it was edited."""
        others = self.line_number_start - 1
        now = line_after(line - others, before, self.document.lines) if line > others else None
        return None if now is None else now + others

    @on(HelpedTyping.Changed)
    def _keep_the_mark_at_its_line(self) -> None:
        line, before = self.failed_line or self.noted_line, self._marked_in
        if line is None or before is None:
            return
        self._marked_in = [*self.document.lines]
        now = self._line_now(line, before)
        if now != line:
            self.failed_line, self.noted_line = (now, None) if self.failed_line is not None else (None, now)
            self.refresh()

    def light(self, line: int | None) -> None:
        """Light the line that a replay is at, by its number, and scroll to it; None lights no line."""
        if line == self.lit_line:
            return
        self.lit_line = line
        self.read_only = line is not None
        self.set_class(line is not None, "-lit")
        row = None if line is None else self._row_of(line)
        if row is not None:
            self.move_cursor((row, 0), center=not self._in_sight(row))
        self.refresh()

    def get_line(self, line_index: int) -> Text:
        """A line as it is drawn, with a sign in place of each character that a terminal would obey."""
        shown, hidden = sign_for_each(self.document.get_line(line_index), self.ascii_only)
        if not hidden:
            return super().get_line(line_index)
        line = Text(shown, end="", no_wrap=True)
        warning = self.get_component_rich_style("editor--hidden", partial=True)
        for at in hidden:
            line.stylize(warning, at, at + 1)
        return line

    def query_of(self, language: Language) -> Query:
        return _colour_query(language)

    def render_lines(self, crop: Region) -> list[Strip]:
        # Not when the styles change: those of the parts come after the editor's own.
        styles = {kind: self.get_component_rich_style(f"editor--{kind}", partial=True) for kind in OF_THEME}
        self._colours.update((name, styles[kind]) for name, kind in _KIND_OF.items())
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        row = y + round(self.scroll_offset.y)
        self.highlight_around(row)
        strip = self._with_selection_legible(super().render_line(y))
        if row >= self.document.line_count:
            return strip
        strip = self._with_end(strip, row)
        number = row + self.line_number_start
        if number in self.margin:
            strip = self._with_margin(strip, row, self.margin[number])
        if number == self.lit_line:
            ground = Style(bgcolor=self.get_component_rich_style("editor--lit").bgcolor)
            lit = self._with_mark(strip, ">" if self.ascii_only else "▶", "editor--lit-mark")
            return Strip(Segment.apply_style(lit, post_style=ground), strip.cell_length)
        if number == self.failed_line:
            return self._with_mark(strip, "x" if self.ascii_only else "✗", "editor--failed-mark")
        if number == self.noted_line:
            return self._with_mark(strip, "!", "editor--noted-mark")
        return strip

    def _with_selection_legible(self, strip: Strip) -> Strip:
        """Return the line with selected code in the colour of selected text.

        Its own colours, which Textual leaves it, are made for another ground.
        """
        if self.selection.is_empty:
            return strip
        selected = self.get_component_rich_style("text-area--selection")
        return Strip(
            [
                Segment(text, style + Style(color=selected.color))
                if style is not None and style.bgcolor == selected.bgcolor
                else Segment(text, style, control)
                for text, style, control in strip
            ],
            strip.cell_length,
        )

    def _with_mark(self, strip: Strip, mark: str, component: str) -> Strip:
        """Return the line with a mark beside its number."""
        # The gutter ends in two spaces.
        return self._with_sign(strip, self.gutter_width - 2, mark, component)

    def _with_end(self, strip: Strip, row: int) -> Strip:
        """Return the line with a sign at its end if it goes on beyond the right edge."""
        room = self.scrollable_content_region.width
        length = self.gutter_width + cell_len(self.document.get_line(row).expandtabs(self.indent_width))
        if length - round(self.scroll_offset.x) <= room or strip.cell_length < room:
            return strip
        return self._with_sign(strip, room - 1, ">" if self.ascii_only else "›", "editor--cut")

    def _with_margin(self, strip: Strip, row: int, words: str) -> Strip:
        """Return the line with some words at its right, or unchanged if it has no room for them."""
        room = self.scrollable_content_region.width - 1
        length = self.gutter_width + cell_len(self.document.get_line(row).expandtabs(self.indent_width))
        start = room - cell_len(words)
        if length + 2 > start or self.scroll_offset.x or strip.cell_length < room:
            return strip
        before, _, after = strip.divide([start, room, strip.cell_length])
        return Strip([*before, Segment(words, self._style_on(strip, "editor--cut")), *after], strip.cell_length)

    def say_beside(self, margin: Mapping[int, str]) -> None:
        """Have these words stand at the right of lines, by their numbers."""
        if margin != self.margin:
            self.margin = margin
            self.refresh()

    def _with_sign(self, strip: Strip, column: int, sign: str, component: str) -> Strip:
        """Return the line with a sign in one of its columns, or unchanged if it is too narrow to have that column."""
        if not 0 <= column < strip.cell_length:
            return strip
        before, _, after = strip.divide([column, column + 1, strip.cell_length])
        return Strip([*before, Segment(sign, self._style_on(strip, component)), *after], strip.cell_length)

    def _style_on(self, strip: Strip, component: str) -> Style:
        """Return a component's style on the background of the line."""
        ground = next((segment.style.bgcolor for segment in strip if segment.style and segment.style.bgcolor), None)
        style = self.get_component_rich_style(component, partial=True)
        return style + Style(bgcolor=ground)

    def _in_sight(self, row: int) -> bool:
        top = self.scroll_offset.y
        return top <= row < top + self.scrollable_content_region.height

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return EDITOR.works(action, self)

    def action_leave(self) -> None:
        if not self.close_help():
            self.post_message(self.Left())
