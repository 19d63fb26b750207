"""Which matrix of a tensor with more than two dimensions is looked at, and how that is written."""

from __future__ import annotations

from textual.content import Content

from tui_torch.ui.inspector.page import MUTED


class Slices:
    """An index along each dimension before the last ones, one of which the keys change."""

    def __init__(self) -> None:
        self.index: tuple[int, ...] = ()
        self.dimension = 0
        self.counts: tuple[int, ...] = ()

    def begin(self, counts: tuple[int, ...]) -> None:
        """Look at the first matrix of so many along each dimension; the last of these dimensions is chosen."""
        self.counts = counts
        self.index = (0,) * len(counts)
        self.dimension = len(counts) - 1

    def step(self, by: int) -> bool:
        """Go on along the chosen dimension, round at its end."""
        if not self.counts or self.counts[self.dimension] < 2:
            return bool(self.counts)
        moved = list(self.index)
        moved[self.dimension] = (moved[self.dimension] + by) % self.counts[self.dimension]
        self.index = tuple(moved)
        return True

    def turn(self, by: int) -> bool:
        """Choose another dimension, round at the last one."""
        if self.counts:
            self.dimension = (self.dimension + by) % len(self.counts)
        return bool(self.counts)

    def written(self, rest: str, ascii: bool) -> Content:
        """`[0, ‹2›, :, :]`: the index, the chosen dimension in pointed brackets."""
        before, after = ("<", ">") if ascii else ("‹", "›")
        parts = [Content.styled("[", MUTED)]
        for at, position in enumerate(self.index):
            chosen = at == self.dimension
            parts.append(Content.styled(f"{before}{position}{after}", "bold") if chosen else Content(str(position)))
            parts.append(Content.styled(", ", MUTED))
        return Content("").join([*parts, Content.styled(f"{rest}]", MUTED)])
