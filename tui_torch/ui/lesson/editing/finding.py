"""The two fields at the lower edge of the editor: what is looked for in the code, and what is put in its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events, on
from textual.geometry import Offset
from textual.widgets import Input
from textual.widgets.text_area import Selection

from tui_torch.ui.common.keys_in_order import LineInput

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
        &:focus { border: none; background: $primary 30%; }
    }
    """


class Search:
    """Looks for text in an editor, and replaces it where it is found."""

    def __init__(self, editor: TextArea) -> None:
        self._editor = editor
        self.wanted = _Wanted(self, placeholder="find: enter next, up before, tab replace, esc back")
        self.instead = _Instead(self, placeholder="replace by: enter replaces this one")
        for field in (self.wanted, self.instead):
            field.can_focus = False

    def open(self) -> None:
        """Show the fields, and look for what is selected, if that is in one line."""
        chosen = self._editor.selected_text
        if chosen and "\n" not in chosen:
            self.wanted.value = chosen
        place = self._editor.region
        half = place.width // 2
        for field, x, width in ((self.wanted, place.x, half), (self.instead, place.x + half, place.width - half)):
            field.styles.offset = Offset(x, place.bottom - 1)
            field.styles.width = width
            field.can_focus = field.display = True
        self.wanted.focus()

    def close(self) -> None:
        """Take the fields away. What was looked for last stays selected."""
        for field in (self.wanted, self.instead):
            field.display = field.can_focus = False
        self._editor.focus()

    def go(self, by: int, *, stay: bool = False) -> bool:
        """Select the next place (by 1) or the one before (-1), around the end; whether there is one.

        Args:
            stay: Count the place that is selected already as the next.
        """
        text, wanted = self._editor.text, self.wanted.value
        if not wanted:
            return False
        if wanted == wanted.casefold():  # small letters stand for both
            text = text.lower() if len(text.lower()) == len(text) else text
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

    def _index(self, at: tuple[int, int]) -> int:
        return len(self._editor.document.get_text_range((0, 0), at))

    def _location(self, index: int) -> tuple[int, int]:
        before = self._editor.text[:index]
        return before.count("\n"), index - (before.rfind("\n") + 1)


class _Field(FindField):
    def __init__(self, finding: Search, placeholder: str) -> None:
        super().__init__(placeholder=placeholder)
        self.finding = finding

    async def on_key(self, event: events.Key) -> None:
        match event.key:
            case "escape":
                self.finding.close()
            case "up" | "down":
                self.finding.go(1 if event.key == "down" else -1)
            case "tab" | "shift+tab":
                finding = self.finding
                (finding.instead if self is finding.wanted else finding.wanted).focus()
            case _:
                return
        event.stop()
        event.prevent_default()


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
