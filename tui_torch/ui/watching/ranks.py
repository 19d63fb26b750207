"""The pane of the processes that train together: a line for each rank."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from tui_torch.drawing.charts.captions import value_text
from tui_torch.drawing.text.visible import visible
from tui_torch.ui.common.cut_text import cut
from tui_torch.ui.watching.listing_pane import ListingPane
from tui_torch.watching.ranks.findings import RankLine, RankNorms, RanksTogether
from tui_torch.watching.ranks.sentences import rank_events

MOST = 8
"""Maximum number of ranks that are shown; the others are counted."""
HEADING = ("rank", "step", "loss", "ms a step", "waiting", "own gradient", "averaged", "state")
"""`waiting` is a part of the step, in milliseconds; the two norms are of a batch's own gradients, and of their mean."""

RankRow = tuple[str, ...]


def rank_rows(lines: Sequence[RankLine], norms: RankNorms | None = None) -> list[RankRow]:
    """The heading and a row for each rank, without columns in which no rank has anything."""
    rows = [HEADING, *(_row(line, norms) for line in lines)]
    kept = [column for column in range(len(HEADING)) if any(row[column] for row in rows[1:])]
    return [tuple(row[column] for column in kept) for row in rows]


def _row(line: RankLine, norms: RankNorms | None) -> RankRow:
    own, averaged = (norms.own.get(line.rank), norms.averaged.get(line.rank)) if norms is not None else (None, None)
    return (
        str(line.rank),
        f"{line.step:,}",
        value_text(line.losses[0][1]) if line.losses else "",
        _milliseconds(line.seconds_per_step),
        _milliseconds(line.seconds_waiting),
        value_text(own) if own is not None else "",
        value_text(averaged) if averaged is not None else "",
        line.state,
    )


def _milliseconds(seconds: float | None) -> str:
    return "" if seconds is None else f"{1000 * seconds:.3g}"


class RanksPane(ListingPane):
    """A table with a line for each rank; hidden where one process trains."""

    def __init__(self, *, ascii_only: bool = False) -> None:
        super().__init__(ascii_only=ascii_only, is_absent=True)
        self._rows: list[RankRow] = []
        self._said: list[str] = []
        self._title = "Ranks"

    def show(self, ranks: RanksTogether) -> None:
        """Show a line for each rank, and below what only shows when they are compared."""
        norms = ranks.norms
        rows = rank_rows(ranks.lines, norms) if len(ranks.lines) > 1 else []
        self._title = "Ranks" if norms is None else f"Ranks, gradient norms of step {norms.step:,}"
        said = [event.sentence for event in rank_events(ranks)]
        if (rows, said) != (self._rows, self._said):
            self._rows, self._said = rows, said
            self.set_class(not rows, "-absent")
            self.refresh(layout=True)
        self.say_what_is_out_of_sight()

    @property
    def title(self) -> str:
        return self._title

    @property
    def line_count(self) -> int:
        return self.get_content_height(self.content_size, self.screen.size, self.content_size.width)

    @property
    def plain(self) -> str:
        """The table, a line for each rank, and what is said below it."""
        return "\n".join(["  ".join(filter(None, row)) for row in self._rows] + self._said)

    def render(self) -> Content:
        """The table, its numbers aligned at the right, and the sentences."""
        if not self._rows:
            return Content("")
        heading, *ranks = self._rows
        shown = ranks[:MOST]
        widths = [max(len(row[column]) for row in [heading, *shown]) for column in range(len(heading))]
        width = self.content_size.width or 80
        lines = [
            Content.styled(_aligned(heading, widths), "$text-muted"),
            *(Content(_aligned(row, widths)) for row in shown),
        ]
        if len(ranks) > MOST:
            lines.append(Content.styled(f"and {len(ranks) - MOST} more", "$text-muted"))
        lines = [cut(line, width, self._ascii_only) for line in lines]
        lines += [Content.styled(visible(sentence, self._ascii_only), "$text-warning") for sentence in self._said]
        return Content("\n").join(lines)


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = [text.rjust(width) for text, width in zip(row[:-1], widths, strict=False)]
    return "  ".join([*cells, row[-1]]).rstrip()
