"""The tensors pane: every name of the namespace in a row, and the selected one in full below."""

from __future__ import annotations

from collections.abc import Sequence
from operator import is_
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from tui_torch.protocol.events import Inspection, Summary
from tui_torch.ui.common.border_labels import label_border
from tui_torch.ui.common.help_of_keys import HelpOfKeys
from tui_torch.ui.common.keys_in_order import LineInput, focus_at_once
from tui_torch.ui.common.selectable import SelectableOptions
from tui_torch.ui.inspector.arrangement import TOGETHER_FROM, RowsAndDetail, is_wide
from tui_torch.ui.inspector.legend import EMPTY, PANE_HELP, Legend
from tui_torch.ui.inspector.plotting import PlotsSelected
from tui_torch.ui.inspector.row_visuals import Header, RowVisual, Separator, scope_text
from tui_torch.ui.inspector.rows import ORDERS, KnownRows, RowTable, RowTexts, in_order, matches
from tui_torch.ui.inspector.scopes import with_newer
from tui_torch.ui.keys.declared import TENSORS
from tui_torch.ui.textual_internals import draw_options_again

if TYPE_CHECKING:
    from textual.layout import Layout

    from tui_torch.protocol.orders import Request
    from tui_torch.protocol.views import View
    from tui_torch.ui.inspector.detail import TensorDetail

_ROW_END = 1
"""Cells of padding at the end of a row."""

_FLASH_SECONDS = 0.6
"""How long the rows of shared memory that has changed stand out."""


