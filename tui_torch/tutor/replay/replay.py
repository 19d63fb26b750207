"""A cursor over a recorded run: what was visible at each position, and moving to changes and loop passes."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import replace
from itertools import chain

from tui_torch.protocol.events import Inspection, Output, Position, Summary, Trace
from tui_torch.protocol.late_dataclass import dataclass
from tui_torch.tutor.replay.loop_passes import LoopPass, Loops
from tui_torch.tutor.replay.value_search import UnreadableConditionError, condition_of, value_named

KEYFRAME = 50
"""Number of positions from one stored copy of the visible names to the next."""

_Summaries = dict[str, Summary]


@dataclass(frozen=True, slots=True)
class Moment:
    """What was visible at one position of a run."""

    index: int
    """0 is the first position."""
    count: int
    """Number of positions."""
    position: Position
    inspection: Inspection
    """The names at that time; each says how the line before changed it."""
    output: tuple[Output, ...]
    """What had been printed, in pieces with their streams."""
    output_cut: int
    """Number of printed characters that the recording does not keep."""
    code: str
    """The text of the position's line; empty if the source has no such line."""
    loops: tuple[LoopPass, ...]
    """The loops that contain the position, outermost first."""
    stopped: str | None
    """At the last position, why the recording ends before the run did; None if it does not."""

    @property
    def is_end(self) -> bool:
        """Whether it is the last position of the recording."""
        return self.index == self.count - 1


@dataclass(slots=True)
class _VisibleNames:
    """The names that are visible at a position, and the pinned expressions that are not names."""

    names: _Summaries
    pinned: _Summaries

    def copy(self) -> _VisibleNames:
        return _VisibleNames(self.names.copy(), self.pinned.copy())

    def apply(self, position: Position) -> None:
        """Move on to the next position. Names keep their order; one that is defined again goes to the end."""
        for seen, summaries in ((self.names, position.summaries), (self.pinned, position.pinned)):
            for summary in summaries:
                if summary.change == "gone":
                    seen.pop(summary.name, None)
                else:
                    seen[summary.name] = replace(summary, change="same")


