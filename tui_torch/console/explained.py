"""An explained error, a note of the coach and what checks found, in a plain terminal."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tui_torch.console.code_text import with_code
from tui_torch.drawing.code_colours import INLINE_OF_TERMINAL
from tui_torch.drawing.text.ascii import in_ascii
from tui_torch.drawing.text.graded import (
    DIFFERS,
    NOTE,
    PLAIN,
    of_counterexample,
    said_of_hidden,
    said_of_measured,
    said_of_time,
)
from tui_torch.formulas.found import with_formulas
from tui_torch.protocol.events import Explanation, Graded, Note

_STYLES = {PLAIN: "", NOTE: "dim", DIFFERS: "bold red"}


def show_explanation(console: Console, explanation: Explanation, ascii_only: bool) -> None:
    """Print what an error means here, what the names on its line are, and what to write instead."""

    def drawable(text: str) -> str:
        return in_ascii(text) if ascii_only else text

    console.print()
    console.print(with_code(drawable(explanation.meaning)))
    names = Table(box=None, show_header=False, pad_edge=True)
    names.add_column(no_wrap=True, style="bold")
    names.add_column()
    for name, description in explanation.names:
        names.add_row(Text(drawable(name)), Text(drawable(description)))
    if names.row_count:
        console.print(names)
    if explanation.suggested_fix is not None:
        gives = f"   gives {explanation.suggested_fix_gives}" if explanation.suggested_fix_gives is not None else ""
        console.print(Text.assemble("Try: ", (drawable(explanation.suggested_fix), INLINE_OF_TERMINAL), (gives, "dim")))
    for reading in explanation.readings:
        gives = f"   gives {reading.gives}" if reading.gives is not None else ""
        code = drawable(reading.code), INLINE_OF_TERMINAL
        console.print(Text.assemble(with_code(f"If {drawable(reading.meant)}: "), code, (gives, "dim")))


def show_note(console: Console, note: Note, ascii_only: bool) -> None:
    """Print a note, with its line and the corrected one."""

    def drawable(text: str) -> str:
        return in_ascii(text) if ascii_only else text

    where = f"line {note.line}  " if note.line is not None else ""
    console.print()
    console.print(Text.assemble((where, "dim"), with_code(drawable(note.says))))
    label = "Try: " if note.fix_line == note.line else f"Try, line {note.fix_line}: "
    for number, line in enumerate((note.suggested_fix or "").splitlines()):
        console.print(Text.assemble(label if number == 0 else " " * len(label), (drawable(line), INLINE_OF_TERMINAL)))


def show_graded(console: Console, graded: Graded, ascii_only: bool, advice: Mapping[str, str] | None = None) -> None:
    """Print each check and what it saw; below a failed one `advice` on it, by its name."""
    passed, failed = ("+", "x") if ascii_only else ("✓", "✗")
    for check in graded.checks:
        if check.hidden and check.passed:
            continue
        style = "green" if check.passed else "red"
        took = f"  {time}" if (time := said_of_time(check)) else ""
        console.print(Text.assemble((f"  {passed if check.passed else failed} {check.name}", style), (took, "dim")))
        if check.message:
            console.print(Text(f"    {check.message}"))
        if check.counterexample is not None:
            for line in of_counterexample(check.counterexample, ascii_only=ascii_only):
                console.print(Text.assemble("    ", *((text, _STYLES[style]) for text, style in line)), soft_wrap=True)
        if advice is not None and check.name in advice:
            said = with_formulas(" ".join(advice[check.name].split()), ascii_only=ascii_only)
            console.print(Padding(with_code(said), (0, 0, 0, 4)))
    if hidden := said_of_hidden(graded.checks):
        console.print(Text(f"  {hidden}", "dim"))
    if graded.measured is not None:
        console.print(Text(f"  {said_of_measured(graded.measured)}", "dim"))
