"""Which steps a chart shows: all, or a part that stands still or follows the newest step."""

from __future__ import annotations

from dataclasses import replace

from tui_torch.protocol.late_dataclass import dataclass

MINIMUM_LENGTH = 4.0
"""Minimum length of a zoomed window, in steps."""


@dataclass(frozen=True, slots=True)
class StepRange:
    """The steps from `first` to `last`, both included."""

    first: float
    last: float

    @property
    def length(self) -> float:
        """The steps between the first and the last; 0 for a single step."""
        return max(self.last - self.first, 0.0)


@dataclass(frozen=True, slots=True)
class StepWindow:
    """The part of a run that is shown. It always lies within the run."""

    length: float | None = None
    """In steps; None for the whole run."""
    end: float | None = None
    """The last step shown; None to follow the newest."""

    def on(self, whole: StepRange) -> StepRange:
        """The steps that the window shows of `whole`."""
        if self.length is None or self.length >= whole.length:
            return whole
        last = whole.last if self.end is None else min(max(self.end, whole.first + self.length), whole.last)
        return StepRange(last - self.length, last)

    def zoomed(
        self, factor: float, whole: StepRange, *, about: float | None = None, least: float = MINIMUM_LENGTH
    ) -> StepWindow:
        """Scale the length by `factor`, keeping the step `about` in its place.

        Args:
            factor: Below 1 to zoom in, above 1 to zoom out.
            whole: The steps of the run.
            about: None for the newest step if it is shown, and else for the middle of the window.
            least: Minimum length of the result, in steps.
        """
        now = self.on(whole)
        length = max(now.length * factor, min(least, whole.length))
        if length >= whole.length:
            return StepWindow()
        if about is None:
            about = now.last if now.last >= whole.last else now.first + now.length / 2
        about = min(max(about, now.first), now.last)
        share = (about - now.first) / now.length if now.length else 1.0
        return StepWindow(length)._ending(about + length * (1 - share), whole)

    def panned(self, share: float, whole: StepRange) -> StepWindow:
        """Move later by `share` of the window's length; earlier if `share` is negative."""
        now = self.on(whole)
        if now.length >= whole.length:
            return self
        return replace(self, length=now.length)._ending(now.last + share * now.length, whole)

    def holding(self, step: float, whole: StepRange) -> StepWindow:
        """Move as little as needed to show `step`."""
        now = self.on(whole)
        if now.length >= whole.length or now.first <= step <= now.last:
            return self
        return self._ending(step if step > now.last else step + now.length, whole)

    def _ending(self, end: float, whole: StepRange) -> StepWindow:
        assert self.length is not None
        if end >= whole.last:
            return StepWindow(self.length)
        return StepWindow(self.length, max(end, whole.first + self.length))
