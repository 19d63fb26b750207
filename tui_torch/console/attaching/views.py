"""What shows the cells of a kernel of others: in a plain terminal, and as JSON."""

from __future__ import annotations

from typing import Any

from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from tui_torch.console.encoding import speaks_unicode
from tui_torch.console.explained import show_note
from tui_torch.console.plain import json_text, say
from tui_torch.console.plain_console import plain_console
from tui_torch.console.programs.event_json import event_json, variables_json
from tui_torch.console.run_view import draw_chart
from tui_torch.drawing.charts.run_history import RunHistory
from tui_torch.drawing.text.ascii import in_ascii
from tui_torch.drawing.text.summaries import one_line
from tui_torch.kernel.joining.joined_kernel import LATER, torch_sentence
from tui_torch.kernel.joining.running_kernel import KernelFacts
from tui_torch.protocol.attachment import CellBegan, CellEnded, Joined, Missed, Told, TorchImported
from tui_torch.protocol.events import Failed, Inspected, Inspection, Noted, TrainingProgress
from tui_torch.protocol.inspection_updates import is_complete
from tui_torch.protocol.notes import Note

ROWS = 30
"""Maximum number of variables that are shown after a cell."""


class JsonFollowing:
    """Writes a line of JSON for each event."""

    def __init__(self, facts: KernelFacts) -> None:
        self._facts = facts

    def waits(self, number: int | None) -> None:
        """Write that the probe is not loaded yet."""
        self._write({"event": "waiting", "number": number})

    def show(self, word: Told | Inspected) -> None:
        """Write the line of an event, if it has one."""
        match word:
            case Joined():
                self._write(
                    {
                        "event": "joined",
                        "pid": word.pid,
                        "python": self._facts.version,
                        "torch": word.torch,
                        "torch_installed": word.installed,
                    }
                )
            case TorchImported(version, problem):
                self._write({"event": "torch", "version": version, "problem": problem})
            case CellBegan(number, code):
                self._write({"event": "cell", "number": number, "code": code})
            case CellEnded(number, outcome, seconds):
                self._write({"event": "finished", "number": number, "outcome": outcome, "seconds": round(seconds, 6)})
            case Inspected(inspection):
                self._write(variables_json(inspection.variables))
            case Missed():
                self._write({"event": "missed"})
            case Note():
                self._write(event_json(Noted(word), lambda figure: None))
            case Failed() | TrainingProgress():
                self._write(event_json(word, lambda figure: None))
            case _:
                pass

    def lost(self) -> None:
        """Write that the probe is gone."""
        self._write({"event": "lost"})

    def comes_back(self, *, is_same: bool) -> None:
        """Write that it was started again, or never was away."""
        self._write({"event": "found" if is_same else "restarted"})

    def ended(self) -> None:
        """Write that it does not come back."""
        self._write({"event": "ended"})

    def left(self, *, is_out: bool) -> None:
        """Write that the probe is out, or goes later."""
        self._write({"event": "left", "is_out": is_out})

    def _write(self, fields: dict[str, Any] | None) -> None:
        if fields is not None:
            say(json_text(fields))


