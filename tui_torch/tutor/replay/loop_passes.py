"""The loops of a recorded run: which loops contain a position, in which pass, and where each pass begins."""

from __future__ import annotations

import ast
from bisect import bisect_left, bisect_right
from dataclasses import field

from tui_torch.protocol.events import Position, Trace
from tui_torch.protocol.late_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class LoopPass:
    """One loop that contains a position, and its passes."""

    line: int
    """The line of the loop's `for` or `while`."""
    number: int
    """The number of the pass, from 1; 0 while the loop is being entered."""
    starts: tuple[int, ...]
    """Indices of the positions at which the passes begin, from entering the loop to leaving it."""

    @property
    def count(self) -> int:
        """Number of passes that were recorded."""
        return len(self.starts)


@dataclass(frozen=True, slots=True)
class _Loop:
    """A loop in the source. Lines count from 1."""

    function: str
    """The qualified name of the function that contains it, as in `Position.function`."""
    line: int
    body: int
    """The line of the body's first statement."""
    first_end: int
    """The last line of that statement."""
    end: int
    counted: bool
    """Whether it is a `for`, whose line is reached once more than there are passes."""
    endless: bool
    """Whether it is a `while True`, whose line Python does not reach again."""

    @property
    def in_one_line(self) -> bool:
        return self.body == self.line

    def holds(self, position: Position) -> bool:
        return position.function == self.function and self.line <= position.line <= self.end

    def begins_pass(self, position: Position, before: Position | None) -> bool:
        """Whether a pass begins at a position in the loop, given the previous position of the same call."""
        line = position.line
        if self.in_one_line:
            return True
        if line < self.body or before is None:
            return False
        if self.line <= before.line < self.body:
            return True
        is_again = self.first_end < before.line <= self.end or self.body == self.end == before.line
        return self.endless and line == self.body and is_again


@dataclass(slots=True)
class _EnteredLoop:
    """One execution of a loop, and where its passes begin."""

    loop: _Loop
    starts: list[int] = field(default_factory=list[int])


class Loops:
    """The loops of a trace, by position."""

    def __init__(self, trace: Trace) -> None:
        self._loops = _loops_of(trace.source)
        self._around: list[tuple[_EnteredLoop, ...]] = []
        """The loops that contain each position, outermost first, including those of its callers."""
        self._starts: dict[int, list[int]] = {}
        self._follow(trace.positions)

    def around(self, index: int) -> tuple[LoopPass, ...]:
        """The loops that contain the position at `index`, outermost first, including those around the call."""
        return tuple(
            LoopPass(entry.loop.line, bisect_right(entry.starts, index), tuple(entry.starts))
            for entry in self._around[index]
        )

    def next_start(self, index: int, line: int | None) -> int | None:
        """Where the next pass of the loop at `line` (None: any loop) after `index` begins; None if there is none."""
        starts = self._all_starts(line)
        place = bisect_right(starts, index)
        return starts[place] if place < len(starts) else None

    def previous_start(self, index: int, line: int | None) -> int | None:
        """Where the last pass of the loop at `line` (None: any loop) before `index` begins; None if there is none."""
        starts = self._all_starts(line)
        place = bisect_left(starts, index)
        return starts[place - 1] if place else None

    def _all_starts(self, line: int | None) -> list[int]:
        if line is not None:
            return self._starts.get(line, [])
        return sorted({start for starts in self._starts.values() for start in starts})

    def _follow(self, positions: tuple[Position, ...]) -> None:
        entries: dict[int, list[_EnteredLoop]] = {}
        """The loops that contain each call."""
        last: dict[int, Position] = {}
        """The last position of each call."""
        callers: list[int] = []
        for index, position in enumerate(positions):
            call = position.call
            del callers[position.depth :]
            inside = entries.setdefault(call, [])
            if position.event == "line":
                self._arrive(index, position, inside, last.get(call))
                last[call] = position
            elif index == len(positions) - 1 and position.event == "return" and position.depth == 0:
                _leave(inside, 0)  # the whole code has run
            around = [entry for caller in callers for entry in entries[caller]]
            self._around.append((*around, *inside))
            callers.append(call)

    def _arrive(self, index: int, position: Position, inside: list[_EnteredLoop], before: Position | None) -> None:
        outside = next((number for number, entry in enumerate(inside) if not entry.loop.holds(position)), None)
        if outside is not None:
            for start, loop in _leave(inside, outside):
                self._starts[loop.line].remove(start)
        for loop in self._loops:
            if loop.holds(position) and all(entry.loop is not loop for entry in inside):
                inside.append(_EnteredLoop(loop))
        for entry in inside:
            if entry.loop.begins_pass(position, before):
                entry.starts.append(index)
                self._starts.setdefault(entry.loop.line, []).append(index)


def _leave(inside: list[_EnteredLoop], first: int) -> list[tuple[int, _Loop]]:
    """Remove the loops from `first` on. Returns the starts, with their loops, that turned out not to be passes."""
    left = inside[first:]
    del inside[first:]
    # The line of a one-line `for` is reached once more, when the iterator is exhausted.
    return [
        (entry.starts.pop(), entry.loop)
        for entry in left
        if entry.loop.counted and entry.loop.in_one_line and len(entry.starts) > 1
    ]


def _loops_of(source: str) -> tuple[_Loop, ...]:
    """Every loop in the code, outer ones before inner ones."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):  # IPython's own syntax, such as a line magic
        return ()
    loops: list[_Loop] = []
    _collect(tree, (), loops)
    return tuple(loops)


def _collect(node: ast.AST, scope: tuple[str, ...], loops: list[_Loop]) -> None:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.For | ast.AsyncFor | ast.While):
            loops.append(_loop(child, ".".join(scope) or "<module>"))
        inner = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        _collect(child, (*scope, child.name) if inner else scope, loops)


def _loop(node: ast.For | ast.AsyncFor | ast.While, function: str) -> _Loop:
    first, last = node.body[0], node.body[-1]
    decorators: list[ast.expr] = getattr(first, "decorator_list", [])
    begin = min(part.lineno for part in (first, *decorators))
    first_end, end = first.end_lineno or first.lineno, last.end_lineno or last.lineno
    endless = isinstance(node, ast.While) and isinstance(node.test, ast.Constant)
    return _Loop(function, node.lineno, begin, first_end, end, not isinstance(node, ast.While), endless)
