"""Errors of characters that Python does not read as code: typographic quotes, full-width brackets, odd spaces, tabs."""

from __future__ import annotations

import ast
import re
import unicodedata

from tui_torch.probe.errors.case import ErrorCase, RuleResult, SuggestedFix
from tui_torch.probe.errors.registry import rule
from tui_torch.probe.source.lines import lines_of

_MEANT = {
    **dict.fromkeys("“”„‟«»＂", '"'),
    **dict.fromkeys("‘’‚‛‹›´＇", "'"),
    **dict.fromkeys("\u00a0\u1680\u202f\u205f\u3000", " "),
    **dict.fromkeys(map(chr, range(0x2000, 0x200B)), " "),
    **dict.fromkeys("\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad", ""),
    **dict.fromkeys("‐‑‒–—−", "-"),
    **dict.fromkeys("×∗·⋅", "*"),
    "÷": "/",
    "…": "...",
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
    "→": "->",
    "，": ",",
    "、": ",",
    "。": ".",
    "【": "[",
    "】": "]",
}
"""What is meant by characters that look like those of code, or like none."""
_CLOSING = {"“": "”", "„": "“”", "‟": "”", "«": "»", "»": "«", "‘": "’", "‚": "‘’", "‹": "›", "”": "”", "’": "’"}
"""Which characters end a text that another begins."""
_MOST_MENDED = 100
"""Maximum number of characters that are exchanged."""
_LONGEST_SOURCE = 20_000
"""Maximum number of characters of a source that is mended: it is parsed once for each exchange."""


def _place(case: ErrorCase) -> tuple[int, list[str]] | None:
    """The line that could not be read, counted from 1, and all lines; None if that was in other code."""
    error = case.error
    lines = lines_of(case.source)
    if not isinstance(error, SyntaxError) or error.filename != case.filename:
        return None
    number = error.lineno or 0
    return (number, lines) if 0 < number <= len(lines) else None


def _meant_by(character: str) -> str | None:
    """What a character stands for in code; None if that cannot be said."""
    if character in _MEANT:
        return _MEANT[character]
    return chr(ord(character) - 0xFEE0) if "！" <= character <= "～" else None


