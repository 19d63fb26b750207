"""The column of a step's text, choices, code and output: each is as high as what it holds, as far as there is room."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from textual.containers import Container
from textual.geometry import NULL_OFFSET, Region
from textual.layout import ArrangeResult, Layout, WidgetPlacement

if TYPE_CHECKING:
    from textual.geometry import Size
    from textual.widget import Widget


class Wish(NamedTuple):
    """How many rows a pane wants of its column."""

    wanted: int
    """Rows that show all that it holds."""
    least: int
    """Rows below which it shows too little to be of use."""
    weight: int
    """How much it counts beside the others where there is too little for all; above 0."""


def heights(rows: int, wishes: Sequence[Wish]) -> list[int]:
    """Share rows out among panes, above each other.

    Nobody gets more than it wants. Where there is too little for all, each has its least, and the next row goes to the
    pane that has the fewest for its weight. Where there is too little even for that, the largest gives first.
    """
    given = [min(wish.wanted, wish.least) for wish in wishes]
    left = rows - sum(given)
    while left < 0 and any(given):
        largest = max(range(len(given)), key=lambda at: given[at])
        given[largest] -= 1
        left += 1
    while left > 0:
        wanting = [at for at, wish in enumerate(wishes) if given[at] < wish.wanted]
        if not wanting:
            break
        given[min(wanting, key=lambda at: given[at] / wishes[at].weight)] += 1
        left -= 1
    return given


class ByContent(Layout):
    """Children above each other, as high as `heights()` makes them; what is left over goes to one, or stays empty."""

    name = "by-content"

    def arrange(self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True) -> ArrangeResult:
        assert isinstance(parent, LessonColumn)
        parent.pre_layout(self)
        viewport = parent.app.viewport_size
        given = heights(size.height, [parent.wish(child, size, viewport) for child in children])
        rest = size.height - sum(given)
        placements: ArrangeResult = []
        y = 0
        for child, height in zip(children, given, strict=True):
            # A pane that fills the screen is alone, or below a list that stays.
            takes_all = len(children) == 1 or child.has_class("-zoom")
            high = height + (rest if child is parent.takes_the_rest or takes_all else 0)
            region = Region(0, y, size.width, high)
            placements.append(WidgetPlacement(region, NULL_OFFSET, child.styles.margin, child, 0, False, False, False))
            y += high
        return placements


class LessonColumn(Container):
    """A column whose panes share its rows by what they hold.

    A pane's `min-height` is its least, and it has to have `height: auto`, so that its column is laid out again when it
    holds more or less.
    """

    DEFAULT_CSS = """
    LessonColumn { height: 1fr; }
    """

    takes_the_rest: Widget | None = None
    """The pane that gets the rows that nobody wants."""

    def __init__(self, *panes: Widget, weights: dict[Widget, tuple[int, int]], id: str | None = None) -> None:
        """`weights`: of each pane, without the focus and with it."""
        super().__init__(*panes, id=id)
        self._weights = weights
        self._by_content = ByContent()

    @property
    def layout(self) -> Layout:
        # `styles.layout` takes only the layouts that Textual has names for.
        return self._by_content

    def wish(self, pane: Widget, size: Size, viewport: Size) -> Wish:
        """How high a pane wants to be in a column of that size."""
        gutter = pane.gutter
        width = size.width - gutter.width
        least = pane.styles.min_height
        blurred, focused = self._weights[pane]
        return Wish(
            wanted=pane.get_content_height(size, viewport, width) + pane.styles.gutter.height,
            least=int(least.value) if least is not None else 1,
            weight=focused if pane.has_focus_within else blurred,
        )

    def on_descendant_focus(self) -> None:
        self._weigh_again()

    def on_descendant_blur(self) -> None:
        self._weigh_again()

    def _weigh_again(self) -> None:
        for pane, (blurred, focused) in self._weights.items():
            if blurred != focused:
                # A widget that is laid out again forgets how its ancestors were arranged, and not how it was itself.
                pane.refresh(layout=True)