class TensorInspector(PlotsSelected, HelpOfKeys, Widget):
    """The names of the namespace after a run, in rows, and the selected value in full.

    It shows inspections, and posts which value is selected and which views it needs.
    """

    HELP_OF_KEYS = PANE_HELP

    BINDINGS: ClassVar[list[BindingType]] = TENSORS.bindings()

    DEFAULT_CSS = """
    TensorInspector {
        layout: vertical;
        border: round $rule;
        border-title-color: $text-muted;
        border-subtitle-color: $text-muted;
        &:focus-within {
            border: round $border;
            border-title-color: $foreground;
        }
        &.-ascii { border: ascii $rule; }
        &.-ascii:focus-within { border: ascii $border; }

        & > Static { display: none; padding: 1 2; color: $text-muted; }
        & > .tensors--header { display: block; height: 1; padding: 0; }
        & > Input {
            display: none;
            height: 1;
            border: none;
            padding: 0 1;
            background: $row-ground;
            &:focus { border: none; }
            &.-open { display: block; }
        }
        &.-within > OptionList { max-height: 30%; }
        & > OptionList {
            max-height: 55%;
            border: none;
            padding: 0;
            background: transparent;
            text-wrap: nowrap;
            text-overflow: clip;
            scrollbar-size: 0 1;
            &:focus { border: none; background-tint: transparent; }
            & > .option-list--option { padding: 0 1 0 0; }
            & > .option-list--option-highlighted {
                color: $foreground;
                background: $row-ground;
                text-style: none;
            }
            &:focus > .option-list--option-highlighted {
                color: $foreground;
                background: $cursor-ground;
                text-style: none;
            }
            & > .option-list--option-disabled { color: $rule; }
        }
        &.-beside > OptionList, &.-beside.-within > OptionList { height: 1fr; max-height: 100%; }
        &.-beside > TensorDetail { border-left: solid $rule; padding-left: 1; }
        &.-ascii.-beside > TensorDetail { border-left: ascii $rule; }
        &.-empty > OptionList, &.-empty > TensorDetail, &.-empty > .tensors--header { display: none; }
        &.-empty > .tensors--empty { display: block; }
    }
    """

    def __init__(
        self, *, ascii_only: bool = False, name: str | None = None, id: str | None = None, classes: str | None = None
    ) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self.add_class("-empty").set_class(ascii_only, "-ascii")
        self.border_title = "Tensors"
        self._ascii = ascii_only
        self.inspection = self._scopes.inspection
        """What is shown of the namespace, or of a function's locals, whether or not a filter hides some of it."""
        self._said = ""
        """What the border says below: how many names there are, or that they are of a run in progress."""
        self._order = ORDERS[0]
        self._flashing: frozenset[str] = frozenset()
        self._flash_timer: Timer | None = None
        self._rows: dict[str, RowTexts] = {}
        """The rows by name, sorted and filtered, pinned expressions first."""
        self._known = KnownRows(ascii_only)
        self._selected: str | None = None
        self._chosen: str | None = None
        self._heights: list[int] = []
        """The number of lines of each row, as they were laid out last; empty while that is not known."""
        self._tables: dict[int, RowTable] = {}
        """The laid-out rows, by width."""
        self._before: dict[int, RowTable] = {}
        """Those that they took the place of while a loop runs."""
        self._filter = LineInput(placeholder="name, kind, dtype or change", select_on_focus=False)
        self._filter.can_focus = False
        self._list = SelectableOptions(markup=False)
        self._header = Header(self)
        self._legend = Legend(ascii_only=ascii_only)
        self._made_detail: TensorDetail | None = None
        self._arrangement = RowsAndDetail()

    def compose(self) -> ComposeResult:
        yield self._why_empty
        yield self._filter
        yield self._header
        yield self._list
        yield self._legend

    def prepare(self) -> None:
        """Create the detail ahead of the first value, which takes 50 ms."""
        assert self._detail is not None

    @property
    def _detail(self) -> TensorDetail:
        # The detail's pages and their styles would take a fifth of the time of the first frame.
        if self._made_detail is None:
            from tui_torch.ui.inspector.detail import TensorDetail

            self._made_detail = TensorDetail(ascii_only=self._ascii)
            self._use_room()
            self.mount(self._made_detail)
        return self._made_detail

    @property
    def layout(self) -> Layout:
        return self._arrangement

    def on_resize(self) -> None:
        self._use_room()
        self.call_after_refresh(self._list.scroll_to_highlight)

    def _use_room(self) -> None:
        """Put the detail beside the rows in a wide pane, with several pages in a high one."""
        wide = is_wide(self.size)
        self.set_class(wide, "-beside")
        if self._made_detail is None:
            return
        beside = self._made_detail if wide else None
        if beside is not self._arrangement.beside:
            self._arrangement.beside = beside
            self.refresh(layout=True)
        self._made_detail.give_room(several=wide and self.size.height >= TOGETHER_FROM)

    @property
    def selected(self) -> Summary | None:
        """The selected value; None if nothing is shown."""
        return None if self._selected is None else self._rows[self._selected].summary

    @property
    def in_full(self) -> TensorDetail | None:
        """The selected value in full, or what was opened in it; None if nothing is selected."""
        return None if self._selected is None else self._detail

    @property
    def chosen(self) -> str | None:
        """The name that the learner chose, which may be gone for the moment; None if they chose none."""
        return self._chosen

    def show(self, inspection: Inspection) -> None:
        """Show the namespace after a run.

        The selection stays on its name while that exists, and returns to the name that the learner chose.
        """
        self._scopes.namespace, self._invitation = inspection, ""
        self._show_scope()
        self._flash()

    def show_more(self, inspection: Inspection) -> None:
        """Show the inspection on show with more of it read."""
        self._scopes.namespace = inspection
        if self.frame is None:
            before, self.inspection = self.selected, inspection
            now = next(
                (s for s in (*inspection.pinned, *inspection.variables) if before and s.name == before.name), None
            )
            self._arrange(again=now != before)

    def show_live(self, summaries: Sequence[Summary]) -> None:
        """Show values in the middle of a run; the others stay as the last run left them."""
        if self.frame is not None:  # its variables come by themselves
            return
        self.inspection = with_newer(self.inspection, summaries)
        shown = {s.name for s in (*self.inspection.pinned, *self.inspection.variables)}
        read = {s.name for s in summaries}
        # The others may have been bound again since they were read.
        self._said = "live" if shown <= read else f"{len(shown & read)} of {len(shown)} live"
        self._arrange(live=True)

    def _show_scope(self, live: bool = False) -> None:
        self.inspection = self._scopes.inspection
        self._said = scope_text(self._scopes.frame, self.inspection, " - " if self._ascii else " · ")
        self._why_empty.say(self.why_empty)
        self._arrange(live=live)
        if not live:
            self.plot_again()

    def show_view(self, view: View | None, request: Request | None = None, absent: str = "") -> None:
        """Show the answer to a request, or to the last one; if there is none, say why it is `absent`."""
        asked = view.request if view is not None else request
        if asked is not None and asked.side == "plot":
            self.show_plot(view, absent)
        elif asked is None or self._scopes.is_shown(asked):
            plain = None if request is None else self._scopes.plain(request)
            self._detail.show_view(None if view is None else self._scopes.plain_view(view), plain, absent)

    def _arrange(self, again: bool = True, live: bool = False) -> None:
        """Sort, filter and lay out the rows; `again` if the values may have changed, `live` if a loop goes on."""
        inspection = self.inspection
        words = self._filter.value.lower().split()
        pinned = {s.name: self._known.row(s, True) for s in inspection.pinned if matches(s, words)}
        variables = (s for s in in_order(inspection.variables, self._order) if matches(s, words))
        rows = pinned | {s.name: self._known.row(s, False) for s in variables if s.name not in pinned}
        are_same = len(rows) == len(self._rows) and all(map(is_, rows.values(), self._rows.values()))
        if not are_same:
            self._rows = rows
            self._before = self._before | self._tables if live else {}
            self._tables = {}
        if not words:
            self._known.keep(rows.values())
        label_border(self, self._title(), self._said)
        self.set_class(not inspection.pinned and not inspection.variables, "-empty")
        self._keep_focus()
        before = self._selected
        name = self._name_to_select()
        if again or name != before:
            self._select(name)
        # Most runs leave most names as they were: hundreds of rows need not be measured, nor a dozen drawn again.
        if not are_same or name != before:
            self._fill()

    def _name_to_select(self) -> str | None:
        """What the learner chose; else what is selected, if it is a tensor; else the first tensor, or the first row."""
        first = next((name for name, row in self._rows.items() if row.is_tensor), None)
        before = self._selected if self._selected in self._rows else None
        if before is not None and first is not None and not self._rows[before].is_tensor:
            before = None
        return next((name for name in (self._chosen, before, first, *self._rows) if name in self._rows), None)

    def _title(self) -> str:
        frame = self._scopes.frame
        parts = ["Tensors" if frame is None else f"Locals of {frame.function}()"]
        if self._order != ORDERS[0]:
            parts.append(self._order)
        if self._filter.value.strip():
            parts.append(f"/{self._filter.value.strip()}")
        return (" - " if self._ascii else " · ").join(parts)

    def _flash(self) -> None:
        """Highlight the rows whose shared memory the run changed in place, for _FLASH_SECONDS."""
        self._end_flash()
        every = (*self.inspection.pinned, *self.inspection.variables)
        names = frozenset(s.name for s in every if s.shares and s.change == "changed in place")
        if not names or not self.is_mounted or self.app.animation_level == "none":
            return
        self._flashing = names
        self.add_class("-flash")
        self._redraw()
        self._flash_timer = self.set_timer(_FLASH_SECONDS, self._end_flash)

    def _end_flash(self) -> None:
        if self._flash_timer is not None:
            self._flash_timer.stop()
            self._flash_timer = None
            self._flashing = frozenset()
            self.remove_class("-flash")
            self._redraw()

    def point_at(self, name: str) -> None:
        """Select a name that is shown, unless the learner chose one; it does not count as their choice."""
        if self._chosen is None and name in self._rows and name != self._selected:
            self._select(name)
            with self.prevent(OptionList.OptionHighlighted):
                self._list.highlighted = self._list.get_option_index(name)
            self._redraw()

    def clear(self, invitation: str = EMPTY) -> None:
        """Return to the state before the first run, and say what is to be done for the first value."""
        self._chosen = None
        if self._made_detail is not None:
            self._made_detail.forget()
        self._scopes.forget()
        self.show(self._scopes.inspection)
        self._invitation = invitation
        self._why_empty.say(invitation)

    @property
    def is_empty(self) -> bool:
        """Whether no row is shown."""
        return self.has_class("-empty")

    def focus(self, scroll_visible: bool = True) -> TensorInspector:
        """Focus the list, for the pane as a whole."""
        focus_at_once(self._why_empty if self._why_empty.can_focus else self._list)
        return self

    def action_scroll_detail(self, direction: int) -> None:
        self._detail.scroll_page(direction)

    def action_slice(self, by: int) -> None:
        self._detail.step(by)

    def action_dimension(self, by: int) -> None:
        self._detail.turn(by)

    def action_page(self, by: int) -> None:
        self._detail.cycle(by)

    def action_page_number(self, number: int) -> None:
        self._detail.number(number)

    def action_switch(self) -> None:
        self._detail.switch()

    def action_sort(self) -> None:
        self._order = ORDERS[(ORDERS.index(self._order) + 1) % len(ORDERS)]
        self._arrange(again=False)

    def action_legend(self) -> None:
        self._legend.toggle()
        self.screen.refresh_bindings()

    action_close_legend = action_legend

    @property
    def shows_legend(self) -> bool:
        """Whether the legend stands below the rows, and no filter is typed, which `escape` is for first."""
        return self._legend.is_shown and not self._filter.has_focus

    def action_filter(self) -> None:
        self._filter.add_class("-open")
        self._filter.can_focus = True
        focus_at_once(self._filter)

    def action_unfilter(self) -> None:
        self._filter.value = ""
        self._close_filter()

    def _close_filter(self) -> None:
        typing = self._filter.has_focus
        self._filter.remove_class("-open")
        self._filter.can_focus = False
        if typing:
            focus_at_once(self._list)

    @property
    def is_filtered(self) -> bool:
        """Whether a filter is being typed, or hides some of the rows."""
        return self._filter.has_focus or bool(self._filter.value)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return TENSORS.works(action, self)

    @on(Input.Changed)
    def _filtered(self, event: Input.Changed) -> None:
        event.stop()
        # A whole name selects its row, even if other rows contain it, too.
        inspection, typed = self.inspection, event.value.strip()
        if any(summary.name == typed for summary in (*inspection.pinned, *inspection.variables)):
            self._chosen = typed
        self._arrange(again=False)

    @on(Input.Submitted)
    def _filter_set(self, event: Input.Submitted) -> None:
        event.stop()
        self._close_filter()

    def on_tensor_detail_request_changed(self, event: TensorDetail.RequestChanged) -> None:
        event.stop()
        self.post_message(self.ViewRequested(self._scopes.addressed(event.request)))

    def on_tensor_detail_exited(self, event: TensorDetail.Exited) -> None:
        event.stop()
        focus_at_once(self._list)

    def on_descendant_focus(self) -> None:
        # The detail is larger while it has the focus.
        self.set_class(self._made_detail is not None and self._made_detail.has_focus, "-within")

    @on(OptionList.OptionHighlighted)
    def _follow(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        # The list may have moved, or been filled again, since it posted this.
        option = self._list.highlighted_option
        if option is None or option.id not in self._rows or option.id == self._selected:
            return
        self._chosen = option.id
        self._select(option.id)
        self._redraw()

    @on(OptionList.OptionSelected)
    def _go_into(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self._detail.enter()

    def _select(self, name: str | None) -> None:
        before, self._selected = self._selected, name
        if name is None:
            return
        summary = self._rows[name].summary
        self._detail.show(summary)
        if name != before:
            self.post_message(self.Selected(summary))

    def _fill(self) -> None:
        names: list[str | None] = list(self._rows)
        pinned = sum(row.pinned for row in self._rows.values())
        if 0 < pinned < len(names):
            names.insert(pinned, None)
        with self.prevent(OptionList.OptionHighlighted):
            has_same = [option.id for option in self._list.options] == names
            is_as_high = has_same and self._redraw()  # the list keeps its scroll position
            if not has_same:
                self._heights = []
                self._list.set_options(
                    Option(Separator(self._ascii), disabled=True)
                    if name is None
                    else Option(RowVisual(self, name), id=name)
                    for name in names
                )
            self._list.highlighted = None if self._selected is None else self._list.get_option_index(self._selected)
        self._header.redraw(are_as_before=is_as_high)

    def _redraw(self) -> bool:
        """Draw the rows again; whether they are as high as before."""
        width = self._list.scrollable_content_region.width - _ROW_END
        heights = [self.line_height(name, width) for name in self._rows] if width > 0 else []
        is_as_high = bool(heights) and heights == self._heights
        if is_as_high:
            # A layout is of the whole screen, and most runs leave the rows that there were.
            draw_options_again(self._list)
        elif self._selected is not None:
            # One new prompt makes the list draw and measure all of them again.
            self._list.replace_option_prompt(self._selected, RowVisual(self, self._selected))
            self._list.refresh(layout=True)
        self._heights = heights
        return is_as_high

    def header(self) -> Content:
        """The names of the columns, for the width that the rows have."""
        width = self._list.scrollable_content_region.width - _ROW_END
        return self._table(width).header() if self._rows and width > 0 else Content()

    def line(self, name: str, width: int) -> Content:
        """The row of a name that is shown, in one or two lines."""
        return self._table(width).line(self._rows[name], name == self._selected)

    def flashes(self, name: str) -> bool:
        """Whether a row is highlighted at the moment."""
        return name in self._flashing

    def line_height(self, name: str, width: int) -> int:
        """The number of lines of that row."""
        return self._table(width).height(self._rows[name])

    def _table(self, width: int) -> RowTable:
        if width not in self._tables:
            self._tables[width] = RowTable(list(self._rows.values()), width, self._ascii, self._before.get(width))
        return self._tables[width]