class Replay:
    """A cursor over a trace of at least one position. It begins at the first; moving past either end stops there.

    Args:
        pins: The step's pinned expressions, in the order in which they are shown. A recording contains only those made
            of names, attributes and items.

    Raises ValueError when the trace has no position.
    """

    def __init__(self, trace: Trace, pins: tuple[str, ...] = ()) -> None:
        if not trace.positions:
            raise ValueError("the recording has no position: no line of the code ran")
        self.trace = trace
        self.index = 0
        """The position of the cursor."""
        self.loops = Loops(trace)
        self._pins = pins
        self._lines = trace.source.splitlines()
        self._keyframes: list[_VisibleNames] = []
        self._changes: dict[str, list[int]] = {}
        self._any_change: list[int] = []
        seen = _VisibleNames({}, {})
        for index, position in enumerate(trace.positions):
            if index % KEYFRAME == 0:
                self._keyframes.append(seen.copy())
            seen.apply(position)
            pinned = (summary.name for summary in position.pinned if summary.change != "same")
            for name in (*position.changed, *pinned):
                self._changes.setdefault(name, []).append(index)
            if position.changed:
                self._any_change.append(index)

    def __len__(self) -> int:
        """Number of positions."""
        return len(self.trace.positions)

    def at(self, index: int) -> Moment:
        """What was visible at a position, from 0; the cursor stays. Raises IndexError."""
        if not 0 <= index < len(self):
            raise IndexError(f"there is no position {index}: the recording has {len(self)}")
        position = self.trace.positions[index]
        seen = self._seen_before(index)
        seen.apply(position)
        fresh = {summary.name: summary for summary in position.summaries}
        here = (fresh.get(name, summary) for name, summary in seen.names.items())
        gone = (summary for summary in position.summaries if summary.change == "gone")
        latest = seen.names | seen.pinned | fresh | {summary.name: summary for summary in position.pinned}
        pinned = tuple(latest[pin] for pin in self._pins if pin in latest and latest[pin].change != "gone")
        output, cut = self._output(position.printed)
        return Moment(
            index,
            len(self),
            position,
            Inspection(pinned, (*here, *gone), position.omitted),
            output,
            cut,
            self._lines[position.line - 1] if 0 < position.line <= len(self._lines) else "",
            self.loops.around(index),
            self.trace.stopped if index == len(self) - 1 else None,
        )

    @property
    def moment(self) -> Moment:
        """What was visible at the cursor."""
        return self.at(self.index)

    def go(self, index: int) -> Moment:
        """Move to a position, or to the nearest end if there is no such position."""
        self.index = max(0, min(index, len(self) - 1))
        return self.moment

    def forward(self, count: int = 1) -> Moment:
        """Move on by `count` positions."""
        return self.go(self.index + count)

    def back(self, count: int = 1) -> Moment:
        """Move back by `count` positions."""
        return self.go(self.index - count)

    def next_change(self, name: str | None = None) -> Moment | None:
        """Move to the next position at which a name (None: any name) had changed; after the last, to the first.

        Returns None and does not move if it never changes.
        """
        changes = self._any_change if name is None else self._changes.get(name, [])
        if not changes:
            return None
        return self.go(changes[bisect_right(changes, self.index) % len(changes)])

    def previous_change(self, name: str | None = None) -> Moment | None:
        """Move back to where a name (None: any name) had changed; before the first, to the last.

        Returns None and does not move if it never changes.
        """
        changes = self._any_change if name is None else self._changes.get(name, [])
        if not changes:
            return None
        return self.go(changes[bisect_left(changes, self.index) - 1])

    def next_pass(self, *, outermost: bool = False) -> Moment | None:
        """Move to where the next pass of the loop around the cursor begins; outside a loop, to the next pass of any.

        The loop is the innermost one, or the outermost. Returns None and does not move if there is no such pass.
        """
        start = self.loops.next_start(self.index, self._loop_line(outermost))
        return None if start is None else self.go(start)

    def previous_pass(self, *, outermost: bool = False) -> Moment | None:
        """Move to where this pass begins or, from there, to the previous pass; see `next_pass`."""
        start = self.loops.previous_start(self.index, self._loop_line(outermost))
        return None if start is None else self.go(start)

    def to_pass(self, number: int, *, outermost: bool = False) -> Moment | None:
        """Move to pass `number`, from 1, of the loop around the cursor; outside a loop, of the first loop of the run.

        Returns None and does not move if that pass was not recorded.
        """
        around = self.loops.around(self.index)
        if not around:
            first = self.loops.next_start(-1, None)
            around = () if first is None else self.loops.around(first)[:1]
        if not around:
            return None
        starts = around[0 if outermost else -1].starts
        return self.go(starts[number - 1]) if 0 < number <= len(starts) else None

    def find(self, text: str, chosen: str | None = None) -> Moment | None:
        """Move to the next position that records a value for which a condition holds; after the last, to the first.

        Returns None and does not move if it never does.

        Args:
            text: The condition; see `condition_of`.
            chosen: The name that it is about if it has none.

        Raises UnreadableConditionError when the text is no condition, or is about a name that the run does not have.
        """
        names = self._names()
        if text.strip() in names:
            raise UnreadableConditionError(f"What of {text.strip()}? Write for example {text.strip()} > 0.")
        condition = condition_of(text, chosen)
        if condition.name not in names and condition.name.removesuffix(".grad") not in names:
            known = ", ".join(list(names)[:6])
            raise UnreadableConditionError(f"There is no {condition.name} in this run. There are: {known}.")
        count = len(self)
        for index in chain(range(self.index + 1, count), range(self.index + 1)):
            position = self.trace.positions[index]
            for summary in chain(position.summaries, position.pinned):
                found = value_named(condition, summary)
                if found is not None and summary.change != "gone" and condition.holds(found):
                    return self.go(index)
        return None

    def _names(self) -> dict[str, None]:
        """The names and pinned expressions of the run, in the order in which they appear."""
        return {
            summary.name: None
            for position in self.trace.positions
            for summary in chain(position.summaries, position.pinned)
        }

    def _loop_line(self, outermost: bool) -> int | None:
        around = self.loops.around(self.index)
        return around[0 if outermost else -1].line if around else None

    def _output(self, length: int) -> tuple[tuple[Output, ...], int]:
        """What is on show of the kept output once `length` characters were printed, and how many it leaves out.

        What the code has cleared away is on show until something is printed after it.
        """
        cleared = max((clear for clear in self.trace.clears if clear < length), default=0)
        pieces: list[Output] = []
        begin = 0
        for piece in self.trace.output:
            text = piece.text[max(cleared - begin, 0) : length - begin] if begin < length else ""
            if text:
                pieces.append(piece if text == piece.text else Output(text, piece.stream))
            begin += len(piece.text)
        return tuple(pieces), max(length - max(begin, cleared), 0)

    def _seen_before(self, index: int) -> _VisibleNames:
        """What was visible after the position before `index`."""
        keyframe = index // KEYFRAME
        seen = self._keyframes[keyframe].copy()
        for position in self.trace.positions[keyframe * KEYFRAME : index]:
            seen.apply(position)
        return seen
