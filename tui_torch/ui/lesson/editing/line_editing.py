"""What typing Python asks of an editor: indentation, several lines at once, code from elsewhere, undo by words."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual import events
from textual.geometry import Offset
from textual.widgets.text_area import Selection

from tui_torch.ui.common.keys_in_order import run_bound_action
from tui_torch.ui.textual_internals import ColouredInBlocks


class LineEditing(ColouredInBlocks):
    """A text area for lines of Python. Each of its edits is taken back by one undo."""

    async def on_key(self, event: events.Key) -> None:
        if not self.read_only:
            start, end = self._selected()
            if event.key == "enter":
                event.stop()
                event.prevent_default()
                from tui_torch.ui.lesson.editing.indentation import next_indentation  # not imported at the launch

                before = self.document.get_text_range((0, 0), start)
                after = self.document.get_line(end[0])[end[1] :]
                self.replace("\n" + next_indentation(before, after), start, end, maintain_selection_offset=False)
                return
            if event.is_printable and self._begins_a_word(event.character):
                self.history.checkpoint()
        await run_bound_action(self, event)

    async def on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        if self.read_only:
            return
        from tui_torch.ui.lesson.editing.pasted import as_code

        pasted = as_code(event.text)
        self.replace(pasted.text, *self._selected(), maintain_selection_offset=False)
        self.focus()
        if pasted.says:
            self.notify(pasted.says, severity="warning", markup=False)

    def action_delete_left(self) -> None:
        from tui_torch.ui.lesson.editing.indentation import columns_back

        start, end = self._selected()
        before = self.document.get_line(start[0])[: start[1]]
        if self.read_only or start != end or before.strip(" ") or not before:
            super().action_delete_left()
        else:
            self.delete((start[0], start[1] - columns_back(before)), start, maintain_selection_offset=False)

    def scroll_cursor_visible(self, center: bool = False, animate: bool = False) -> Offset:
        """Scroll to the cursor, unless it is below the code, as while an undo that makes that shorter is under way."""
        if self.cursor_location[0] >= self.document.line_count:
            return Offset()
        return super().scroll_cursor_visible(center, animate)

    def action_to_start(self, select: bool = False) -> None:
        """Go to the beginning of the code."""
        self.move_cursor((0, 0), select=select)

    def action_to_end(self, select: bool = False) -> None:
        """Go to the end of the code."""
        self.move_cursor(self.document.end, select=select)

    def action_tab(self) -> None:
        """Indent the selected lines; where nothing is selected, write spaces up to the next level."""
        from tui_torch.ui.lesson.editing.indentation import LEVEL, indented

        start, end = self._selected()
        if start != end:
            self._change_lines(indented)
        else:
            self.insert(" " * (LEVEL - start[1] % LEVEL))

    def action_dedent(self) -> None:
        from tui_torch.ui.lesson.editing.indentation import dedented

        self._change_lines(dedented)

    def action_comment(self) -> None:
        from tui_torch.ui.lesson.editing.indentation import commented

        self._change_lines(commented)

    def action_move_lines(self, down: int) -> None:
        """Move the selected lines, or the cursor's: 1 is a line down, -1 a line up."""
        first, last = self._selected_rows()
        if self.read_only or not 0 <= (first if down < 0 else last) + down < self.document.line_count:
            return
        lines = [self.document.get_line(row) for row in range(first, last + 1)]
        if down < 0:
            moved, top, bottom = [*lines, self.document.get_line(first - 1)], first - 1, last
        else:
            moved, top, bottom = [self.document.get_line(last + 1), *lines], first, last + 1
        (anchor, column), (row, cursor) = self.selection
        self._replace_rows(top, bottom, moved)
        self.selection = Selection((anchor + down, column), (row + down, cursor))

    def _change_lines(self, change: Callable[[Sequence[str]], list[str]]) -> None:
        """Change the selected lines, or the cursor's, and keep the same characters selected."""
        if self.read_only:
            return
        first, last = self._selected_rows()
        before = [self.document.get_line(row) for row in range(first, last + 1)]
        after = change(before)
        if after == before:
            return

        def moved(row: int, column: int) -> tuple[int, int]:
            if not first <= row <= last or column == 0:
                return row, column
            return row, max(0, column + len(after[row - first]) - len(before[row - first]))

        anchor, cursor = self.selection
        self._replace_rows(first, last, after)
        self.selection = Selection(moved(*anchor), moved(*cursor))

    def _replace_rows(self, first: int, last: int, lines: Sequence[str]) -> None:
        end = (last, len(self.document.get_line(last)))
        self.replace("\n".join(lines), (first, 0), end, maintain_selection_offset=False)

    def _selected(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """Where the selection begins and ends, in the order of the text."""
        start, end = sorted(self.selection)
        return start, end

    def _selected_rows(self) -> tuple[int, int]:
        """The first and the last row of the selection. One of which nothing is selected is not of it."""
        (first, _), (last, column) = self._selected()
        return first, last - 1 if column == 0 and last > first else last

    def _begins_a_word(self, character: str | None) -> bool:
        row, column = self.cursor_location
        before = self.document.get_line(row)[column - 1 : column]
        return character is not None and not character.isspace() and before.isspace()
