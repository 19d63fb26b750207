"""What stands inside a paragraph of documentation: code, roles, formulas, links, what is emphasized."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

SpanRole = Literal["text", "code", "strong", "heading"]
"""What a piece of text is, for whoever colours it."""

MARKUP = re.compile(
    r"""
      ``(?P<literal>.+?)``(?!`)
    | :(?P<role>[a-zA-Z][\w:+.-]*):`(?P<target>[^`]+)`
    | (?<![\w`])`(?P<quoted>[^`]+)`(?P<link>__?)?(?!\w)
    | (?<![\w*])\*\*(?P<strong>[^\s*](?:[^*]*[^\s*])?)\*\*(?![\w*])
    | (?<![\w*])\*(?P<emphasis>[^\s*](?:[^*\n]*[^\s*])?)\*(?![\w*])
    | \[(?P<footnote>[\w#*]+)\]_(?!\w)
    | \\(?P<escaped>[*`|_\\])
    | \\(?P<joint>[ \n])
    """,
    re.VERBOSE | re.DOTALL,
)
"""What is marked up inside a paragraph."""
_WITH_TARGET = re.compile(r"(?P<title>.*?)\s*<(?P<address>[^<>]+)>", re.DOTALL)
_PROSE_ROLES = frozenset({"ref", "doc", "term", "any", "numref", "abbr", "std:ref", "std:doc", "std:term"})
"""Roles whose text is a title, and no code."""
_COMMAND = re.compile(r"\\[A-Za-z]{2,}")


@dataclass(frozen=True, slots=True)
class DocSpan:
    """A piece of a line."""

    text: str
    role: SpanRole = "text"


def spans_of(text: str, ascii_only: bool) -> list[DocSpan]:
    """The pieces of a paragraph, whose line ends are those of the text."""
    spans: list[DocSpan] = []
    end = 0
    for found in MARKUP.finditer(text):
        spans += [DocSpan(text[end : found.start()]), span_of(found, ascii_only)]
        end = found.end()
    spans.append(DocSpan(text[end:]))
    return [span for span in spans if span.text]


def span_of(found: re.Match[str], ascii_only: bool) -> DocSpan:
    """What a match of MARKUP says."""
    match found.lastgroup:
        case "literal":
            return DocSpan(_on_one_line(found["literal"]), "code")
        case "target" if found["role"] == "math":
            return DocSpan(formula(found["target"], ascii_only))
        case "target":
            return _of_role(found["role"], found["target"])
        case "quoted" | "link":
            return _quoted(found["quoted"], is_link=found["link"] is not None, ascii_only=ascii_only)
        case "strong":
            return DocSpan(found["strong"], "strong")
        case "emphasis":
            return DocSpan(found["emphasis"], "strong")
        case "footnote":
            return DocSpan(f"[{found['footnote']}]")
        case "escaped":
            return DocSpan(found["escaped"])
        case _:
            return DocSpan("")


def formula(latex: str, ascii_only: bool) -> str:
    """A formula on one line."""
    from tui_torch.formulas.shown import line_of

    return line_of(latex.strip(), ascii_only)


def _of_role(role: str, target: str) -> DocSpan:
    titled = _WITH_TARGET.fullmatch(target)
    text = _on_one_line(titled["title"] if titled is not None and titled["title"] else target).lstrip("~!\\")
    return DocSpan(text.strip("<>"), "text" if role in _PROSE_ROLES else "code")


def _quoted(text: str, *, is_link: bool, ascii_only: bool) -> DocSpan:
    titled = _WITH_TARGET.fullmatch(text)
    if is_link and titled is not None:
        title, address = _on_one_line(titled["title"]), "".join(titled["address"].split())
        return DocSpan(f"{title} ({address})" if title else address)
    if is_link:
        return DocSpan(_on_one_line(text))
    # A formula whose author forgot the role.
    if _COMMAND.search(text):
        return DocSpan(formula(text, ascii_only))
    return DocSpan(_on_one_line(text), "code")


def _on_one_line(text: str) -> str:
    return re.sub(r"\s*\n\s*", " ", text)
