"""A list with headings, narrowed down by words that are typed, and what there is to say of the entry that is chosen."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from tui_torch.ui.common.key_bar import KeyBar
from tui_torch.ui.common.keys_in_order import LineInput, focus_at_once
from tui_torch.ui.common.selectable import SelectableOptions
from tui_torch.ui.keys.table import KeyTable
from tui_torch.ui.screens.closes_once import ClosesOnce


class FilteredList(ClosesOnce, ModalScreen[str | None]):
    """Its result is that of the chosen entry, or None to go back."""

    AUTO_FOCUS = "OptionList"

    KEYS: ClassVar[KeyTable[Any]]
    """The table that its bindings are from."""

    class SelectAsked(Message):
        """A key asks for the entry that is highlighted. It takes the way of the keys before it."""

    def __init__(self, placeholder: str, *, ascii_only: bool = False) -> None:
        """`placeholder` says what an entry is found by."""
        super().__init__()
        self.ascii_only = ascii_only
        self._filter = LineInput(placeholder=placeholder, compact=True)
        self._filter.display = False

    @abstractmethod
    def groups(self) -> list[tuple[str, list[Option]]]:
        """(heading, entries) for each group of those that are left; a group without entries is not shown."""

    @abstractmethod
    def about(self, entry: str) -> Content:
        """What there is to say of an entry, by its id."""

    def compose(self) -> ComposeResult:
        with Vertical(classes="filtered-list"):
            yield self._filter
            yield SelectableOptions(*self._options())
            yield from self.other_views()
            yield Static(id="summary")
        yield KeyBar()

    def other_views(self) -> Iterable[Widget]:
        """What else shows the entries, below the list and above what there is to say of one."""
        return ()

    def action_filter(self) -> None:
        """Let the learner type what an entry has to have."""
        self._filter.display = True
        focus_at_once(self._filter)

    def action_leave(self) -> None:
        """Show all entries again; with all of them, close the list."""
        if not self._filter.display:
            self.dismiss(None)
            return
        self._filter.value = ""
        self._filter.display = False
        focus_at_once(self.query_one(OptionList))

    def action_move(self, by: int) -> None:
        """Move among the entries that are left, from where what they have is typed."""
        options = self.query_one(OptionList)
        options.action_cursor_down() if by > 0 else options.action_cursor_up()

    @property
    def types_text(self) -> bool:
        """Whether letters are text."""
        return self._filter.has_focus

    @property
    def is_filtered(self) -> bool:
        """Whether there is a field for what the entries have to have."""
        return bool(self._filter.display)

    @property
    def typed(self) -> list[str]:
        """The words that an entry has to have, in small letters."""
        return self._filter.value.lower().split()

    def has_typed(self, *texts: str) -> bool:
        """Whether every word that was typed is in one of the texts."""
        text = " ".join(texts).lower()
        return all(word in text for word in self.typed)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self.KEYS.works(action, self)

    @property
    def highlighted(self) -> str | None:
        """The id of the entry under the cursor; None where nothing is left."""
        option = self.query_one(OptionList).highlighted_option
        return option.id if option is not None else None

    @on(Input.Changed)
    def _show_what_is_left(self) -> None:
        options = self.query_one(OptionList)
        before = options.highlighted_option
        options.set_options(self._options())
        left = [at for at, option in enumerate(options.options) if not option.disabled]
        same = [at for at in left if before is not None and options.options[at].id == before.id]
        options.highlighted = next(iter(same or left), None)

    def _options(self) -> list[Option]:
        options: list[Option] = []
        for title, entries in self.groups():
            if entries:
                heading = Content.assemble("\n" if options else "", (title, "bold $primary"))
                options += [Option(heading, disabled=True), *entries]
        return options or [Option(self.NOTHING_LEFT, disabled=True)]

    NOTHING_LEFT: ClassVar[str]
    """What is shown where no entry has the words."""

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        self._say_about(event.option_id or "")

    def _say_about(self, entry: str) -> None:
        self.query_one("#summary", Static).update(self.about(entry))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self.result_of(event.option_id or ""))

    def result_of(self, entry: str) -> str:
        """The result of the screen when an entry, by its id, is chosen."""
        return entry

    def action_select(self) -> None:
        # The key's binding has priority, and overtakes the letters before it, which narrow the list down.
        (self.focused or self).post_message(self.SelectAsked())

    @on(SelectAsked)
    def _select_in_turn(self, message: SelectAsked) -> None:
        message.stop()
        self.app.call_later(self._filter.call_later, self._select)

    def _select(self) -> None:
        if self.is_attached:
            if self._filter.value:
                self._show_what_is_left()
            self.query_one(OptionList).action_select()
