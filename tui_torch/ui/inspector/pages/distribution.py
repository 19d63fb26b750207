"""The Distribution page: a histogram, the quantiles under it, and the numbers that describe it."""

from __future__ import annotations

from collections.abc import Iterator

from textual.content import Content

from tui_torch.drawing.text import histograms, numbers
from tui_torch.protocol.views import DistributionView, Request
from tui_torch.ui.inspector.page import MUTED, SPREAD, WARNING, DetailPage, labelled

_TALLEST = 10
_BESIDES = 6
"""Lines that the numbers take."""
_NAMES = {1: "1 %", 25: "25 %", 50: "median", 75: "75 %", 99: "99 %"}


class DistributionPage(DetailPage):
    """How the elements of a tensor are spread."""

    TITLE = "Distribution"

    def request(self) -> Request | None:
        if self.summary.change == "gone" or self.summary.numel < 2:
            return None
        return Request("distribution", self.summary.name)

    def lines(self, width: int) -> Iterator[Content]:
        tall = max(min(self.size.height - _BESIDES, _TALLEST), 3)
        if isinstance(self.view, DistributionView):
            yield from drawn(self.view, width, tall, self.ascii)
            return
        statistics = self.summary.statistics
        if self.summary.numel < 2:
            yield Content.styled("One number has no spread." if self.summary.numel else "No elements.", MUTED)
        elif statistics is not None and statistics.minimum is not None and statistics.maximum is not None:
            low, high = numbers.rounded(statistics.minimum), numbers.rounded(statistics.maximum)
            for line in histograms.bar_chart(statistics.histogram, low, high, width, tall, self.ascii):
                yield Content.styled(line, SPREAD)

    def on_resize(self) -> None:
        self.draw()


def drawn(view: DistributionView, width: int, tall: int, ascii: bool) -> Iterator[Content]:
    """The page for a width and a height of the bars."""
    if view.note:
        yield Content.styled(view.note, "$text-warning")
    if view.minimum is None or view.maximum is None:
        yield Content.styled("no finite element" if view.numel else "No elements.", MUTED)
    elif view.minimum == view.maximum:
        alike = "Every element" if not view.nan + view.inf else "Every finite element"
        yield Content(f"{alike} is {_number(view.minimum, view)}.")
    else:
        yield from _chart(view, view.minimum, view.maximum, width, tall, ascii)
    quantiles = [(_NAMES[percent], _number(number, view)) for percent, number in view.quantiles]
    if view.minimum != view.maximum:
        ends = [("min", _number(view.minimum, view)), *quantiles, ("max", _number(view.maximum, view))]
        yield from labelled(ends, width)
    moments = [("mean", _number(view.mean)), ("std", _number(view.std))]
    share = f"{view.zeros:,}" + (f" ({view.zeros / view.seen:.0%})" if view.zeros and view.seen else "")
    yield from labelled([(name, text) for name, text in [*moments, ("zeros", share)] if text], width)
    flaws = [f"{count:,} {name}" for name, count in (("NaN", view.nan), ("Inf", view.inf)) if count]
    if flaws:
        yield Content.assemble((f"{' and '.join(flaws)}!", WARNING), (" The figures leave them out.", MUTED))
    if view.seen < view.numel and view.note is None:
        yield Content.styled(f"from an even sample: {view.seen:,} of {view.numel:,} elements", MUTED)
    else:
        yield Content.styled(f"from {numbers.counted(view.seen, 'element')}, every one", MUTED)


def _number(value: float | None, view: DistributionView | None = None) -> str:
    if value is None:
        return ""
    if view is not None and view.whole and value.is_integer():
        return numbers.number(int(value))
    return numbers.rounded(value, 4)


def _chart(view: DistributionView, low: float, high: float, width: int, tall: int, ascii: bool) -> Iterator[Content]:
    counts = histograms.merged(view.histogram, max(width, 1))
    bars = histograms.bar_chart(counts, _number(low, view), _number(high, view), width, tall, ascii)
    if not bars:
        return
    peak = max(counts)
    for at, line in enumerate(bars[:-1]):
        beside = f" {peak:,}" if at == 0 and len(line) + len(f" {peak:,}") <= width else ""
        yield Content.styled(line, SPREAD) + Content.styled(beside, MUTED)
    quantiles = dict(view.quantiles)
    if len(quantiles) == len(_NAMES):
        yield Content.styled(box(quantiles, low, high, len(bars[0]), ascii), SPREAD)
    yield Content.styled(bars[-1], SPREAD)


def box(quantiles: dict[int, float], low: float, high: float, width: int, ascii: bool) -> str:
    """The quantiles as a line under the bars: `╶──├━━┿━━┤──╴`, from 1 % to 99 %, the middle half heavy, the median in
    it."""
    ends, line, left, heavy, middle, right = "--[=|]" if ascii else "╶─├━┿┤"
    places = {percent: round((number - low) / (high - low) * (width - 1)) for percent, number in quantiles.items()}
    marks = [" "] * width
    marks[places[1] : places[99] + 1] = line * (places[99] + 1 - places[1])
    marks[places[1]], marks[places[99]] = ends, "-" if ascii else "╴"
    marks[places[25] : places[75] + 1] = heavy * (places[75] + 1 - places[25])
    marks[places[25]], marks[places[75]] = left, right
    marks[places[50]] = middle
    return "".join(marks).rstrip()
