"""Completion and signatures while one types in the editor; Enter is a new line all the same."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual import events, on
from textual.geometry import Offset, Region
from textual.message import Message
from textual.widget import Widget

from tui_torch.protocol.late_dataclass import dataclass
from tui_torch.ui.common.keys_in_order import is_passed_on
from tui_torch.ui.lesson.editing.line_editing import LineEditing

if TYPE_CHECKING:
    from tui_torch.protocol.code_help import Completion, Signature
    from tui_torch.tutor.code_help.place import Place
    from tui_torch.ui.lesson.editing.at_cursor import CompletionList, SignatureLine
    from tui_torch.ui.lesson.editing.finding import Search

LATEST = 0.1
"""Seconds after its key when an answer is too late to be shown."""
BEGINS_AT = 2
"""Number of characters of a name from which on completions are shown unasked."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What was to be known when a key was pressed."""

    code: str
    cursor: tuple[int, int]
    """Row and column."""
    place: Place
    by_key: bool
    """Whether the learner asked by Tab."""
    completions: bool
    signature: bool
    since: float
    """When the key was pressed, on the monotonic clock."""


class HelpedTyping(LineEditing):
    """A text area that asks how what is typed may go on, and shows the answer beside the cursor."""

    completes_as_you_type = True

    class HelpWanted(Message):
        """What is typed may be completed, or is in a call: `offer()` and `describe_call()` show what is known."""

        def __init__(self, asked: Asked) -> None:
            super().__init__()
            self.asked = asked

    class DocumentationWanted(Message):
        """The learner asks what there is to read about the name under the cursor."""

        def __init__(self, expression: str, code: str, row: int) -> None:
            super().__init__()
            self.expression = expression
            """With what it is an attribute of; empty if there is no name."""
            self.code = code
            self.row = row

    def __init__(self, *arguments: object, **options: object) -> None:
        super().__init__(*arguments, **options)  # type: ignore[arg-type]
        self._is_helped = False
        self._typed = ""
        """What was typed last and has not been looked at; empty for changes that no key has made."""
        self._prefix = 0
        """Number of characters before the cursor that a completion replaces."""
        self._ways: tuple[Signature, ...] = ()
        self._function: tuple[str, int] | None = None
        """The function that `_ways` are of, and where it begins in the code."""

    # Made once the first frame is on the screen, which shows none of them.

    @cached_property
    def completion_list(self) -> CompletionList:
        """How what is being typed may go on."""
        from tui_torch.ui.lesson.editing.at_cursor import CompletionList

        shown = CompletionList(self)
        shown.set_class(self.has_class("-ascii"), "-ascii")
        return shown

    @cached_property
    def signature_line(self) -> SignatureLine:
        """What the function takes that is being called."""
        from tui_torch.ui.lesson.editing.at_cursor import SignatureLine

        return SignatureLine()

    @cached_property
    def finding(self) -> Search:
        """What looks for text in the code."""
        from tui_torch.ui.lesson.editing.finding import Search

        return Search(self)

    def begin_help(self) -> None:
        """Put the list and the line on the screen, where they wait unseen."""
        if not self._is_helped:
            self._is_helped = True
            finding = self.finding
            self.screen.mount(self.completion_list, self.signature_line, finding.wanted, finding.instead)

    async def on_key(self, event: events.Key) -> None:
        if is_passed_on(self, event):
            return
        if await self._goes_to_the_list(event):
            event.stop()
            event.prevent_default()
            return
        self._typed = event.character or "" if event.is_printable else ""
        if event.key == "backspace" and self.completion_list.is_open:
            self._typed = "\b"
        elif not event.is_printable:
            self.completion_list.hide()

    async def _goes_to_the_list(self, event: events.Key) -> bool:
        """Whether a key is for the completions, which does it then."""
        shown = self.completion_list
        match event.key:
            case "up" | "down" if shown.is_open:
                shown.move(1 if event.key == "down" else -1)
            case "tab" if shown.is_open:
                self._take(shown.text)
            case "enter" if shown.is_open and shown.is_entered:
                self._take(shown.text)
            case "tab" if not self.read_only and self.selection.is_empty and self._ends_a_word():
                self._ask(by_key=True)
            case _:
                return False
        return True

    def _ends_a_word(self) -> bool:
        row, column = self.cursor_location
        before = self.document.get_line(row)[column - 1 : column] if column else ""
        return before.isalnum() or (before in ("_", ".", "(") and before != "")

    @on(LineEditing.Changed)
    def _look_at_what_was_typed(self) -> None:
        typed, self._typed = self._typed, ""
        if not typed:
            self._hide_help()
        else:
            self._ask(typed=typed)

    @on(LineEditing.SelectionChanged)
    def _follow_the_cursor(self) -> None:
        if self._function is not None and not self._typed:
            self._ask(moved=True)

    def on_blur(self) -> None:
        self._hide_help()

    def on_mouse_down(self) -> None:
        self.completion_list.hide()

    def on_completion_list_taken(self, message: CompletionList.Taken) -> None:
        message.stop()
        self._take(message.text)

    def action_find(self) -> None:
        """Look for text in the code."""
        if self._is_helped:
            self.completion_list.hide()
            self.finding.open()

    def action_document(self) -> None:
        """Ask for the documentation of the name under the cursor, or else of the function that is being called."""
        from tui_torch.tutor.code_help.place import expression_at, place_of  # not imported at the launch

        row, column = self.cursor_location
        place = place_of(self.document.get_text_range((0, 0), (row, column)))
        expression = expression_at(self.document.get_line(row), column)
        if not expression and place.call is not None:
            expression = place.call.function
        if self.completion_list.is_open and place.is_completed and place.module is None and place.package is None:
            chosen = self.completion_list.text.removesuffix("=")
            expression = chosen if place.of is None else f"{place.of}.{chosen}"
        self.completion_list.hide()
        self.post_message(self.DocumentationWanted(expression, self.text, row))

    def close_help(self) -> bool:
        """Close the list of completions; whether it was open."""
        # Also one that nobody asked for: who closes it by esc and types on must not press keys of the screen instead.
        was_open = self.completion_list.is_open
        self.completion_list.hide()
        return was_open

    def _ask(self, *, typed: str = "", by_key: bool = False, moved: bool = False) -> None:
        if not self._is_helped or self.read_only:
            return
        from tui_torch.tutor.code_help.place import place_of  # not imported at the launch

        row, column = self.cursor_location
        code = self.text
        lines = self.document.lines
        place = place_of(self.document.newline.join([*lines[:row], lines[row][:column]]))
        self._prefix = len(place.prefix)
        self._narrow(place, typed)
        call = place.call
        function = None if call is None else (call.function, call.begin)
        signature = function is not None and function != self._function
        if function is None:
            self._forget_call()
        elif not signature and call is not None:
            self._show_signature(place)
        completions = place.is_completed and not moved and (by_key or self._is_worth_it(place, typed))
        if completions or signature:
            asked = Asked(code, (row, column), place, by_key, completions, signature, time.monotonic())
            self.post_message(self.HelpWanted(asked))

    def _is_worth_it(self, place: Place, typed: str) -> bool:
        """Whether completions are shown unasked."""
        if not self.completes_as_you_type:
            return False
        if typed == "\b" or typed.isalnum() or typed == "_":
            return len(place.prefix) >= (BEGINS_AT if place.is_name else 1)
        return typed == "." and place.of is not None and place.prefix == ""

    def _narrow(self, place: Place, typed: str) -> None:
        """Leave those completions that what is typed now still fits, until the next answer comes."""
        shown = self.completion_list
        if not shown.is_open:
            return
        prefix = place.prefix.casefold()
        fit = [item for item in shown.items if item.text.casefold().startswith(prefix)]
        # With a name that is written to its end, `down` leads to the next line, and not into the list.
        is_whole = any(item.text == place.prefix for item in fit)
        if not prefix or not fit or is_whole or not (typed.isalnum() or typed in "_\b"):
            shown.hide()
        else:
            self._show_list(fit)

    def offer(self, asked: Asked, items: Sequence[Completion]) -> None:
        """Show completions, unless the code has changed since they were asked for, or it took too long."""
        if self._is_outdated(asked):
            return
        fit = [item for item in items if item.text != asked.place.prefix]
        if not fit or (not asked.by_key and len(fit) < len(items)):
            # What is written is a name already, and Enter and Tab are for what comes next.
            self.completion_list.hide()
            return
        self._prefix = len(asked.place.prefix)
        if asked.by_key and len(fit) == 1:
            self._take(fit[0].text)
        else:
            self._show_list(fit)

    def describe_call(self, asked: Asked, ways: tuple[Signature, ...]) -> None:
        """Show what the call at the cursor takes."""
        call = asked.place.call
        if self._is_outdated(asked) or call is None:
            return
        if not ways:
            self._forget_call()
            return
        self._ways, self._function = ways, (call.function, call.begin)
        self._show_signature(asked.place)

    def _is_outdated(self, asked: Asked) -> bool:
        is_late = time.monotonic() - asked.since > LATEST
        return is_late or not self.has_focus or asked.cursor != self.cursor_location or asked.code != self.text

    def _show_list(self, items: Sequence[Completion]) -> None:
        self.completion_list.show(items, *self._beside_the_cursor())

    def _beside_the_cursor(self) -> tuple[Offset, Region, Region, int, list[int]]:
        """Where the list of completions stands, as its `show` takes it."""
        at = self.cursor_screen_offset - Offset(self._prefix, 0)
        # The lines that say what state all is in and what the keys do are outside of its column.
        column = self.parent if isinstance(self.parent, Widget) else self
        pane, top = self.content_region, round(self.scroll_y)
        begin = pane.x + self.gutter_width - round(self.scroll_x)
        ends = [begin + cell_len(line.expandtabs()) for line in self.document.lines[top : top + pane.height]]
        return at, pane, column.region, 1 if self.signature_line.display else 0, ends

    def on_resize(self) -> None:
        # A new line makes the editor larger, which is known only after the answer to what was typed in it.
        self.call_after_refresh(self._follow_the_code)
        if self._is_helped:
            self.call_after_refresh(self.finding.stand)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self.call_after_refresh(self._follow_the_code)

    def _follow_the_code(self) -> None:
        """Put what stands beside the cursor where the cursor is now."""
        if not self._is_helped:
            return
        if self.signature_line.display:
            self.signature_line.stand(self._below_the_function(), self._whole_screen())
        self._move_the_list()

    def _move_the_list(self) -> None:
        """Put the list below the line about the call, which may have come or gone since the list did."""
        if self.completion_list.is_open:
            self.completion_list.stand(*self._beside_the_cursor())

    def _show_signature(self, place: Place) -> None:
        call = place.call
        if call is None or not self._ways:
            return
        from tui_torch.ui.lesson.editing.signature_text import pieces_of  # not imported at the launch

        pieces = pieces_of(self._ways, call.position, call.keyword)
        self.signature_line.show(pieces, self._below_the_function(), self._whole_screen())
        self._move_the_list()

    def _below_the_function(self) -> Offset:
        """Where the line about the call stands, as its `show` takes it."""
        cursor = self.cursor_screen_offset
        begin = self._function[1] if self._function is not None else 0
        # From the cursor back to where the function begins, if that is in its line.
        back = len(self.document.get_text_range((0, 0), self.cursor_location)) - begin
        x = cursor.x - min(back, self.cursor_location[1])
        return Offset(max(self.content_region.x, x), cursor.y)

    def _whole_screen(self) -> Offset:
        width, height = self.screen.size
        return Offset(width, height)

    def _forget_call(self) -> None:
        self._ways, self._function = (), None
        if self.signature_line.display:
            self.signature_line.hide()
            self._move_the_list()

    def _hide_help(self) -> None:
        if not self._is_helped:
            return
        self.completion_list.hide()
        self._forget_call()

    def _take(self, text: str) -> None:
        """Write a completion in place of what is typed of it, as one edit."""
        self.completion_list.hide()
        row, column = self.cursor_location
        self.history.checkpoint()
        self._typed = " "
        self.replace(text, (row, column - self._prefix), (row, column), maintain_selection_offset=False)
