"""The two fields at the lower edge of the editor: what is looked for in the code, and what is put in its place."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import BindingType
from textual.geometry import Offset
from textual.message import Message
from textual.widgets import Input
from textual.widgets.text_area import Selection

from tui_torch.ui.common.keys_in_order import LineInput, focus_at_once
from tui_torch.ui.keys.declared import FIND

if TYPE_CHECKING:
    from textual.widgets import TextArea


class FindField(LineInput):
    """A field over the editor's lower border. It is on the screen while something is looked for."""

    DEFAULT_CSS = """
    FindField {
        layer: at-cursor;
        position: absolute;
        display: none;
        height: 1;
        border: none;
        padding: 0 1;
        background: $panel;
        &:focus { border: none; background: $row-ground; }
    }
    """

    class AllReplaced(Message):
        """Text was replaced in every place where it stood: in `count` of them."""

        def __init__(self, count: int) -> None:
            super().__init__()
            self.count = count


class Search:
    """Looks for text in an editor, and replaces it where it is found."""

    def __init__(self, editor: TextArea) -> None:
        self._editor = editor
        self.wanted = _Wanted(self, placeholder="find in the code")
        self.instead = _Instead(self, placeholder="replace by")
        for field in (self.wanted, self.instead):
            field.can_focus = False

    def open(self) -> None:
        """Show the fields, and look for what is selected, if that is in one line."""
        chosen = self._editor.selected_text
        if chosen and "\n" not in chosen:
            self.wanted.value = chosen
        # Where it has no lower border, its last line makes room.
        self._editor.add_class("-finding")
        for field in (self.wanted, self.instead):
            field.can_focus = field.display = True
        self.stand()
        focus_at_once(self.wanted)
        self._editor.call_after_refresh(self.stand)

    def stand(self) -> None:
        """Put the fields, if they are shown, where the editor's lower edge is now, and what is found above them."""
        if not self.wanted.display:
            return
        place = self._editor.region
        half = place.width // 2
        for field, x, width in ((self.wanted, place.x, half), (self.instead, place.x + half, place.width - half)):
            field.styles.offset = Offset(x, place.bottom - 1)
            field.styles.width = width
        self._editor.scroll_cursor_visible()

    def close(self) -> None:
        """Take the fields away. What was looked for last stays selected."""
        for field in (self.wanted, self.instead):
            field.display = field.can_focus = False
        self._editor.remove_class("-finding")
        focus_at_once(self._editor)

    def switch(self) -> None:
        """Go to the other field."""
        focus_at_once(self.instead if self.wanted is self._editor.screen.focused else self.wanted)

    def go(self, by: int, *, stay: bool = False) -> bool:
        """Select the next place (by 1) or the one before (-1), around the end; whether there is one.

        Args:
            stay: Count the place that is selected already as the next.
        """
        text, wanted = self._searched(), self.wanted.value
        if not wanted:
            return False
        begin, end = (self._index(at) for at in sorted(self._editor.selection))
        if by > 0:
            found = text.find(wanted, begin if stay else max(end, begin))
            found = text.find(wanted) if found < 0 else found
        else:
            found = text.rfind(wanted, 0, begin)
            found = text.rfind(wanted) if found < 0 else found
        if found < 0:
            return False
        self._editor.selection = Selection(self._location(found), self._location(found + len(wanted)))
        return True

    def replace(self) -> None:
        """Put the other text in place of what is selected, if that was looked for, and go on to the next place."""
        wanted, chosen = self.wanted.value, self._editor.selected_text
        is_found = chosen == wanted or (wanted == wanted.casefold() and chosen.lower() == wanted)
        if wanted and is_found and not self._editor.read_only:
            start, end = sorted(self._editor.selection)
            self._editor.history.checkpoint()
            self._editor.replace(self.instead.value, start, end, maintain_selection_offset=False)
        self.go(1)

    def replace_all(self) -> int:
        """Put the other text in every place of what is looked for, as one edit; in how many."""
        editor, wanted, instead = self._editor, self.wanted.value, self.instead.value
        searched, code = self._searched(), editor.text
        count = searched.count(wanted) if wanted else 0
        if not count or editor.read_only:
            return 0
        pieces: list[str] = []
        end = 0
        for before in searched.split(wanted)[:-1]:
            pieces.append(code[end : end + len(before)])
            end += len(before) + len(wanted)
        cursor = self._index(editor.cursor_location)
        shift = (len(instead) - len(wanted)) * searched.count(wanted, 0, cursor)
        editor.history.checkpoint()
        last = editor.document.end
        editor.replace(instead.join([*pieces, code[end:]]), (0, 0), last, maintain_selection_offset=False)
        editor.move_cursor(self._location(min(cursor + shift, len(editor.text))))
        return count

    def _searched(self) -> str:
        """The code as it is searched: in small letters where only those are looked for, which stand for both."""
        text = self._editor.text
        if self.wanted.value != self.wanted.value.casefold():
            return text
        # A capital with two small letters would move all that follows it.
        return text.lower() if len(text.lower()) == len(text) else text

    def _index(self, at: tuple[int, int]) -> int:
        return len(self._editor.document.get_text_range((0, 0), at))

    def _location(self, index: int) -> tuple[int, int]:
        before = self._editor.text[:index]
        return before.count("\n"), index - (before.rfind("\n") + 1)


class _Field(FindField):
    BINDINGS: ClassVar[list[BindingType]] = FIND.bindings()

    def __init__(self, finding: Search, placeholder: str) -> None:
        super().__init__(placeholder=placeholder)
        self.finding = finding

    def action_go(self, by: int) -> None:
        self.finding.go(by)

    def action_other(self) -> None:
        self.finding.switch()

    def action_replace_all(self) -> None:
        if self.finding.wanted.value:
            self.post_message(self.AllReplaced(self.finding.replace_all()))

    def action_leave(self) -> None:
        self.finding.close()


class _Wanted(_Field):
    @on(Input.Changed)
    def _look(self, event: Input.Changed) -> None:
        event.stop()
        self.finding.go(1, stay=True)

    @on(Input.Submitted)
    def _go_on(self, event: Input.Submitted) -> None:
        event.stop()
        self.finding.go(1)


class _Instead(_Field):
    @on(Input.Submitted)
    def _replace(self, event: Input.Submitted) -> None:
        event.stop()
        self.finding.replace()
