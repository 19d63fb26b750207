"""Which steps a chart shows: all of them, or some, standing still or following the newest."""

from __future__ import annotations

from dataclasses import dataclass, replace

LEAST = 4.0
"""Steps that a window spans at the least."""


@dataclass(frozen=True, slots=True)
class Extent:
    """The steps that there are to show."""

    first: float
    last: float

    @property
    def length(self) -> float:
        return max(self.last - self.first, 0.0)


@dataclass(frozen=True, slots=True)
class Window:
    """The part of a run that is looked at. It never leaves the run, and never shows less than can be told apart."""

    length: float | None = None
    """In steps; None: all there are."""
    end: float | None = None
    """Its last step; None: the newest, and it follows."""

    def on(self, extent: Extent) -> Extent:
        """The steps that it shows of those that there are."""
        if self.length is None or self.length >= extent.length:
            return extent
        last = extent.last if self.end is None else min(max(self.end, extent.first + self.length), extent.last)
        return Extent(last - self.length, last)

    def zoomed(self, factor: float, extent: Extent, *, about: float | None = None, least: float = LEAST) -> Window:
        """Show `factor` times as many steps around the step `about`; around the newest when that is in sight."""
        now = self.on(extent)
        length = max(now.length * factor, min(least, extent.length))
        if length >= extent.length:
            return Window()
        if about is None:
            about = now.last if now.last >= extent.last else now.first + now.length / 2
        about = min(max(about, now.first), now.last)
        share = (about - now.first) / now.length if now.length else 1.0
        return Window(length)._ending(about + length * (1 - share), extent)

    def panned(self, share: float, extent: Extent) -> Window:
        """Go on by a share of what is shown; back when it is negative."""
        now = self.on(extent)
        if now.length >= extent.length:
            return self
        return replace(self, length=now.length)._ending(now.last + share * now.length, extent)

    def holding(self, step: float, extent: Extent) -> Window:
        """The same window, moved as little as it takes to show the step."""
        now = self.on(extent)
        if now.length >= extent.length or now.first <= step <= now.last:
            return self
        return self._ending(step if step > now.last else step + now.length, extent)

    def _ending(self, end: float, extent: Extent) -> Window:
        assert self.length is not None
        if end >= extent.last:
            return Window(self.length)
        return Window(self.length, max(end, extent.first + self.length))
