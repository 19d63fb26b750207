"""What the checks of an exercise found, as lines of the output."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from tui_torch.drawing.text.ascii import in_ascii
from tui_torch.drawing.text.code_spans import code_spans
from tui_torch.drawing.text.graded import (
    DIFFERS,
    PLAIN,
    of_counterexample,
    said_of_hidden,
    said_of_measured,
    said_of_time,
)
from tui_torch.drawing.text.graded import NOTE as NOTE_STYLE
from tui_torch.formulas.found import with_formulas
from tui_torch.ui.lesson.output.transcript_view import CODE, FAILED, NOTE, PASSED, STRONG

if TYPE_CHECKING:
    from tui_torch.drawing.text.transcript import Pieces
    from tui_torch.protocol.events import CheckResult, Graded

_STYLES = {PLAIN: "", NOTE_STYLE: NOTE, DIFFERS: FAILED}

_STRONG = re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*")
"""Words between pairs of stars; a power has spaces around it, or stands in backticks."""


def lines_of(
    check: CheckResult, advice: Mapping[str, str], harmless: Callable[[str], str], *, ascii_only: bool
) -> Iterator[Pieces]:
    """The lines about a check: its name, and below a failed one what it saw and wanted, and what to do about it.

    Args:
        advice: What to do about a failed check, by its name.
        harmless: Writes control characters out.
    """
    passed, failed = ("+", "x") if ascii_only else ("✓", "✗")
    took = ((f"  {time}", NOTE),) if (time := said_of_time(check)) else ()
    if check.passed:
        yield ((f"{passed} {harmless(check.name)}", PASSED), *took)
        return
    yield ((f"{failed} {harmless(check.name)}", FAILED), *took)
    for line in check.message.splitlines():
        yield ((f"  {harmless(line)}", ""),)
    if check.counterexample is not None:
        for pieces in of_counterexample(check.counterexample, ascii_only=ascii_only):
            yield (("  ", ""), *((harmless(text), _STYLES[style]) for text, style in pieces))
    if check.name in advice:
        hint = harmless(" ".join(advice[check.name].split()))
        yield (("  ", NOTE), *said(with_formulas(hint, ascii_only=ascii_only)))


def lines_after(graded: Graded, *, ascii_only: bool) -> Iterator[Pieces]:
    """The lines below all checks: that hidden ones pass, and what a right answer takes beside the reference."""
    if hidden := said_of_hidden(graded.checks):
        yield ((hidden, NOTE),)
    if graded.measured is not None:
        sentence = said_of_measured(graded.measured)
        yield tuple(said(in_ascii(sentence) if ascii_only else sentence))


def said(sentence: str) -> list[tuple[str, str]]:
    """A sentence of the tutor's or the lesson's, in pieces: what stands in backticks is code, **this** is strong."""
    pieces: list[tuple[str, str]] = []
    for piece, is_code in code_spans(sentence):
        if is_code:
            pieces.append((piece, CODE))
            continue
        words = enumerate(_STRONG.split(piece))
        pieces += [(part, STRONG if number % 2 else NOTE) for number, part in words if part]
    return pieces
