"""Everything that is known about one value: what it is, where its gradient is, its numbers and how they are spread."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.css.styles import RulesMap
from textual.strip import Strip
from textual.style import Style
from textual.visual import RenderOptions, Visual
from textual.widgets import Static

from tui_torch.kernel.events import ParameterSummary, Statistics, Summary
from tui_torch.tutor import figures

MUTED = "$foreground-muted"
GRADIENT = "$text-accent"
SPREAD = "$text-primary"
WARNING = "bold $text-error"

_CHART_ROWS = 3
_AIRY = 60
"""Columns from which on blank lines set the figures apart: a narrow pane is a low one, too."""
_BESIDE = 4
"""Columns between two figures that stand beside each other."""


class Fitted(Visual):
    """Text that is laid out for the width in which it is drawn, whichever that turns out to be."""

    @abstractmethod
    def at(self, width: int) -> Content:
        """The text for a width in cells."""

    def render_strips(self, width: int, height: int | None, style: Style, options: RenderOptions) -> list[Strip]:
        return self.at(width).render_strips(width, height, style, options)

    def get_optimal_width(self, rules: RulesMap, container_width: int) -> int:
        return container_width

    def get_height(self, rules: RulesMap, width: int) -> int:
        return self.at(width).get_height(rules, width)


class TensorDetail(VerticalScroll, can_focus=False):
    """One value in full, under a rule that carries its name. It scrolls; the pane around it has the keys for that."""

    DEFAULT_CSS = """
    TensorDetail {
        height: 1fr;
        padding: 0 0 0 1;
        border-top: solid $foreground 20%;
        border-title-color: $foreground;
        border-title-style: bold;
        scrollbar-size: 0 1;
        scrollbar-gutter: stable;
        &.-ascii { border-top: ascii $foreground 20%; }
        & > Static { height: auto; }
    }
    """

    def __init__(self, *, ascii_only: bool = False) -> None:
        super().__init__(classes="-ascii" if ascii_only else None)
        self._ascii = ascii_only
        self._shown: str | None = None
        self._text = Static()

    def compose(self) -> ComposeResult:
        yield self._text

    def show(self, summary: Summary) -> None:
        """Show this value, from its beginning unless it is another state of the one on show."""
        if summary.name != self._shown:
            self.scroll_home(animate=False)
        self._shown = summary.name
        self.border_title = Content(f"{summary.name} ")
        self._text.update(_Detail(summary, self._ascii))


class _Detail(Fitted):
    """A value in full, as a visual."""

    def __init__(self, summary: Summary, ascii: bool) -> None:
        self._summary = summary
        self._ascii = ascii

    def at(self, width: int) -> Content:
        return Content("\n").join(detail(self._summary, width, self._ascii))


def detail(summary: Summary, width: int, ascii: bool = False) -> Iterator[Content]:
    """A value in full as lines of at most `width` cells (sentences may be longer: they wrap)."""
    separator = " - " if ascii else " · "
    if summary.change == "gone":
        yield Content.styled("The last run deleted this name. What it held before:", "$text-warning")
    if summary.note:
        yield Content.styled(summary.note, "$text-warning")
    match summary.kind:
        case "value":
            yield from _value(summary)
        case "module":
            yield from _module(summary, width, ascii, separator)
        case _:
            yield from _tensor(summary, width, ascii, separator)


def _value(summary: Summary) -> Iterator[Content]:
    if summary.type:
        yield Content.styled(summary.type, MUTED)
    if summary.text:
        yield Content(summary.text)


def _tensor(summary: Summary, width: int, ascii: bool, separator: str) -> Iterator[Content]:
    yield from _facts(summary, width, separator)
    if summary.kind != "array":
        yield _autograd(summary, separator)
    statistics = summary.statistics
    scalar = summary.shape == ()
    if statistics is not None and not scalar:
        yield from _statistics(summary, statistics, width)
    if statistics is not None:
        yield from _flaws(statistics)
    values = _figure("value" if scalar else "values", figures.values_grid(summary, width, ascii))
    gradient = _gradient(summary, width, ascii)
    chart: list[Content] = []
    if statistics is not None and summary.numel > 1:
        chart = _figure("distribution", _chart(statistics, width, ascii), SPREAD)
    yield from _arranged([figure for figure in (values, gradient, chart) if figure], width)


def _facts(summary: Summary, width: int, separator: str) -> Iterator[Content]:
    shape = "" if summary.shape is None else figures.shape_text(summary.shape)
    dtype = " ".join(filter(None, (summary.dtype, f"on {summary.device}" if summary.device else "")))
    count = "" if summary.shape == () else figures.counted(summary.numel, "element")
    yield from _flowing(filter(None, (summary.type, shape, dtype, count)), width, separator)


def _flowing(parts: Iterator[str] | Sequence[str], width: int, separator: str, style: str = "") -> Iterator[Content]:
    """Parts after each other, as many on a line as it holds."""
    line = ""
    for part in parts:
        longer = f"{line}{separator}{part}" if line else part
        if line and Content(longer).cell_length > width:
            yield Content.styled(line, style)
            longer = part
        line = longer
    if line:
        yield Content.styled(line, style)


def _autograd(summary: Summary, separator: str) -> Content:
    """Where this tensor stands in the graph, and what that means for its gradient."""
    origin = "leaf" if summary.is_leaf else f"from {summary.grad_fn or 'an operation'}"
    if not summary.requires_grad:
        return Content.styled(f"{origin}{separator}does not require grad", MUTED)
    parts: list[tuple[str, str]] = [("requires grad", GRADIENT), (f"{separator}{origin}", "")]
    if summary.gradient is None:
        absent = "no gradient yet" if summary.is_leaf else "gradient not kept"
        parts.append((f"{separator}{absent}", MUTED))
    return Content.assemble(*parts)


def _statistics(summary: Summary, statistics: Statistics, width: int) -> Iterator[Content]:
    whole = summary.dtype is not None and not summary.dtype.startswith(("float", "bfloat", "complex"))
    named = (
        ("min", _bound(statistics.minimum, whole)),
        ("max", _bound(statistics.maximum, whole)),
        ("mean", _bound(statistics.mean)),
        ("std", _bound(statistics.std)),
        ("zeros", f"{statistics.zeros:,}" if statistics.zeros else ""),
    )
    yield from _labelled([(name, text) for name, text in named if text], width)
    # A note says why fewer elements than the shape has were there to be read, as in a sparse tensor.
    if statistics.seen < summary.numel and summary.note is None:
        yield Content.styled(f"from a sample of {statistics.seen:,}", MUTED)


def _bound(value: float | None, whole: bool = False) -> str:
    if value is None:
        return ""
    return figures.number(int(value)) if whole and value.is_integer() else figures.rounded(value, 4)


def _labelled(named: Sequence[tuple[str, str]], width: int) -> Iterator[Content]:
    line = Content()
    for name, text in named:
        pair = Content.assemble((f"{name} ", MUTED), text)
        if line and line.cell_length + 2 + pair.cell_length > width:
            yield line
            line = Content()
        line = Content.assemble(line, "  ", pair) if line else pair
    if line:
        yield line


def _flaws(statistics: Statistics) -> Iterator[Content]:
    counts = [f"{count:,} {name}" for count, name in ((statistics.nan, "NaN"), (statistics.inf, "Inf")) if count]
    if counts:
        apart = "" if statistics.minimum is None else " The statistics leave them out."
        yield Content.assemble((f"{' and '.join(counts)}!", WARNING), (apart, MUTED))


def _gradient(summary: Summary, width: int, ascii: bool) -> list[Content]:
    gradient = summary.gradient
    if gradient is None:
        return []
    lines = figures.values_grid(gradient, width, ascii)
    statistics = gradient.statistics
    if not lines and statistics is not None:
        lines = [figures.extent(statistics, ascii).replace("x", "grad", 1), figures.moments(statistics, ascii)]
        lines.append(figures.distribution(statistics.histogram, ascii))
    drawn = _figure("gradient", [line for line in lines if line], GRADIENT)
    if gradient.shape != () and (flaw := figures.flaws(statistics)):
        drawn.append(Content.styled(flaw, WARNING))
    return drawn or _figure("gradient", [gradient.note or figures.shape_text(gradient.shape or ())], GRADIENT)


def _chart(statistics: Statistics, width: int, ascii: bool) -> list[str]:
    if statistics.minimum is None or statistics.maximum is None or statistics.minimum == statistics.maximum:
        return []
    low, high = figures.rounded(statistics.minimum), figures.rounded(statistics.maximum)
    return figures.distribution_chart(statistics.histogram, low, high, width, _CHART_ROWS, ascii)


def _figure(title: str, lines: Sequence[str], style: str = "") -> list[Content]:
    return [Content.styled(title, MUTED), *(Content.styled(line, style) for line in lines)] if lines else []


def _arranged(blocks: Sequence[list[Content]], width: int) -> Iterator[Content]:
    """Figures beside each other as long as the width allows, in rows below each other."""
    rows: list[list[list[Content]]] = []
    for block in blocks:
        needed = sum(_breadth(other) + _BESIDE for other in (rows[-1] if rows else [])) + _breadth(block)
        if rows and needed <= width:
            rows[-1].append(block)
        else:
            rows.append([block])
    for row in rows:
        if width >= _AIRY:
            yield Content()
        for at in range(max(map(len, row))):
            line = Content()
            for block in row:
                cell = block[at] if at < len(block) else Content()
                line = line + cell.pad_right(_breadth(block) + _BESIDE - cell.cell_length)
            yield line.rstrip()


def _breadth(block: Sequence[Content]) -> int:
    return max(line.cell_length for line in block)


def _module(summary: Summary, width: int, ascii: bool, separator: str) -> Iterator[Content]:
    total = figures.counted(summary.numel, "parameter")
    yield from _flowing([part for part in (summary.text or summary.type, total) if part], width, separator)
    if summary.parameters:
        if width >= _AIRY:
            yield Content()
        yield from _table(summary.parameters, width, ascii)
    if more := figures.parameters_left_out(summary):
        yield Content.styled(f"and {figures.counted(more, 'parameter')} in tensors that are not listed", MUTED)


def _table(parameters: Sequence[ParameterSummary], width: int, ascii: bool) -> Iterator[Content]:
    none = "-" if ascii else "–"
    norms = figures.aligned([none if p.norm is None else p.norm for p in parameters])
    gradients = figures.aligned([none if p.gradient_norm is None else p.gradient_norm for p in parameters])
    shapes = [figures.shape_text(parameter.shape) for parameter in parameters]
    trainable = ["trainable" if parameter.trainable else "frozen" for parameter in parameters]
    others = [
        _column("shape", shapes, MUTED),
        _column("", trainable, MUTED),
        _column("norm", norms),
        _column("grad norm", gradients, GRADIENT),
    ]
    room = width - sum(_breadth(column) + 2 for column in others)
    if room < 8:
        # The shape goes first: the list above has the module's, and norms are what training changes.
        others = others[2:]
        room = width - sum(_breadth(column) + 2 for column in others)
    names = [figures.clipped(parameter.name, max(room, 8), ascii) for parameter in parameters]
    for cells in zip(_column("parameter", names), *others, strict=True):
        yield Content("  ").join(cells).rstrip()


def _column(title: str, texts: Sequence[str], style: str = "") -> list[Content]:
    lines = [Content.styled(title, MUTED), *(Content.styled(text, style) for text in texts)]
    breadth = _breadth(lines)
    return [line.pad_right(breadth - line.cell_length) for line in lines]