@rule(r"invalid (?:non-printable )?character (?:'(.)' \()?U\+([0-9A-F]+)", SyntaxError)
def odd_character(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a character that looks like one of code, and comes from a text processor, a web page or a chat."""
    if (place := _place(case)) is None:
        return None
    number, _ = place
    character = chr(int(found[2], 16))
    meant = _meant_by(character)
    name = unicodedata.name(character, "a character without a name").lower()
    number_text = f"U+{found[2]}"
    shown = f"`{character}` ({name}, {number_text})" if found[1] else f"an unseen character, {number_text} ({name})"
    holds = f"Line {number} holds {shown}"
    if meant is None:
        return RuleResult(f"{holds}, which means nothing in Python's code. It may stand in a text, between quotes.")
    instead = {"": "Delete it", " ": "Type the space again"}.get(meant, f"Python's own is `{meant}`")
    mended = _mended(case.source)
    return RuleResult(
        f"{holds}, as text processors, web pages and chats write it. {instead}.{_other_lines(case, mended, number)}",
        _line_fix(case, mended, number),
    )


def _mended(source: str) -> str | None:
    """The source with each character that Python refuses exchanged for what it stands for; None if that is not all."""
    if len(source) > _LONGEST_SOURCE:
        return None
    for _ in range(_MOST_MENDED):
        try:
            ast.parse(source)
        except SyntaxError as error:
            exchanged = _exchanged(source, error)
            if exchanged is None:
                return None
            source = exchanged
        except ValueError:
            return None
        else:
            return source
    return None


def _exchanged(source: str, error: SyntaxError) -> str | None:
    lines = [f"{line}\n" for line in lines_of(source)]
    found = re.search(r"U\+([0-9A-F]+)", error.msg)
    if found is None or error.lineno is None or not 0 < error.lineno <= len(lines):
        return None
    line = lines[error.lineno - 1]
    character = chr(int(found[1], 16))
    meant, at = _meant_by(character), line.find(character)
    if meant is None or at < 0:
        return None
    rest = line[at + 1 :]
    if meant in ('"', "'"):
        end = next(
            (place for place, other in enumerate(rest) if other in _CLOSING.get(character, "") or other == meant), None
        )
        if end is None:
            return None
        rest = rest[:end] + meant + rest[end + 1 :]
    lines[error.lineno - 1] = line[:at] + meant + rest
    return "".join(lines)


def _other_lines(case: ErrorCase, mended: str | None, lineno: int) -> str:
    if mended is None:
        return ""
    pairs = enumerate(zip(lines_of(case.source), lines_of(mended), strict=True), 1)
    others = [str(number) for number, (before, after) in pairs if before != after and number != lineno]
    if not others:
        return ""
    named = ", ".join(others[:5]) + (", …" if len(others) > 5 else "")
    return f" So {'does line' if len(others) == 1 else 'do lines'} {named}."


def _line_fix(case: ErrorCase, mended: str | None, lineno: int) -> SuggestedFix | None:
    """The line as it is to be."""
    if mended is None:
        return None
    line = lines_of(case.source)[lineno - 1]
    indent = len(line) - len(line.lstrip(" \t"))
    text = lines_of(mended)[lineno - 1][indent:] if line.strip() else ""
    place = ast.Pass(lineno=lineno, col_offset=indent, end_lineno=lineno, end_col_offset=len(line))
    return SuggestedFix(text, None, place) if text.strip() else None


@rule(r"inconsistent use of tabs and spaces", TabError)
def tabs_and_spaces(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a line that is indented by tabs below one that is indented by spaces."""
    if (place := _place(case)) is None:
        return None
    number, lines = place
    before = next((line for line in reversed(lines[: number - 1]) if line.strip()), "")
    return RuleResult(
        f"Line {number} is indented by {_indent_text(lines[number - 1])}, and the one before it by "
        f"{_indent_text(before)}: a tab and spaces look alike, and Python does not count one as the other. Indent "
        "every line by spaces, 4 for each level.",
    )


def _indent_text(line: str) -> str:
    indent = line[: len(line) - len(line.lstrip(" \t"))]
    runs = re.findall(r"\t+| +", indent)
    parts = [f"{len(run)} {'tab' if run[0] == chr(9) else 'space'}{'s' if len(run) > 1 else ''}" for run in runs]
    return " and ".join(parts) or "nothing"


@rule(r"unindent does not match any outer indentation level", IndentationError)
def between_two_levels(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a line whose indentation is that of no block around it."""
    if (place := _place(case)) is None:
        return None
    number, lines = place
    levels: list[str] = []
    for line in lines[: number - 1]:
        if line.strip():
            indent = line[: len(line) - len(line.lstrip(" \t"))]
            levels = [level for level in levels if len(level) < len(indent)] + [indent]
    around = ", ".join(_indent_text(level) for level in levels)
    return RuleResult(
        f"Line {number} is indented by {_indent_text(lines[number - 1])}, and the blocks that it may belong to by "
        f"{around}. Give it exactly one of these."
    )


@rule(r"unexpected indent", IndentationError)
def deeper_than_its_block(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain a line that is indented deeper than the one before it, which begins no block."""
    if (place := _place(case)) is None:
        return None
    number, lines = place
    given = _indent_text(lines[number - 1])
    begins = _line_of_the_statement_before(lines[: number - 1])
    if begins is None:
        return RuleResult(f"Line {number} begins the code, and is indented by {given}: code begins at the margin.")
    around = _indent_text(lines[begins - 1])
    cure = (
        f"Begin line {number} at the margin, too." if around == "nothing" else f"Indent line {number} by {around}, too."
    )
    return RuleResult(
        f"Line {number} is indented by {given}, and the statement before it (line {begins}) by {around}. Lines of one "
        f"block are indented alike, and a line goes deeper only below one that ends in a colon. {cure}",
    )


def _line_of_the_statement_before(lines: list[str]) -> int | None:
    """Return the line where the last statement begins, counted from 1; None if there is none."""
    try:
        nodes = [node.lineno for node in ast.walk(ast.parse("\n".join(lines))) if isinstance(node, ast.stmt)]
    except (SyntaxError, ValueError):  # as within a `try` that has no `except` yet
        nodes = [at for at, line in enumerate(lines, 1) if line.strip() and not line.lstrip().startswith("#")]
    return max(nodes, default=None)


@rule(r"invalid syntax", SyntaxError)
def pasted_fence(case: ErrorCase, found: re.Match[str]) -> RuleResult | None:
    """Explain the fence of a Markdown block that was pasted with the code."""
    if (place := _place(case)) is None or not place[1][place[0] - 1].lstrip().startswith("```"):
        return None
    return RuleResult(
        f"Line {place[0]} is the fence around a block of code in Markdown (as in chats and READMEs), and no code. "
        "Delete the lines of three backticks."
    )
