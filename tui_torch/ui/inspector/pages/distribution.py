"""The Distribution page: a histogram, the quantiles under it, and the numbers that describe it."""

from __future__ import annotations

from collections.abc import Iterator

from textual.content import Content

from tui_torch.drawing.text import histograms, numbers, summaries
from tui_torch.protocol.orders import Request
from tui_torch.protocol.views import DistributionView
from tui_torch.ui.inspector.page import MUTED, SPREAD, WARNING, DetailPage, labelled

_MAX_BAR_ROWS = 10
_OTHER_ROWS = 6
"""Rows that the numbers take."""
_NAMES = {1: "1 %", 25: "25 %", 50: "median", 75: "75 %", 99: "99 %"}


class DistributionPage(DetailPage):
    """The histogram and the quantiles of a tensor's elements."""

    TITLE = "Distribution"

    def request(self) -> Request | None:
        if self.summary.change == "gone" or self.summary.numel < 2:
            return None
        return Request("distribution", self.summary.name)

    def lines(self, width: int) -> Iterator[Content]:
        tall = max(min(self.size.height - _OTHER_ROWS, _MAX_BAR_ROWS), 3)
        if isinstance(self.view, DistributionView):
            yield from distribution_lines(self.view, width, tall, self.ascii)
            return
        statistics = self.summary.statistics
        if self.summary.numel < 2:
            yield Content.styled("One number has no spread." if self.summary.numel else "No elements.", MUTED)
        elif statistics is not None and statistics.minimum is not None and statistics.maximum is not None:
            if statistics.minimum == statistics.maximum:
                whole, every = summaries.is_whole(self.summary), statistics.seen >= self.summary.numel
                yield alike(statistics.minimum, whole=whole, flawed=statistics.nan + statistics.inf, every=every)
                return
            low, high = numbers.rounded(statistics.minimum), numbers.rounded(statistics.maximum)
            for line in histograms.bar_chart(statistics.histogram, low, high, width, tall, self.ascii):
                yield Content.styled(line, SPREAD)
        else:
            yield from self.said_in_place()

    def on_resize(self) -> None:
        self.draw()


def alike(value: float, *, whole: bool, flawed: int, every: bool) -> Content:
    """The sentence on elements that are all the same.

    Args:
        value: What they are.
        whole: Whether they are integers.
        flawed: How many others are NaN or infinite.
        every: Whether every element was read.
    """
    which = f"{'finite ' * bool(flawed)}element{'' if every else ' that was read'}"
    return Content(f"Every {which} is {summaries.statistic_text(value, whole=whole)}.")


def distribution_lines(view: DistributionView, width: int, tall: int, ascii: bool) -> Iterator[Content]:
    """The lines of the page, with bars `tall` rows high."""
    if view.note:
        yield Content.styled(view.note, "$text-warning")
        if not view.seen:  # it says why
            return
    if view.minimum is None or view.maximum is None:
        yield Content.styled("no finite element" if view.numel else "No elements.", MUTED)
    elif view.minimum == view.maximum:
        yield alike(view.minimum, whole=view.whole, flawed=view.nan + view.inf, every=view.seen >= view.numel)
    else:
        yield from _chart(view, view.minimum, view.maximum, width, tall, ascii)
    quantiles = [
        (_NAMES[percent], summaries.statistic_text(number, whole=view.whole)) for percent, number in view.quantiles
    ]
    if view.minimum != view.maximum:
        ends = [
            ("min", summaries.statistic_text(view.minimum, whole=view.whole)),
            *quantiles,
            ("max", summaries.statistic_text(view.maximum, whole=view.whole)),
        ]
        yield from labelled(ends, width)
    moments = [("mean", summaries.statistic_text(view.mean)), ("std", summaries.statistic_text(view.std))]
    share = f"{view.zeros:,}" + (f" ({view.zeros / view.seen:.0%})" if view.zeros and view.seen else "")
    yield from labelled([(name, text) for name, text in [*moments, ("zeros", share)] if text], width)
    if flaws := summaries.counted_flaws(view.nan, view.inf):
        yield Content.assemble((flaws, WARNING), (" The figures leave them out.", MUTED))
    if view.seen < view.numel:
        yield Content.styled(f"from an even sample: {view.seen:,} of {view.numel:,} elements", MUTED)
    else:
        yield Content.styled(f"from {numbers.counted(view.seen, 'element')}, every one", MUTED)


def _chart(view: DistributionView, low: float, high: float, width: int, tall: int, ascii: bool) -> Iterator[Content]:
    counts = histograms.merged(view.histogram, max(width, 1))
    bars = histograms.bar_chart(
        counts,
        summaries.statistic_text(low, whole=view.whole),
        summaries.statistic_text(high, whole=view.whole),
        width,
        tall,
        ascii,
    )
    if not bars:
        return
    peak = max(counts)
    for at, line in enumerate(bars[:-1]):
        beside = f" {peak:,}" if at == 0 and len(line) + len(f" {peak:,}") <= width else ""
        yield Content.styled(line, SPREAD) + Content.styled(beside, MUTED)
    quantiles = dict(view.quantiles)
    if len(quantiles) == len(_NAMES):
        yield Content.styled(box_plot(quantiles, low, high, len(bars[0]), ascii), SPREAD)
    yield Content.styled(bars[-1], SPREAD)


def box_plot(quantiles: dict[int, float], low: float, high: float, width: int, ascii: bool) -> str:
    """A box plot under the bars, from 1 % to 99 %: `╶──├━━┿━━┤──╴`.

    Args:
        quantiles: The elements at 1, 25, 50, 75 and 99 %.
        low: The smallest element, in column 0.
        high: The largest element, in the last column.
        width: The number of columns.
        ascii: Draws with ASCII characters only.
    """
    ends, line, left, heavy, middle, right = "--[=|]" if ascii else "╶─├━┿┤"
    columns = {percent: round((number - low) / (high - low) * (width - 1)) for percent, number in quantiles.items()}
    marks = [" "] * width
    marks[columns[1] : columns[99] + 1] = line * (columns[99] + 1 - columns[1])
    marks[columns[1]], marks[columns[99]] = ends, "-" if ascii else "╴"
    marks[columns[25] : columns[75] + 1] = heavy * (columns[75] + 1 - columns[25])
    marks[columns[25]], marks[columns[75]] = left, right
    marks[columns[50]] = middle
    return "".join(marks).rstrip()
