"""Which matrix of a tensor with more than two dimensions is shown, and how its index is written."""

from __future__ import annotations

from textual.content import Content

from tui_torch.ui.inspector.page import MUTED


class Slices:
    """An index along each dimension but the last ones; keys change the index along one of them."""

    def __init__(self) -> None:
        self.index: tuple[int, ...] = ()
        self.dimension = 0
        self.counts: tuple[int, ...] = ()

    def begin(self, counts: tuple[int, ...]) -> None:
        """Show the first of `counts` matrices along each dimension; the last of these dimensions is chosen."""
        self.counts = counts
        self.index = (0,) * len(counts)
        self.dimension = len(counts) - 1

    def stay(self, index: tuple[int, ...], counts: tuple[int, ...]) -> None:
        """Take over the index that is shown; where the dimensions are others, the last one is chosen."""
        if counts != self.counts:
            self.begin(counts)
        self.index = index

    @property
    def turning(self) -> int:
        """Number of dimensions along which there is more than one index."""
        return sum(count > 1 for count in self.counts)

    def step(self, by: int) -> bool:
        """Move along the chosen dimension, round at its ends. False without a dimension."""
        if not self.counts or self.counts[self.dimension] < 2:
            return bool(self.counts)
        moved = list(self.index)
        moved[self.dimension] = (moved[self.dimension] + by) % self.counts[self.dimension]
        self.index = tuple(moved)
        return True

    def turn(self, by: int) -> bool:
        """Choose another dimension, round at the last one. False without a dimension."""
        if self.counts:
            self.dimension = (self.dimension + by) % len(self.counts)
        return bool(self.counts)

    def written(self, rest: str, ascii: bool, page: str = "") -> Content:
        """The index as text, the chosen dimension in angle brackets: `[0, ‹2›, :, :]`; `rest` is `:, :`.

        With a `page`, the last dimension is that of pages, whose text follows: `[0, :, :, :]  ‹0–27 of 64›`.
        """
        before, after = ("<", ">") if ascii else ("‹", "›")

        def marked(at: int, text: str) -> Content:
            chosen = at == self.dimension
            return Content.styled(f"{before}{text}{after}", "bold") if chosen else Content(text)

        last = len(self.index) - 1
        parts: list[Content] = []
        if not page or last:
            parts.append(Content.styled("[", MUTED))
            for at, position in enumerate(self.index[:last] if page else self.index):
                parts += [marked(at, str(position)), Content.styled(", ", MUTED)]
            parts.append(Content.styled(f"{rest}]", MUTED))
        if page:
            parts += [Content("  " if last else ""), marked(last, page)]
        return Content("").join(parts)
