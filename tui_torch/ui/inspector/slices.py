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

    def written(self, rest: str, ascii: bool) -> Content:
        """The index as text, the chosen dimension in angle brackets: `[0, ‹2›, :, :]`; `rest` is `:, :`."""
        before, after = ("<", ">") if ascii else ("‹", "›")
        parts = [Content.styled("[", MUTED)]
        for at, position in enumerate(self.index):
            chosen = at == self.dimension
            parts.append(Content.styled(f"{before}{position}{after}", "bold") if chosen else Content(str(position)))
            parts.append(Content.styled(", ", MUTED))
        return Content("").join([*parts, Content.styled(f"{rest}]", MUTED)])
