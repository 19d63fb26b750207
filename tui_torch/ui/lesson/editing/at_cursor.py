"""What stands beside the cursor in the editor, over whatever is there: the list of completions, and a signature."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual import events
from textual.geometry import Offset, Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from tui_torch.drawing.text.visible import visible
from tui_torch.protocol.code_help import Completion

ROWS = 8
"""Maximum number of completions in sight."""
_NARROWEST, _WIDEST = 18, 62
_FEWEST = 4
"""Number of completions in sight for which the list stays within the pane of the code."""
_BORDERS = 2


def rows_beside(line: int, count: int, within: Region, below: int) -> tuple[int, int]:
    """The first row and the number of rows of a list that stands below a line, or above it; none where no room is.

    Args:
        line: The row of the screen that the line is in.
        count: Number of completions.
        within: What the list may cover.
        below: Rows below the line that are taken.
    """
    wanted = min(ROWS, count) + _BORDERS
    first = line + 1 + below
    under, over = within.bottom - first, line - within.y
    enough = min(_FEWEST, count) + _BORDERS
    if under >= wanted or (under >= enough and under >= over) or (under >= over and over < enough):
        return first, max(0, min(wanted, under))
    rows = max(0, min(wanted, over))
    return line - rows, rows


class AtCursor(Widget, can_focus=False):
    """A widget at a place of the screen, above the others, that never has the focus."""

    ALLOW_SELECT = False

    def place(self, at: Offset, width: int, height: int) -> None:
        """Show it in that many cells from a place of the screen on."""
        styles = self.styles
        self.visible = True
        if (styles.offset.x.value, styles.offset.y.value, styles.width, styles.height) != (at.x, at.y, width, height):
            styles.offset = at
            styles.width, styles.height = width, height
        self.display = True
        self.refresh()

    def hide(self) -> None:
        """Take it off the screen."""
        self.display = False


class CompletionList(AtCursor):
    """How what is being typed may go on, one below the other. The editor moves in it and takes from it."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "completion-list--name",
        "completion-list--detail",
        "completion-list--chosen",
        "completion-list--chosen-detail",
    }

    DEFAULT_CSS = """
    CompletionList {
        layer: at-cursor;
        position: absolute;
        display: none;
        background: $panel;
        border: round $primary;
        &.-ascii { border: ascii $primary; }
        & > .completion-list--name { color: $foreground; background: $panel; }
        & > .completion-list--detail { color: $text-muted; background: $panel; }
        & > .completion-list--chosen, & > .completion-list--chosen-detail {
            color: $screen-selection-foreground; background: $screen-selection-background;
        }
        & > .completion-list--chosen { text-style: bold; }
        &:nocolor > .completion-list--chosen { text-style: reverse; }
    }
    """

    class Taken(Message):
        """A completion was clicked: posted to the editor, which is not around the list."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(self, editor: Widget) -> None:
        super().__init__()
        self._editor = editor
        self.items: tuple[Completion, ...] = ()
        self.chosen = 0
        """The index of the completion that is taken next."""
        self.is_entered = False
        """Whether the learner has moved into the list."""
        self._top = 0

    @property
    def is_open(self) -> bool:
        """Whether it is on the screen."""
        return bool(self.items)

    def show(
        self, items: Sequence[Completion], at: Offset, pane: Region, room: Region, below: int, ends: Sequence[int]
    ) -> None:
        """Show completions, the first of them chosen.

        Args:
            at: The place of the first character that they stand for.
            pane: Where the code is, which the list stays within if enough of it fits.
            room: What the list may cover otherwise.
            below: Rows below the cursor's that are taken.
            ends: The columns of the screen in which the lines in sight end, from the first row of the pane on.
        """
        self.items, self.chosen, self._top, self.is_entered = tuple(items), 0, 0, False
        self.stand(at, pane, room, below, ends)

    def stand(self, at: Offset, pane: Region, room: Region, below: int, ends: Sequence[int]) -> None:
        """Go where the code has moved to; the arguments are those of `show`."""
        names = max(cell_len(item.text) for item in self.items)
        details = max(cell_len(item.detail) for item in self.items)
        width = names + details + (4 if details else 2) + _BORDERS
        width = min(max(width, _NARROWEST), _WIDEST, room.width)
        y, rows = rows_beside(at.y, len(self.items), pane, below)
        if rows < min(_FEWEST, len(self.items)) + _BORDERS:
            y, rows = rows_beside(at.y, len(self.items), room, below)
        # So that the names stand where they are being typed.
        x = max(room.x, min(at.x - 2, room.right - width))
        if y < at.y:
            # What is written above is what one goes by: the list stands at its right, if there is room.
            beyond = max(ends[max(0, y - pane.y) : max(0, y + rows - pane.y)], default=0) + 1
            x = max(x, beyond) if beyond + width <= room.right else x
        self.place(Offset(x, y), width, max(rows, 1 + _BORDERS))

    def move(self, by: int) -> None:
        """Go up or down; the learner is in the list from then on."""
        self.chosen = (self.chosen + by) % len(self.items) if self.is_entered or by < 0 else self.chosen
        self.is_entered = True
        rows = self.size.height or 1
        self._top = max(min(self._top, self.chosen), self.chosen - rows + 1)
        self.refresh()

    @property
    def text(self) -> str:
        """The chosen completion."""
        return self.items[self.chosen].text

    def hide(self) -> None:
        super().hide()
        self.items = ()
        self.is_entered = False

    def render_line(self, y: int) -> Strip:
        number = self._top + y
        if number >= len(self.items):
            return Strip.blank(self.size.width, self.rich_style)
        item, width = self.items[number], self.size.width
        # Enter takes a completion only in the list: until then the one that Tab takes is marked, and not lit.
        is_lit = self.is_entered and number == self.chosen
        kind, detail_kind = ("chosen", "chosen-detail") if is_lit else ("name", "detail")
        name, detail = visible(item.text), visible(item.detail)
        room = width - cell_len(name) - 3
        mark = ">" if number == self.chosen else " "
        styled: list[Segment] = [Segment(f"{mark}{name}", self.get_component_rich_style(f"completion-list--{kind}"))]
        style = self.get_component_rich_style(f"completion-list--{detail_kind}")
        if room >= 4 and detail:
            shown = detail if cell_len(detail) <= room else set_cell_size(detail, room - 1) + "…"
            styled.append(Segment(" " * (width - cell_len(name) - 2 - cell_len(shown)) + shown + " ", style))
        return Strip(styled).adjust_cell_length(width, style)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        event.stop()
        number = self._top + event.y - _BORDERS // 2
        if self._top <= number < len(self.items):
            self._editor.post_message(self.Taken(self.items[number].text))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.move(1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.move(-1)


class SignatureLine(AtCursor):
    """What the function takes that is being called, in one line, with the argument at the cursor lit."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"signature-line--text", "signature-line--lit"}

    DEFAULT_CSS = """
    SignatureLine {
        layer: at-cursor;
        position: absolute;
        display: none;
        height: 1;
        background: $panel;
        & > .signature-line--text { color: $text-muted; background: $panel; }
        & > .signature-line--lit { color: $primary; background: $panel; text-style: bold; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._pieces: tuple[tuple[str, bool], ...] = ()

    def show(self, pieces: tuple[tuple[str, bool], ...], at: Offset, screen: Offset) -> None:
        """Show pieces of text, each lit or not, in the row below a place; above it where there is none."""
        self._pieces = pieces
        self.stand(at, screen)

    def stand(self, at: Offset, screen: Offset) -> None:
        """Go where the code has moved to; the arguments are those of `show`."""
        width = min(sum(cell_len(text) for text, _ in self._pieces) + 2, screen.x)
        y = at.y + 1 if at.y + 1 < screen.y else at.y - 1
        self.place(Offset(max(0, min(at.x - 1, screen.x - width)), y), width, 1)

    def render_line(self, y: int) -> Strip:
        plain = self.get_component_rich_style("signature-line--text")
        lit = self.get_component_rich_style("signature-line--lit")
        segments = [Segment(visible(text), lit if is_lit else plain) for text, is_lit in self._pieces]
        strip = Strip([Segment(" ", plain), *segments])
        width = self.size.width
        # Where it is too long, the lit argument stays in sight.
        before = 0
        for text, is_lit in self._pieces:
            if is_lit and before + cell_len(text) + 2 > width:
                begin = before + cell_len(text) + 3 - width
                cut = strip.crop(begin, begin + width - 1)
                return Strip([Segment("…", plain), *cut.crop(1)]).adjust_cell_length(width, plain)
            before += cell_len(text)
        if strip.cell_length > width:
            return Strip([*strip.crop(0, width - 1), Segment("…", plain)]).adjust_cell_length(width, plain)
        return strip.adjust_cell_length(width, plain)
