"""What a run printed, as a bounded number of styled lines, without control characters: as a terminal shows it."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from rich.text import Text

from tui_torch.drawing.text.open_line import CUT, LINE_LENGTH, PLAIN, OpenLine, Pen, after_all
from tui_torch.drawing.text.visible import UNPRINTABLE, visible

HEAD = 500
"""Maximum number of lines kept from the beginning."""
TAIL = 2_000
"""Maximum number of lines kept from the end."""
REACH = 50
"""Maximum number of lines that the cursor moves up, as in a terminal of so many rows."""

HELD = 4
"""Maximum number of finished lines of progress bars that are not taken, since bars below them may move up again."""
BLOCKS = 1_000
"""Maximum number of blocks that can be replaced: the last ones."""

Pieces = tuple[tuple[str, str], ...]
"""A line as (text, role) pieces."""

_BLOCK = 65_536
_UNFINISHED = re.compile(r"\x1b(?:\[[0-9;:]{0,64})?\Z")
"""The beginning of a sequence, whose end may come in the next chunk."""
_LONGEST = 67
_SPECIAL = re.compile(f"[{UNPRINTABLE}]")
_UP = re.compile(r"\x1b\[([0-9]{0,3})A")
_UP_OR_DOWN = re.compile(r"(\n|\x1b\[[0-9]{0,3}A)")


class PictureLine(Text):
    """A line in whose place whoever shows the transcript draws a picture; its text is what is copied."""


class _UnstyledLine(NamedTuple):
    """A finished line as it was written; of a flood, most lines are cut before they are drawn."""

    text: str
    pen: Pen


_Finished = _UnstyledLine | OpenLine | Text
"""A finished line: as it was written, as it may be written again, or as it is shown."""


class _Region:
    """Where one writer is: the line with its cursor, and those below that it has left by moving up."""

    __slots__ = ("below", "held", "line", "pen")

    def __init__(self, ascii_only: bool, pen: Pen) -> None:
        self.line = OpenLine(ascii_only)
        self.below: list[OpenLine] = []
        self.pen = pen
        self.held = ""
        """The beginning of a sequence, as it was written."""

    @property
    def is_progress(self) -> bool:
        """Whether it is going to be written again, and has something to be seen."""
        return (self.line.is_rewritten or bool(self.below)) and bool(self.lines)

    @property
    def lines(self) -> list[OpenLine]:
        """Its lines, without those at the end that hold nothing."""
        lines = [self.line, *self.below]
        while lines and (lines[-1].pristine or lines[-1].is_erased) and not (len(lines) == 1 and self.held):
            lines.pop()
        return lines


class Transcript:
    """The first 500 and the last 2,000 lines of what was written, and between them one that says how many were cut.

    `\\n`, `\\r`, `\\b`, `\\t`, colour sequences (`ESC[…m`), `ESC[K` and `ESC[A` act as in a terminal; other control
    characters become visible text. Chunks may be split anywhere. A line longer than 10,000 characters is cut, and says
    so.

    Text has a role (`"stderr"`, `"note"`, any word), which is the name of a style that the drawing code knows. It has a
    source, too, one of the two streams of a run: what two sources write never stands on one line. A line that is being
    rewritten, a progress bar, stays below what the other source writes meanwhile.
    """

    def __init__(self, ascii_only: bool = False) -> None:
        self._ascii_only = ascii_only
        self.clear()

    def clear(self) -> None:
        """Remove every line, and reset the colours."""
        self._head: list[_Finished] = []
        self._tail: deque[_Finished] = deque(maxlen=TAIL)
        self._finished = 0
        self._rewritten = 0
        """How many of the last finished lines may be written again."""
        self._floor = 0
        """The number of finished lines that the cursor does not go back to."""
        self._low_water = 0
        self._source = "stdout"
        self._now = _Region(self._ascii_only, PLAIN)
        self._aside: dict[str, _Region] = {}
        """Progress bars by their sources, while another source writes."""
        self._blocks: dict[str, tuple[int, int]] = {}
        """The first line and the number of lines of each block that may be replaced, by its name."""

    def write(self, text: str, role: str = "", source: str = "stdout") -> None:
        """Add what was printed. Colours carry over to the next chunk, in any role."""
        if source != self._source:
            self._change_source(source)
        now = self._now
        if role != now.pen.role:
            self._release(now)
            now.pen = Pen(role, now.pen.style)
        for start in range(0, len(text), _BLOCK):
            block = now.held + text[start : start + _BLOCK]
            unfinished = _UNFINISHED.search(block, max(0, len(block) - _LONGEST))
            now.held = unfinished[0] if unfinished else ""
            self._write_block(block[: len(block) - len(now.held)])

    def add_line(self, *pieces: tuple[str, str]) -> None:
        """Add a separate line of (text, role) pieces, in default colours."""
        self.end_line()
        self._floor = self._finished
        now = self._now
        for text, role in pieces:
            now.pen = Pen(role, None)
            self.write(text, role, self._source)
            self._release(now)
        for line in (now.line, *now.below):
            self._finish(line)
        self._now = _Region(self._ascii_only, PLAIN)
        self._rewritten = 0
        self._floor = self._finished

    def add_block(self, lines: Sequence[Pieces | Text], name: str | None = None) -> None:
        """Add separate lines, which `replace_block()` can replace by that name; a Text is shown as it is."""
        self.end_line()
        first = self._finished
        for line in lines:
            if isinstance(line, Text):
                self._keep(line)
                self._floor = self._finished
            else:
                self.add_line(*line)
        if name is not None:
            self._blocks.pop(name, None)
            self._blocks[name] = (first, self._finished - first)
            if len(self._blocks) > BLOCKS:
                del self._blocks[next(iter(self._blocks))]

    def replace_block(self, name: str, lines: Sequence[Pieces | Text]) -> bool:
        """Put lines in the place of those that were added under a name last. Returns whether there is such a name.

        What was cut since stays cut.
        """
        if name not in self._blocks:
            return False
        first, count = self._blocks[name]
        is_last = first + count == self._finished and not self.lines_open
        if is_last and (not self.lines_cut or count <= len(self._tail)):
            self.drop(count)
            self.add_block(lines, name)
        else:
            self._replace(name, first, count, [self._line_of(line) for line in lines])
        return True

    def rename_block(self, name: str, to: str) -> None:
        """Let what was added under a name last be replaced by another name; nothing, if there is no such name."""
        if name in self._blocks:
            self._blocks[to] = self._blocks.pop(name)

    def drop(self, count: int) -> None:
        """Remove the last `count` finished lines; none may have been cut, and nothing written after them."""
        for _ in range(count):
            self._pop()
        self._floor = min(self._floor, self._finished)

    def take_lines(self, *, to_the_end: bool = False) -> list[Text]:
        """Remove the finished lines that are not likely to be written again, and return those to show.

        Args:
            to_the_end: Finish what is being written first, and leave nothing.
        """
        if to_the_end:
            self.end_line()
        held = 0 if to_the_end else min(self._rewritten, HELD, len(self._tail or self._head))
        count = len(self) - self.lines_open - held
        taken = [self.line(index) for index in range(count)]
        left = [] if to_the_end else [*self._head, *self._tail][count - bool(self.lines_cut) :]
        self._head, self._tail = left, deque(maxlen=TAIL)
        self._finished = self._rewritten = len(left)
        self._floor = self._low_water = 0
        self._blocks.clear()
        return taken

    def end_line(self) -> None:
        """Finish what is being written, if anything, and reset the colours."""
        for region in self._regions:
            self._release(region)
            for line in region.lines:
                self._finish(line)
        self._rewritten = 0
        self._aside.clear()
        self._now = _Region(self._ascii_only, PLAIN)

    def __len__(self) -> int:
        """The number of lines to show."""
        return len(self._head) + bool(self.lines_cut) + len(self._tail) + self.lines_open

    def line(self, index: int) -> Text:
        """The line at `index` of those to show; a copy is needed before changing it.

        Raises:
            IndexError: If there is no such line.
        """
        wanted, head = index, len(self._head)
        if 0 <= index < head:
            self._head[index] = text = self._styled(self._head[index])
            return text
        index -= head
        if self.lines_cut:
            if index == 0:
                return self._cut_line()
            index -= 1
        if 0 <= index < len(self._tail):
            self._tail[index] = text = self._styled(self._tail[index])
            return text
        index -= len(self._tail)
        if index >= 0:
            for region in self._regions:
                lines = region.lines
                if index < len(lines):
                    return self._open_text(region, lines[index])
                index -= len(lines)
        raise IndexError(f"there is no line {wanted}")

    def is_short(self, index: int, width: int) -> bool:
        """Whether a line certainly fits into `width` cells; False if unsure.

        Does not style the line: of a flood, most lines are measured and never drawn.
        """
        head, cut = len(self._head), bool(self.lines_cut)
        if index >= head + cut + len(self._tail) or (cut and index == head):
            return False
        line = self._head[index] if index < head else self._tail[index - head - cut]
        if isinstance(line, OpenLine | PictureLine):
            return False
        text = line.plain if isinstance(line, Text) else line.text
        return len(text) <= width and text.isascii() and text.isprintable()

    @property
    def lines(self) -> list[Text]:
        """Every line to show, including those being written."""
        return [self.line(index) for index in range(len(self))]

    @property
    def pictures(self) -> list[PictureLine]:
        """The lines in whose place a picture is drawn, those in the part that is cut left out."""
        return [line for line in (*self._head, *self._tail) if isinstance(line, PictureLine)]

    @property
    def plain(self) -> str:
        """The lines as plain text, with line ends between them and no other control character."""
        return "\n".join(line.plain for line in self.lines)

    @property
    def lines_finished(self) -> int:
        """The number of lines finished since the last `clear`, including those that were cut."""
        return self._finished

    @property
    def lines_cut(self) -> int:
        """The number of lines cut between the first 500 and the last 2,000."""
        return self._finished - len(self._head) - len(self._tail)

    @property
    def lines_open(self) -> int:
        """The number of lines that are being written: those of a progress bar, and one that has no end yet."""
        return sum(len(region.lines) for region in self._regions)

    def take_unchanged(self) -> int:
        """The number of finished lines, from the first on, that are as they were at the last call."""
        unchanged, self._low_water = self._low_water, self._finished
        return unchanged

    @property
    def _regions(self) -> list[_Region]:
        """In the order in which they are shown, where progress bars do not change places."""
        if not self._aside:
            return [self._now]
        bars = dict(sorted({**self._aside, **({self._source: self._now} if self._now.is_progress else {})}.items()))
        return [*([] if self._now.is_progress else [self._now]), *bars.values()]

    def _open_text(self, region: _Region, line: OpenLine) -> Text:
        if line is region.line and region.held:
            line = line.copy()
            line.write(visible(region.held, self._ascii_only), region.pen)
        return line.text()

    def _line_of(self, pieces: Pieces | Text) -> Text:
        if isinstance(pieces, Text):
            return pieces
        line = OpenLine(self._ascii_only)
        for text, role in pieces:
            pen = Pen(role, None)
            first, *rest = _UNFINISHED.split(text)
            pen = line.write(first, pen)
            if rest:
                line.write(visible(text[len(first) :], self._ascii_only), pen)
        return line.text()

    def _change_source(self, source: str) -> None:
        if self._now.is_progress:
            self._aside[self._source] = self._now
            self._now = _Region(self._ascii_only, self._now.pen)
        else:
            pen = self._now.pen
            self._release(self._now)
            for line in self._now.lines:
                self._finish(line)
            self._now = _Region(self._ascii_only, pen)
        self._source = source
        self._now = self._aside.pop(source, self._now)

    def _release(self, region: _Region) -> None:
        """Write the held beginning of a colour sequence as text, since it will not be completed."""
        held, region.held = region.held, ""
        region.line.write(visible(held, self._ascii_only), region.pen)

    def _write_block(self, block: str) -> None:
        now = self._now
        if now.below or _UP.search(block):
            self._write_up_and_down(block)
            return
        whole, ended, last = block.rpartition("\n")
        if ended and not now.line.pristine:
            first, ended, whole = whole.partition("\n")
            now.pen = now.line.write(first, now.pen)
            self._go_down()
        if ended:
            if now.line.is_rewritten:  # by a `\r` alone
                now.line = OpenLine(self._ascii_only)
            self._add_whole_lines(whole)
        now.pen = now.line.write(last, now.pen)

    def _write_up_and_down(self, block: str) -> None:
        now = self._now
        for piece in _UP_OR_DOWN.split(block):
            if piece == "\n":
                self._go_down()
            elif up := _UP.fullmatch(piece):
                self._go_up(int(up[1] or 1))
            elif piece:
                now.pen = now.line.write(piece, now.pen)

    def _go_down(self) -> None:
        """Finish the line, and go to the beginning of the next one."""
        now = self._now
        self._finish(now.line)
        now.line = now.below.pop(0) if now.below else OpenLine(self._ascii_only)
        now.line.go_home()

    def _go_up(self, count: int) -> None:
        """Open finished lines again, as far as the cursor reaches."""
        now = self._now
        for _ in range(min(count, REACH - len(now.below), self._finished - self._floor)):
            column = now.line.column
            now.below.insert(0, now.line)
            line = self._pop()
            now.line = line if isinstance(line, OpenLine) else OpenLine.of(self._styled(line), self._ascii_only)
            now.line.go_to(column)

    def _add_whole_lines(self, block: str) -> None:
        """Add whole lines of one block, and skip those that would be cut at once."""
        count = block.count("\n") + 1
        room = HEAD - len(self._head)
        if count > room + TAIL:
            first = block.split("\n", room)
            last = first[-1].rsplit("\n", TAIL)
            self._add(first[:-1])
            self._skip(last[0])
            self._add(last[1:])
        else:
            self._add(block.split("\n"))

    def _add(self, lines: list[str]) -> None:
        now = self._now
        for line in lines:
            if len(line) <= LINE_LENGTH:
                self._keep(_UnstyledLine(line, now.pen))
                if "\x1b" in line:
                    now.pen = after_all(now.pen, line)
            else:
                styled = OpenLine(self._ascii_only)
                now.pen = styled.write(line, now.pen)
                self._keep(styled.text())

    def _skip(self, lines: str) -> None:
        self._finished += lines.count("\n") + 1
        self._now.pen = after_all(self._now.pen, lines)

    def _finish(self, line: OpenLine) -> None:
        if not line.is_rewritten:
            self._keep(line.text())
            return
        rewritten = self._rewritten + 1
        self._keep(line)
        self._rewritten = rewritten
        # No cursor reaches further up: its text takes less memory than the line.
        lines = self._tail or self._head
        if len(lines) > REACH and isinstance(settled := lines[-REACH - 1], OpenLine):
            lines[-REACH - 1] = settled.text()

    def _keep(self, line: _Finished) -> None:
        self._finished += 1
        self._rewritten = 0
        if len(self._head) < HEAD:
            self._head.append(line)
        else:
            self._tail.append(line)

    def _pop(self) -> _Finished:
        self._finished -= 1
        self._rewritten = max(0, self._rewritten - 1)
        self._low_water = min(self._low_water, self._finished)
        return (self._tail or self._head).pop()

    def _replace(self, name: str, first: int, count: int, lines: list[Text]) -> None:
        """Put lines in the place of finished ones, and move those after them."""
        cut = self.lines_cut
        if cut and first < HEAD:
            # The first lines stay as many as they are.
            count = min(count, HEAD - first)
            lines = [*lines, *(Text(end="") for _ in range(count - len(lines)))][:count]
        elif cut and first < HEAD + cut:
            return
        begin = first if first < HEAD or not cut else first - cut
        kept = [*self._head, *self._tail]
        kept[begin : begin + count] = lines
        more = len(lines) - count
        self._blocks = {other: (at + more if at > first else at, size) for other, (at, size) in self._blocks.items()}
        self._blocks[name] = (first, len(lines))
        self._head, self._tail = kept[:HEAD], deque(kept[HEAD:], maxlen=TAIL)
        self._finished += more
        self._floor += more
        self._low_water = min(self._low_water, first)

    def _styled(self, line: _Finished) -> Text:
        if isinstance(line, Text):
            return line
        if isinstance(line, OpenLine):
            return line.text()
        if line.pen == PLAIN and not _SPECIAL.search(line.text):
            return Text(line.text, end="")
        styled = OpenLine(self._ascii_only)
        styled.write(line.text, line.pen)
        return styled.text()

    def _cut_line(self) -> Text:
        count = self.lines_cut
        ellipsis = "..." if self._ascii_only else "…"
        return Text(f"{ellipsis} {count:,} {'line' if count == 1 else 'lines'} cut {ellipsis}", CUT, end="")
