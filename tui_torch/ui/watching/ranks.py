"""The pane of the processes that train together: a line for each rank."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.widget import Widget

from tui_torch.drawing.charts.captions import value_text
from tui_torch.ui.common.cut_text import cut
from tui_torch.watching.record_reader import RecordReader

MOST = 8
"""Maximum number of ranks that are shown; the others are counted."""
HEADING = ("rank", "step", "loss", "ms a step", "state")


def rank_rows(records: Sequence[RecordReader]) -> list[tuple[str, ...]]:
    """A row for each process, by rank: rank, step, loss, milliseconds a step, and how it stands."""
    ordered = sorted(records, key=lambda record: (_rank(record), record.begun.began if record.begun else 0.0))
    return [_row(record) for record in ordered]


def _rank(record: RecordReader) -> int:
    return -1 if record.begun is None or record.begun.rank is None else record.begun.rank


def _row(record: RecordReader) -> tuple[str, ...]:
    begun = record.begun
    assert begun is not None
    rank = str(begun.rank) if begun.rank is not None else f"pid {begun.pid}"
    losses = [kept.last for (kind, _), kept in record.series.items() if kind == "loss" and kept.last is not None]
    took = record.seconds_per_step()
    state = "failed" if record.failed is not None else "ended" if record.ended is not None else ""
    return (
        rank,
        f"{record.step:,}",
        value_text(losses[0][1]) if losses else "",
        f"{1000 * took:.4g}" if took else "",
        state,
    )


class RanksPane(Widget):
    """A table with a line for each rank; hidden where one process trains."""

    ALLOW_SELECT = False

    DEFAULT_CSS = """
    RanksPane {
        height: auto;
        padding: 0 1;
        background: $background;
        border: round $border-blurred;
        border-title-color: $text-muted;
        border-title-style: none;
        &.-ascii { border: ascii $border-blurred; }
        &.-absent { display: none; }
    }
    """

    def __init__(self, *, ascii_only: bool = False) -> None:
        super().__init__(classes="-absent -ascii" if ascii_only else "-absent")
        self._ascii_only = ascii_only
        self._rows: list[tuple[str, ...]] = []
        self._said: tuple[str, ...] = ()
        self.border_title = "Ranks"

    def show(self, rows: list[tuple[str, ...]], said: Sequence[str] = ()) -> None:
        """Show the rows of `rank_rows`, and below them what only shows across ranks; none hides the pane."""
        if (rows, tuple(said)) != (self._rows, self._said):
            taller = len(rows) != len(self._rows) or len(said) != len(self._said)
            self._rows, self._said = rows, tuple(said)
            self.set_class(len(rows) < 2, "-absent")
            self.refresh(layout=taller)

    @property
    def plain(self) -> str:
        """The table, a line for each rank."""
        return "\n".join("  ".join(filter(None, row)) for row in [HEADING, *self._rows])

    def render(self) -> Content:
        """The table, its numbers aligned at the right."""
        shown = self._rows[:MOST]
        widths = [max(len(row[column]) for row in [HEADING, *shown]) for column in range(len(HEADING))]
        lines = [Content.styled(_aligned(HEADING, widths), "$text-muted")]
        lines += [Content(_aligned(row, widths)) for row in shown]
        if len(self._rows) > MOST:
            lines.append(Content.styled(f"and {len(self._rows) - MOST} more", "$text-muted"))
        lines += [Content.styled(sentence, "$text-warning") for sentence in self._said]
        width = self.content_size.width or 80
        return Content("\n").join(cut(line, width, self._ascii_only) for line in lines)


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = [text.rjust(width) for text, width in zip(row[:-1], widths, strict=False)]
    return "  ".join([*cells, row[-1]]).rstrip()
