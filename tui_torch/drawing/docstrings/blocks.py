"""Divides documentation into paragraphs, headings, code, formulas and tables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

BlockKind = Literal["paragraph", "signature", "heading", "code", "formula", "table"]


@dataclass(frozen=True, slots=True)
class DocBlock:
    """A part of a documentation that is laid out by itself."""

    kind: BlockKind
    indent: int
    """Blanks before each of its lines."""
    lines: tuple[str, ...]
    """Its lines without those; of a formula LaTeX."""
    hanging: int = 0
    """Further blanks before all lines but the first, as of an item of a list."""
    name: str = ""
    """What the first line begins with if that is a name which the block is about, such as an argument."""
    is_spaced: bool = False
    """Whether a blank line stands before it."""


_DIRECTIVE = re.compile(r"\.\. (?P<name>[\w:+-]+) ?::\s?(?P<rest>.*)")
_TARGET = re.compile(r"\.\. (?:_(?P<name>(?:\\.|[^:\\])+):|(?P<footnote>\[[\w#*]+\])) *(?P<rest>.*)")
"""Where a link of the text leads, or what a footnote says."""
_COMMENT = re.compile(r"\.\. (?P<rest>.+)")
_OPTION = re.compile(r"\s*:[\w-]+:(?:\s.*)?")
_ITEM = re.compile(r"(?:[-*+•]|\d{1,3}[.)]|#\.|\([a-z0-9]\)) +(?=\S)")
_ARGUMENT = re.compile(
    r"(?P<name>\*{0,2}[A-Za-z_][\w.]*(?: ?[,/] ?\*{0,2}[A-Za-z_][\w.]*)*)(?: \(.{1,120}\))? ?:(?![\w:+.-]+`) ?.*",
    re.DOTALL,
)
_SECTION = re.compile(
    r"(?:\w[\w-]* )?(?:Args|Arguments|Keyword [aA]rg(?:ument)?s|Parameters|Returns?|Yields?|Raises|Attributes|Shape"
    r"|Inputs?|Outputs?|Examples?|Notes?|Warnings?|References?|See also|Usage|Members|Variables)(?: \d+)?"
)
_CODE_SECTION = re.compile(r"Example|Usage")
_SIGNATURE = re.compile(r"[A-Za-z_][\w.]*\(.*\)(?: -> .+)?")
_RULE = re.compile(r"(?:=+|-+|~+|\^+|\++[-=+]+\+)(?:[ +]+[=+-]+)*")
_UNDERLINE = re.compile(r"([=\-~^\"#*+])\1{2,}")
_TITLES = {
    "versionadded": "New in",
    "versionchanged": "Changed in",
    "deprecated": "Deprecated since",
    "seealso": "See also",
}
_OF_CODE = frozenset(
    {"code", "code-block", "sourcecode", "testcode", "doctest", "prompt", "highlight", "parsed-literal"}
)
_OF_SIGNATURES = frozenset(
    {"function", "method", "class", "data", "attribute", "py:function", "py:method", "automethod"}
)


def blocks_of(text: str) -> list[DocBlock]:
    """The blocks of a documentation, in order."""
    return list(_Divider(text).blocks())


class _Divider:
    def __init__(self, text: str) -> None:
        self._lines = _without_bars(text.expandtabs().split("\n"))
        self._at = 0
        self._is_at_top = True
        """Whether nothing but ways of calling it has come yet."""

    def blocks(self) -> Iterator[DocBlock]:
        is_spaced = False
        while self._at < len(self._lines):
            if not self._lines[self._at].strip():
                is_spaced = True
                self._at += 1
                continue
            for block in self._next():
                yield replace(block, is_spaced=is_spaced)
                self._is_at_top &= block.kind == "signature"
                is_spaced = block.kind == "formula"
            is_spaced = False

    def _next(self) -> Iterator[DocBlock]:
        line = self._lines[self._at]
        indent, words = _indent(line), line.strip()
        if self._is_at_top and _SIGNATURE.fullmatch(words):
            self._at += 1
            yield DocBlock("signature", indent, (words,), hanging=4)
        elif (directive := _DIRECTIVE.fullmatch(words)) is not None:
            yield from self._directive(directive, indent)
        elif (target := _TARGET.fullmatch(words) or _COMMENT.fullmatch(words)) is not None:
            self._at += 1
            named = target.groupdict()
            name = (named.get("name") or "").replace("\\", "")
            first = f"{name}: " if name else f"{named.get('footnote') or ''} "
            below = " ".join(line.strip() for line in self._while_filled(indent))
            yield DocBlock("paragraph", indent, (f"{first}{target['rest']} {below}".strip(),), hanging=4)
        elif words.startswith(">>>"):
            yield self._session(indent)
        elif _is_rule(words) and (rows := self._table(indent)) is not None:
            yield DocBlock("table", indent, rows)
        elif self._is_underlined(words):
            self._at += 2
            yield DocBlock("heading", indent, (words,))
        elif words.endswith(":") and _SECTION.fullmatch(words.rstrip(": ")) is not None:
            self._at += 1
            yield DocBlock("heading", indent, (words.rstrip(":") + ":",))
            # PyTorch writes `Args::` and `Shape::`, too.
            if words.endswith("::") and _CODE_SECTION.search(words) is not None:
                yield from self._code_below(indent)
        else:
            yield from self._paragraph(indent)

    def _directive(self, directive: re.Match[str], indent: int) -> Iterator[DocBlock]:
        name, rest = directive["name"], directive["rest"].strip()
        self._at += 1
        if name == "math":
            first, body = indent + 3, self._below(indent)
            yield from _formulas(rest, [line for line in body if not _OPTION.fullmatch(line)], first)
        elif name in _OF_CODE:
            body = self._below(indent)
            while body and _OPTION.fullmatch(body[0]):
                body.pop(0)
            yield DocBlock("code", indent + 3, _dedented(body))
        elif name in _OF_SIGNATURES:
            yield DocBlock("code", indent, (rest,))
        else:
            title = _TITLES.get(name, name.replace("-", " ").capitalize())
            if rest and name in (
                "note",
                "warning",
                "tip",
                "important",
                "seealso",
                "attention",
                "caution",
                "hint",
                "danger",
            ):
                yield DocBlock("heading", indent, (f"{title}:",))
                body = (rest, *(line.strip() for line in self._while_filled(indent)))
                yield DocBlock("paragraph", indent + 4, body)
            else:
                yield DocBlock("heading", indent, (f"{title} {rest}".strip() + ("" if rest else ":"),))
            self._skip_options(indent)

    def _while_filled(self, indent: int) -> Iterator[str]:
        """The lines below, until one is blank or no further in than `indent`."""
        while self._at < len(self._lines) and self._lines[self._at].strip() and _indent(self._lines[self._at]) > indent:
            yield self._lines[self._at]
            self._at += 1

    def _skip_options(self, indent: int) -> None:
        while (
            self._at < len(self._lines)
            and _indent(self._lines[self._at]) > indent
            and _OPTION.fullmatch(self._lines[self._at])
        ):
            self._at += 1

    def _below(self, indent: int) -> list[str]:
        """The lines further in than `indent`, and the blank ones among them, taken."""
        end = last = self._at
        while end < len(self._lines) and (not self._lines[end].strip() or _indent(self._lines[end]) > indent):
            end += 1
            if self._lines[end - 1].strip():
                last = end
        taken, self._at = self._lines[self._at : last], last
        return taken

    def _session(self, indent: int) -> DocBlock:
        """What an interpreter was told and said, until a blank line or a line further out."""
        start = self._at
        while (
            self._at < len(self._lines) and self._lines[self._at].strip() and _indent(self._lines[self._at]) >= indent
        ):
            self._at += 1
        return DocBlock("code", indent, tuple(line[indent:] for line in self._lines[start : self._at]))

    def _table(self, indent: int) -> tuple[str, ...] | None:
        """The rows of a table that begins here; None if a blank line comes before its end."""
        end = self._at
        while end < len(self._lines) and self._lines[end].strip():
            end += 1
        rows = self._lines[self._at : end]
        if len(rows) < 3 or not _is_rule(rows[-1].strip()):
            return None
        self._at = end
        return tuple(row[indent:] for row in rows)

    def _is_underlined(self, words: str) -> bool:
        following = self._lines[self._at + 1].strip() if self._at + 1 < len(self._lines) else ""
        return (
            len(following) >= min(len(words), 4) and _UNDERLINE.fullmatch(following) is not None and words[0].isalnum()
        )

    def _code_below(self, indent: int) -> Iterator[DocBlock]:
        body = self._below(indent)
        if (code := _dedented(body)) and any(line.strip() for line in code):
            filled = [line for line in body if line.strip()]
            yield DocBlock("code", min(map(_indent, filled)), code)

    def _paragraph(self, indent: int) -> Iterator[DocBlock]:
        first = self._lines[self._at].strip()
        item = _ITEM.match(first)
        argument = None if item is not None else _ARGUMENT.fullmatch(first)
        taken = [first]
        self._at += 1
        is_argument = argument is not None and indent > 0
        hanging = len(item[0]) if item is not None else 4 if is_argument else 0
        while self._at < len(self._lines) and self._goes_on(taken, indent, hanging, is_argument=is_argument):
            taken.append(self._lines[self._at].strip())
            self._at += 1
        begins_code = taken[-1].endswith("::")
        if begins_code:
            taken[-1] = taken[-1].removesuffix("::") + ("" if taken[-1] == "::" else ":")
        name = argument["name"] if argument is not None and is_argument else ""
        if lines := tuple(line for line in taken if line):
            yield DocBlock("paragraph", indent, lines, hanging, name)
        if begins_code:
            yield from self._code_below(indent)

    def _goes_on(self, taken: list[str], indent: int, hanging: int, *, is_argument: bool) -> bool:
        """Whether the line here belongs to a paragraph, of which some lines are taken."""
        line = self._lines[self._at]
        words, further = line.strip(), _indent(line) - indent
        if not words or words.startswith((">>>", ".. ")) or taken[-1].endswith("::"):
            return False
        # Inside of backticks nothing begins: formulas go on with `+`.
        if "".join(taken).count("`") % 2:
            return True
        if _ITEM.match(words):
            return False
        if self._is_underlined(words):
            return False
        if hanging:
            return further > 0
        # An argument of no section, one of a list of them, is a paragraph of its own.
        return further == 0 and not (is_argument and _ARGUMENT.fullmatch(words))


def _formulas(rest: str, body: list[str], indent: int) -> Iterator[DocBlock]:
    """One block for each formula; a blank line divides them where nothing is open."""
    gathered: list[str] = [rest] if rest else []
    for line in [*body, ""]:
        if line.strip():
            gathered.append(line.strip())
            continue
        latex = "\n".join(gathered)
        if latex and latex.count(r"\begin{") <= latex.count(r"\end{"):
            yield DocBlock("formula", indent, (latex,))
            gathered = []
    if gathered:
        yield DocBlock("formula", indent, ("\n".join(gathered),))


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _dedented(lines: list[str]) -> tuple[str, ...]:
    """Lines without the blanks that all of them begin with, and without blank ones at the ends."""
    while lines and not lines[0].strip():
        lines = lines[1:]
    margin = min((_indent(line) for line in lines if line.strip()), default=0)
    return tuple(line[margin:].rstrip() for line in lines)


def _is_rule(words: str) -> bool:
    return len(words) > 3 and _RULE.fullmatch(words) is not None


def _without_bars(lines: list[str]) -> list[str]:
    """Lines without the bars that `help()` draws before all that belongs to a class."""
    barred = [line.startswith(" |") for line in lines]
    if sum(barred) < 3 or 2 * sum(barred) < sum(bool(line.strip()) for line in lines):
        return lines
    return ["  " + line[2:] if is_barred else line for line, is_barred in zip(lines, barred, strict=True)]
