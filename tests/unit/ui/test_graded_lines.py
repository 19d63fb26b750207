"""What the output says of a check, in pieces, without an app."""

from __future__ import annotations

from tui_torch.protocol.events import CheckResult
from tui_torch.ui.lesson.output.graded import lines_of
from tui_torch.ui.lesson.output.transcript_view import CODE, NOTE, STRONG


def test_strong_words_of_advice_lose_their_stars_and_powers_keep_theirs() -> None:
    failed = CheckResult("w is 8", False, "w is 6; wanted 8")
    advice = {"w is 8": "A power **multiplies**: `2**3` is 2 ** 3, and **not** 2 * 3."}
    *_, hint = lines_of(failed, advice, str, ascii_only=False)
    assert hint == (
        ("  ", NOTE),
        ("A power ", NOTE),
        ("multiplies", STRONG),
        (": ", NOTE),
        ("2**3", CODE),
        (" is 2 ** 3, and ", NOTE),
        ("not", STRONG),
        (" 2 * 3.", NOTE),
    )
