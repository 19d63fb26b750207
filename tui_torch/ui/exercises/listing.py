"""The pane with all exercises and how each stands."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.widgets.option_list import Option

from tui_torch.drawing.text.visible import visible
from tui_torch.tutor.exercise_files.grading import ExerciseState
from tui_torch.ui.common.border_labels import label_border
from tui_torch.ui.common.more_lines import titled
from tui_torch.ui.common.selectable import SelectableOptions

_SIGNS: dict[ExerciseState, tuple[str, str, str]] = {
    "passes": ("✓", "+", "bold $text-success"),
    "fails": ("✗", "x", "bold $text-error"),
    "to do": ("○", "-", "$text-muted"),
}
"""The sign of each state, the same in ASCII, and its style."""


class ExerciseList(SelectableOptions):
    """Exercises by the names of their files, in their order; `enter` or a click chooses one."""

    DEFAULT_CSS = """
    ExerciseList {
        height: auto;
        min-height: 5;
        padding: 0 1;
        background: $background;
        border: round $border-blurred;
        border-title-color: $text-muted;
        border-title-style: none;
        scrollbar-size-vertical: 1;
        &:focus {
            border: round $border;
            border-title-color: $foreground;
            background-tint: transparent 0%;
        }
        &.-ascii { border: ascii $border-blurred; }
        &.-ascii:focus { border: ascii $border; }
    }
    """

    def __init__(self, names: Sequence[str], *, ascii_only: bool) -> None:
        super().__init__()
        self.set_class(ascii_only, "-ascii")
        self._ascii_only = ascii_only
        self._names = [visible(name, ascii_only) for name in names]
        self._shown: list[tuple[ExerciseState, bool]] = []
        self.border_title = "Exercises"

    def show(self, states: Sequence[ExerciseState], at: int) -> None:
        """Show how each stands, and which one is on show."""
        shown: list[tuple[ExerciseState, bool]] = [(state, number == at) for number, state in enumerate(states)]
        if shown == self._shown:
            return
        moved = [is_shown for _, is_shown in shown] != [is_shown for _, is_shown in self._shown]
        before, self._shown = self._shown, shown
        if before:
            for number, (old, new) in enumerate(zip(before, shown, strict=True)):
                if old != new:
                    self.replace_option_prompt_at_index(number, self._row(number))
        else:
            self.add_options([Option(self._row(number)) for number in range(len(shown))])
        if moved:
            self.highlighted = at

    @property
    def plain(self) -> str:
        """All rows, as text."""
        return "\n".join(self._row(number).plain for number in range(len(self._shown)))

    def _row(self, number: int) -> Content:
        state, is_shown = self._shown[number]
        sign, in_ascii, style = _SIGNS[state]
        name = Content.styled(self._names[number], "bold" if is_shown else "")
        return Content.assemble((in_ascii if self._ascii_only else sign, style), " ", name)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self._say_what_is_out_of_sight()

    def watch_virtual_size(self) -> None:
        self._say_what_is_out_of_sight()

    def on_resize(self) -> None:
        # The one on show stays in sight, whatever size the pane gets.
        self.call_after_refresh(self.scroll_to_highlight)
        self._say_what_is_out_of_sight()

    def _say_what_is_out_of_sight(self) -> None:
        above = self.scroll_offset.y
        below = max(0, self.virtual_size.height - above - self.scrollable_content_region.height)
        label_border(self, titled("Exercises", above, below, ascii_only=self._ascii_only), "")
