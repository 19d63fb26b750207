"""The losses of the latest `backward()` calls, noted in every step of a loop in as little time as possible."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby
from types import CodeType
from typing import Any

import torch

from tui_torch.probe.source.call_sites import CallSite
from tui_torch.probe.training.series import SeriesBuffer


@dataclass(slots=True, eq=False)
class SiteLosses:
    """The losses that come from one call of `backward()` in the code."""

    site: CallSite | None
    """None if no code of the learner's is on the stack."""
    code: CodeType | None
    """The code of the site, which the loop compares in every step."""
    series: SeriesBuffer


class BackwardLog:
    """Two lists side by side: losses, and where each came from.

    A `backward()` only appends its loss, and does nothing else, if its call site is `known` and the log has `room`; or
    if all losses are taken to come from the `only` call site, and the log has `unchecked_room`. The lists and the dict
    stay the same objects for good.
    """

    __slots__ = ("begun_at", "known", "only", "room", "sources", "unchecked_room", "values")

    def __init__(self) -> None:
        self.known: dict[int, SiteLosses] = {}
        """Where a `backward()` comes from, by the position of its call instruction in its code."""
        self.values: list[Any] = []
        self.sources: list[SiteLosses] = []
        self.only: SiteLosses | None = None
        """Where all losses come from, whatever `sources` says; None if `sources` counts."""
        self.room = 0
        """Maximum length of the lists."""
        self.unchecked_room = 0
        """Maximum length of `values` while nothing is checked before a loss is appended."""
        self.begun_at = -1
        """Autograd's sequence number, in this thread, when the last `backward()` that was not unchecked began; -1
        before the first."""

    def clear(self) -> None:
        """Forget everything, for a new run."""
        self.known.clear()
        self.values.clear()
        self.sources.clear()
        self.only = None
        self.close()

    def close(self) -> None:
        """Leave no room, so that the next loss is recorded by its recorder."""
        self.room = self.unchecked_room = 0

    def flush_to_series(self, done: int) -> int:
        """Move the losses to the series of their call sites.

        Args:
            done: The number of steps before these.

        Returns:
            The number of steps with these.
        """
        at = 0
        for source, count in self._stretches():
            until = at + count
            source.series.extend(done + at + 1, self.values[at:until])
            at = until
        # Not counted by their sources: an interrupt may have come between a loss and its own.
        done += len(self.values)
        self.values.clear()
        self.sources.clear()
        return done

    def _stretches(self) -> list[tuple[SiteLosses, int]]:
        """The sources in order, each with the number of losses in a row that come from it."""
        sources = self.sources
        if self.only is not None:
            return [(self.only, len(self.values))]
        # Most often all have one source, and to count them takes a tenth of the time.
        if sources and sources.count(sources[0]) == len(sources):
            return [(sources[0], len(sources))]
        return [(source, sum(1 for _ in same)) for source, same in groupby(sources)]


class BackwardListeners(list[Callable[[torch.Tensor], None]]):
    """What is called after every `backward()`. What is appended hears the next one."""

    def __init__(self, log: BackwardLog) -> None:
        super().__init__()
        self._log = log

    def append(self, listener: Callable[[torch.Tensor], None], /) -> None:
        super().append(listener)
        self._log.close()