class PlainFollowing:
    """Writes lines: what runs, and after it the chart of its loss, its error, notes, and what it made or changed."""

    def __init__(self, facts: KernelFacts) -> None:
        self._facts = facts
        self._console = plain_console()
        self._ascii_only = not speaks_unicode()
        self._runs = RunHistory()
        self._notes: list[Note] = []
        self._failed: Failed | None = None
        self._inspection: Inspection | None = None
        self._ended: CellEnded | None = None
        """The cell that is over, and of which not all has been read yet."""

    def waits(self, number: int | None) -> None:
        """Say that the probe is not loaded yet."""
        what = "A cell runs" if number is None else f"In [{number}] runs"
        self._say(f"{what}: the probe is loaded when it is over.")

    def show(self, word: Told | Inspected) -> None:
        """Write what there is to write."""
        match word:
            case Joined():
                self._say(f"Joined: Python {self._facts.version}; {torch_sentence(word)}. ctrl+c leaves.")
            case TorchImported(version, problem):
                self._say(problem or f"PyTorch {version} has been imported.")
            case Missed():
                self._say("Some of what was told is missing: it was not read for too long.")
            case CellBegan():
                self._end_cell()
                self._begin_cell(word)
            case TrainingProgress():
                self._runs.current.extend(word)
            case Note():
                self._notes.append(word)
            case Failed():
                self._failed = word
            case Inspected(inspection):
                self._inspection = inspection
                if is_complete(inspection):
                    self._end_cell()
            case CellEnded():
                self._ended = word
                if self._inspection is not None and is_complete(self._inspection):
                    self._end_cell()
            case _:
                pass

    def lost(self) -> None:
        """Say so at once: it takes a while until it is known whether the kernel comes back."""
        self._end_cell()
        self._say("The kernel does not answer any more. If it is restarted, it is joined again.")

    def comes_back(self, *, is_same: bool) -> None:
        """Say that it was started again, or never was away."""
        self._say("It is there, without the probe, which is loaded again." if is_same else "The kernel was restarted.")

    def ended(self) -> None:
        """Say that it does not come back."""
        self._say("No kernel is there any more.")

    def left(self, *, is_out: bool) -> None:
        """Say that the probe is out, or goes later."""
        self._say("Left: nothing of the probe is in the kernel any more." if is_out else LATER)

    def _begin_cell(self, cell: CellBegan) -> None:
        self._notes, self._failed, self._inspection = [], None, None
        self._runs.begin(cell.code)
        first = next((line.strip() for line in cell.code.splitlines() if line.strip()), "")
        title = Text(self._drawable(f"In [{cell.number}]  {first}"), no_wrap=True, overflow="ellipsis")
        self._console.print(Rule(title, align="left", characters="-" if self._ascii_only else "─", style="dim"))

    def _end_cell(self) -> None:
        cell, self._ended = self._ended, None
        if cell is None:
            return
        if self._runs.current.has_loop:
            self._console.print(draw_chart(self._runs, self._console.width, ascii_only=self._ascii_only))
        elif self._runs.current.why_no_loss:
            self._console.print(Text(self._runs.current.why_no_loss, "dim"))
        if self._failed is not None:
            self._show_failure(self._failed)
        for note in self._notes:
            show_note(self._console, note, self._ascii_only)
        if self._inspection is not None:
            self._show_changes(self._inspection)
        seconds = f"{cell.seconds:.1f} s" if cell.seconds >= 0.1 else f"{1000 * cell.seconds:.1f} ms"
        self._console.print(Text(f"In [{cell.number}] {cell.outcome}, {seconds}", "dim"))

    def _show_failure(self, failed: Failed) -> None:
        for frame in failed.frames:
            where = f"  {frame.file}, line {frame.line}, in {frame.function}"
            self._console.print(Text(self._drawable(where), "dim"), soft_wrap=True)
            self._console.print(Text(self._drawable(f"    {frame.code}")), soft_wrap=True)
        message = f"{failed.error}: {failed.message}" if failed.message else failed.error
        self._console.print(Text(self._drawable(message), "red"), soft_wrap=True)

    def _show_changes(self, inspection: Inspection) -> None:
        table = Table(box=None, show_header=False, pad_edge=True)
        table.add_column(no_wrap=True, style="bold")
        table.add_column()
        changed = [summary for summary in inspection.variables if summary.change not in ("same", "gone")]
        for summary in changed[:ROWS]:
            table.add_row(self._drawable(summary.name), one_line(summary, self._ascii_only))
        if table.row_count:
            self._console.print(table)
        if len(changed) > ROWS:
            self._console.print(Text(f" and {len(changed) - ROWS} more", "dim"))

    def _say(self, sentence: str) -> None:
        self._console.print(Text(self._drawable(sentence)), soft_wrap=True)

    def _drawable(self, text: str) -> str:
        return in_ascii(text) if self._ascii_only else text
