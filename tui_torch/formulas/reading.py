"""Reads a formula in LaTeX: what it is made of, and what is wrong with it.

pylatexenc divides it into commands, groups and characters. Found here are brackets, what a command means, and
indices and exponents, which it leaves in the text.
"""

from __future__ import annotations

import re
import unicodedata
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from pylatexenc.latexwalker import (
    LatexCharsNode,
    LatexCommentNode,
    LatexEnvironmentNode,
    LatexGroupNode,
    LatexMacroNode,
    LatexMathNode,
    LatexSpecialsNode,
    LatexWalker,
    LatexWalkerParseError,
)
from pylatexenc.macrospec import (
    LatexContextDb,
    MacroSpec,
    MacroStandardArgsParser,
    std_environment,
    std_macro,
    std_specials,
)

from tui_torch.formulas import commands, symbols
from tui_torch.formulas.tree import Accent, Atom, Fenced, Fraction, Node, Root, Rows, Script, Sequence

LONGEST = 8000
"""Maximum number of characters of a formula."""

MOST_CELLS = 40
"""Maximum number of cells of a distance."""
_RULE_CELLS = 40
"""Number of cells of a line, however long it is in print."""
_CELLS_OF = {"mm": 0.4, "cm": 4.0, "pt": 0.14, "em": 1.5, "ex": 0.7, "in": 10.0}
"""How many cells wide the units of distances are, about."""
_PERCENT = "\N{ETHIOPIC WORDSPACE}"
"""What a percent sign is while pylatexenc reads, which takes what follows one for a comment."""
_WORD = re.compile(r"\d{1,3}(?:,\d{3})+(?!\d)|\d+(?:\.\d+)?|:=|<=|>=|!=|->|\.\.\.|\s+|.", re.DOTALL)
_MERGED = {"->": "to", ":=": "coloneqq", "<=": "le", ">=": "ge", "!=": "ne", "...": "ldots"}
_DELIMITERS = {"<": "langle", ">": "rangle"}


class FormulaError(ValueError):
    """A formula that cannot be read: why, and where in it."""

    def __init__(self, sentence: str, place: int) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        """What is wrong, to follow on the formula's name: `has …`."""
        self.place = place
        """The index of the character."""


@dataclass(frozen=True, slots=True)
class _TexMark:
    """What belongs to no part by itself: `^`, `_`, `&`, a line's end, `'`, or `left` and `right` before a bracket."""

    sign: str
    place: int


_Item = Node | _TexMark


def read(latex: str) -> tuple[Node, tuple[FormulaError, ...]]:
    """What a formula is made of, and what in it is not understood, which is then in it by its name.

    Raises FormulaError where it cannot be read at all, as with unbalanced braces.
    """
    if len(latex) > LONGEST:
        raise FormulaError(f"is {len(latex)} characters long, expected at most {LONGEST}", 0)
    _balanced(latex)
    try:
        walker = LatexWalker(latex.replace("%", _PERCENT), latex_context=_context(), tolerant_parsing=False)
        nodes = walker.get_latex_nodes()[0]
        reader = _TreeMaker()
        tree = reader.lines(nodes)
    except LatexWalkerParseError as error:
        place = min(error.pos or 0, len(latex))
        raise FormulaError(_said(error.msg, latex, place), place) from None
    except RecursionError:
        raise FormulaError("has too many things in each other", 0) from None
    return tree, tuple(reader.problems)


def _context() -> LatexContextDb:
    context = LatexContextDb()
    macros = [std_macro(name, spec) for name, spec in commands.SPECS.items() if name != "\\"]
    # In `\\[2mm]` that is a distance, in `\\ [a, b]` it begins the next line.
    line_end = MacroSpec("\\", args_parser=MacroStandardArgsParser("*[", optional_arg_no_space=True))
    environments = [std_environment("array", "[{"), std_environment("alignat", "{"), std_environment("alignat*", "{")]
    context.add_context_category("formulas", [*macros, line_end], environments, [std_specials("&")])
    return context


def _balanced(latex: str) -> None:
    """Raise FormulaError where braces are not in pairs: pylatexenc says where the text ends, and not what is open."""
    opened: list[int] = []
    for found in re.finditer(r"\\.|[{}]", latex, re.DOTALL):
        if found[0] == "{":
            opened.append(found.start())
        elif found[0] == "}":
            if not opened:
                raise FormulaError("closes a brace that nothing opened", found.start())
            opened.pop()
    if opened:
        raise FormulaError("opens a brace that nothing closes", opened[-1])


def _said(message: str, latex: str, place: int) -> str:
    """What pylatexenc found, in other words."""
    command = re.match(r"\\(?:[A-Za-z]+|.)", latex[place:], re.DOTALL)
    if "arguments of macro" in message or "argument" in message:
        return f"has `{command[0] if command else latex}` without what it needs behind it"
    if begun := re.search(r"expecting \\end\{(.*)\}", message):
        return f"has `\\begin{{{begun[1]}}}` without its `\\end`"
    if "closing environment" in message or "environment" in message:
        return "has a `\\begin` and an `\\end` that do not belong together"
    return f"has `{command[0] if command else latex[place : place + 1] or '$'}` where nothing can stand"


class _TreeMaker:
    """Makes a tree of pylatexenc's nodes."""

    def __init__(self) -> None:
        self.problems: list[FormulaError] = []

    def lines(self, nodes: Iterable[Any]) -> Node:
        """A whole formula, which may have several lines without an environment."""
        rows = self._cells(nodes)
        return rows[0][0] if len(rows) == 1 and len(rows[0]) == 1 else Rows(rows, is_aligned=True)

    def _cells(self, nodes: Iterable[Any]) -> tuple[tuple[Node, ...], ...]:
        rows: list[list[list[_Item]]] = [[[]]]
        for item in self._items(deque(nodes)):
            if isinstance(item, _TexMark) and item.sign == "&":
                rows[-1].append([])
            elif isinstance(item, _TexMark) and item.sign == "\\":
                rows.append([[]])
            else:
                rows[-1][-1].append(item)
        if len(rows) > 1 and rows[-1] == [[]]:
            rows.pop()
        return tuple(tuple(self._assembled(cell) for cell in row) for row in rows)

    def _row(self, nodes: Iterable[Any]) -> Node:
        return self._assembled(
            [
                item
                for item in self._items(deque(nodes))
                if not (isinstance(item, _TexMark) and item.sign in ("&", "\\"))
            ]
        )

    # What stands beside each other.

    def _items(self, nodes: deque[Any]) -> Iterator[_Item]:
        while nodes:
            node = nodes.popleft()
            if node is None or isinstance(node, LatexCommentNode):
                continue
            if isinstance(node, LatexCharsNode):
                yield from self._characters(node.chars, node.pos or 0)
            elif isinstance(node, LatexSpecialsNode):
                yield _TexMark(node.specials_chars, node.pos or 0)
            elif isinstance(node, LatexGroupNode):
                yield _grouped(self._row(node.nodelist))
            elif isinstance(node, LatexMathNode):
                yield self._row(node.nodelist)
            elif isinstance(node, LatexEnvironmentNode):
                yield self._environment(node)
            elif isinstance(node, LatexMacroNode):
                yield from self._macro(node, nodes)

    def _characters(self, text: str, place: int) -> Iterator[_Item]:
        for found in _WORD.finditer(text):
            word = found[0]
            if word in _MERGED:
                yield symbols.NAMED[_MERGED[word]]
            elif word in ("^", "_", "'"):
                yield _TexMark(word, place + found.start())
            elif word == _PERCENT:
                yield Atom("%", "%")
            elif not word.isspace() and word != "\\":  # of `\\(`, which pylatexenc may leave as it is
                yield symbols.of_character(word)

    def _macro(self, node: Any, following: deque[Any]) -> Iterator[_Item]:
        name = "%" if node.macroname == _PERCENT else str(node.macroname)
        if name in ("left", "right"):
            yield _TexMark(name, node.pos)
        elif name in ("\\", "cr", "newline"):
            yield _TexMark("\\", node.pos)
        elif name in commands.SPACES:
            yield Atom(commands.SPACES[name], commands.SPACES[name], "space")
        elif name in commands.NOTHING or name in commands.HIDDEN:
            return
        elif name in commands.SPECS:
            if name == "pmod":
                yield Atom(" ", " ", "space")
            yield self._command(name, [self._argument(one, following) for one in _arguments(node, following)])
        elif (atom := symbols.of_command(name)) is not None:
            yield atom
        else:
            self.problems.append(FormulaError(f"has the command `\\{name}`, which is not known", node.pos))
            yield Atom(name, name, "function")

    def _argument(self, node: Any, following: deque[Any]) -> list[Any] | None:
        """The nodes of one argument."""
        if node is None:
            return None
        if isinstance(node, LatexGroupNode):
            return list(node.nodelist)
        if isinstance(node, LatexMacroNode) and node.nodeargd is None:
            wanted = commands.SPECS.get(node.macroname, "").count("{")
            return [node, *(_next(following) for _ in range(wanted) if following)]
        return [node]

    def _command(self, name: str, arguments: list[list[Any] | None]) -> Node:
        parts = [self._row(one) if one is not None else None for one in arguments]
        last = parts[-1] if parts and parts[-1] is not None else Sequence(())
        if name in commands.TEXTS:
            return _sequence(self._words(arguments[-1] or []))
        if name == "operatorname":
            words = "".join(one.unicode for one in self._words(arguments[-1] or []) if isinstance(one, Atom)).strip()
            return Atom(words, words, "function", arguments[0] is not None)
        if name == "rule":
            return Atom("─" * _RULE_CELLS, "-" * _RULE_CELLS, "text")
        if name == "hspace":
            return Atom(blank := " " * _cells(arguments[-1] or []), blank, "space")
        if name in commands.ACCENTS:
            mark, word = commands.ACCENTS[name]
            # As in `\hat{y_i}`, where the hat belongs on the y.
            if isinstance(last, Script):
                return Script(Accent(last.base, mark, word), last.below, last.above)
            return Accent(last, mark, word)
        if name in commands.FONTS:
            return _in_alphabet(last, commands.FONTS[name]) if commands.FONTS[name] else last
        if name in commands.FRACTIONS:
            return Fraction(parts[0] or Sequence(()), last, commands.FRACTIONS[name])
        if name == "sqrt":
            return Root(last, parts[0])
        if name in commands.OVER:
            over = parts[0] or Sequence(())
            return Script(last, None, over) if commands.OVER[name] == "above" else Script(last, over, None)
        if name in commands.ARROWS:
            arrow = symbols.of_character(commands.ARROWS[name])
            return Script(arrow, None, last)
        if name == "not":
            return _negated(last)
        if name == "pmod":
            modulus = Sequence((Atom("mod", "mod", "function"), last))
            return Fenced(symbols.of_character("("), modulus, symbols.of_character(")"))
        return last

    def _words(self, nodes: Iterable[Any]) -> list[Node]:
        """An argument that is words, in which formulas may stand."""
        made: list[Node] = []
        for node in nodes:
            if isinstance(node, LatexCharsNode):
                words = re.sub(r"\s+", " ", node.chars.replace(_PERCENT, "%").replace("~", " ").replace("``", '"'))
                words = words.replace("''", '"').replace("`", "'")
                made.append(Atom(words, words, "text"))
            elif isinstance(node, LatexGroupNode):
                made += self._words(node.nodelist)
            else:
                made.append(self._row([node]))
        return _joined_words(made)

    def _environment(self, node: Any) -> Node:
        name = node.environmentname
        rows = self._cells(node.nodelist)
        if name in commands.MATRICES:
            around = [symbols.of_character(sign) if sign != " " else None for sign in commands.MATRICES[name]]
            opening, closing = (*around, None, None)[:2]
            return Rows(rows, opening, closing)
        if name not in commands.ALIGNED:
            sentence = f"has `\\begin{{{name}}}`, an environment that is not known"
            self.problems.append(FormulaError(sentence, node.pos))
        return Rows(rows, is_aligned=True)

    # Indices, exponents and brackets.

    def _assembled(self, items: list[_Item]) -> Node:
        left = deque(items)
        levels: list[_Level] = [_Level(None, 0, False)]
        while left:
            item = left.popleft()
            here = levels[-1].items
            match item:
                case _TexMark(sign="left", place=place):
                    levels.append(_Level(_bracket(left), place, True))
                    continue
                case _TexMark(sign="right", place=place):
                    while len(levels) > 1 and not levels[-1].is_stretched:
                        _dissolve(levels)
                    closing = _bracket(left)
                    if len(levels) == 1:
                        self.problems.append(FormulaError("has a `\\right` without a `\\left`", place))
                        here = levels[-1].items
                        here.append(closing)
                        continue
                    level = levels.pop()
                    opening = level.opening or _EMPTY
                    levels[-1].items.append(Fenced(opening, _sequence(level.items), closing))
                case Atom(kind="bar"):
                    if levels[-1].opening == item and not levels[-1].is_stretched and levels[-1].items:
                        level = levels.pop()
                        levels[-1].items.append(Fenced(item, _sequence(level.items), item))
                    else:
                        levels.append(_Level(item, 0, False))
                    continue
                case Atom(kind="open"):
                    levels.append(_Level(item, 0, False))
                    continue
                case Atom(kind="close"):
                    while len(levels) > 1 and _is_bar(levels[-1]):
                        _dissolve(levels)
                    if len(levels) == 1 or levels[-1].is_stretched:
                        levels[-1].items.append(item)
                    else:
                        level = levels.pop()
                        assert level.opening is not None
                        levels[-1].items.append(Fenced(level.opening, _sequence(level.items), item))
                case _TexMark(sign="^" | "_" | "'"):
                    left.appendleft(item)
                    base = here.pop() if here else Sequence(())
                    here.append(self._scripted(base, left))
                case _TexMark():
                    pass
                case _:
                    here.append(item)
        while len(levels) > 1:
            if levels[-1].is_stretched:
                self.problems.append(FormulaError("has a `\\left` without a `\\right`", levels[-1].place))
            _dissolve(levels)
        return _sequence(levels[0].items)

    def _scripted(self, base: Node, left: deque[_Item]) -> Node:
        """A part with what stands below and above it, which `left` begins with."""
        found: dict[str, Node] = {}
        primes: list[Node] = []
        while left and isinstance(left[0], _TexMark) and left[0].sign in ("^", "_", "'"):
            mark = left.popleft()
            assert isinstance(mark, _TexMark)
            if mark.sign == "'":
                primes.append(symbols.NAMED["prime"])
                continue
            if mark.sign in found:
                what = "an exponent" if mark.sign == "^" else "an index"
                self.problems.append(FormulaError(f"has {what} on {what}, expected braces around one", mark.place))
                left.appendleft(mark)
                return self._scripted(_script(base, found, primes), left)
            if not left or (isinstance(left[0], _TexMark) and left[0].sign not in ("left", "right")):
                self.problems.append(FormulaError(f"has `{mark.sign}` with nothing behind it", mark.place))
                found[mark.sign] = Sequence(())
                continue
            taken = left.popleft()
            found[mark.sign] = _bracket(left) if isinstance(taken, _TexMark) else taken
        return _script(base, found, primes)


class _Level:
    """What is read since a bracket was opened."""

    def __init__(self, opening: Atom | None, place: int, is_stretched: bool) -> None:
        self.opening = opening
        self.place = place
        self.is_stretched = is_stretched
        """Whether `\\left` opened it, so that `\\right` closes it."""
        self.items: list[Node] = []


_EMPTY = Atom("", "", "open")


def _is_bar(level: _Level) -> bool:
    return level.opening is not None and level.opening.kind == "bar" and not level.is_stretched


def _dissolve(levels: list[_Level]) -> None:
    """Leave a bracket that nothing closes as a sign among the others."""
    level = levels.pop()
    if level.opening is not None:
        levels[-1].items.append(level.opening)
    levels[-1].items += level.items


def _bracket(left: deque[_Item]) -> Atom:
    """The bracket behind `\\left` or `\\right`, taken away; empty for `.` and where there is none."""
    if not left or not isinstance(left[0], Atom):
        return _EMPTY
    atom = left.popleft()
    assert isinstance(atom, Atom)
    if atom.unicode == ".":
        return _EMPTY
    return symbols.NAMED[_DELIMITERS[atom.unicode]] if atom.unicode in _DELIMITERS else atom


def _script(base: Node, found: dict[str, Node], primes: list[Node]) -> Node:
    above = found.get("^")
    if primes:
        above = _sequence([*primes, *([above] if above is not None else [])])
    return Script(base, found.get("_"), above)


def _sequence(items: list[Node]) -> Node:
    return items[0] if len(items) == 1 else Sequence(tuple(items))


def _arguments(node: Any, following: deque[Any]) -> list[Any]:
    """A command's arguments. One that is an argument itself, as in `\\hat\\mathbf{x}`, has left its own behind it."""
    if node.nodeargd is not None:
        return list(node.nodeargd.argnlist)
    return [_next(following) if sign == "{" and following else None for sign in commands.SPECS[node.macroname]]


def _grouped(node: Node) -> Node:
    """What stands in braces; a sign alone there has no spaces around it, as in `1{,}000`."""
    if isinstance(node, Atom) and node.kind in ("comma", "binary", "relation"):
        return Atom(node.unicode, node.ascii)
    return node


def _next(following: deque[Any]) -> Any:
    """The first of some nodes, taken away: of characters the first that is not blank."""
    node = following.popleft()
    if isinstance(node, LatexCharsNode) and len(text := node.chars.lstrip()) > 1:
        place = (node.pos or 0) + len(node.chars) - len(text)
        following.appendleft(LatexCharsNode(text[1:], pos=place + 1, len=len(text) - 1))
        return LatexCharsNode(text[0], pos=place, len=1)
    return node


def _joined_words(parts: list[Node]) -> list[Node]:
    """Parts in which words and the signs among them, as in `in\\_features`, are one."""
    made: list[Node] = []
    for part in parts:
        last = made[-1] if made else None
        if (
            isinstance(part, Atom)
            and isinstance(last, Atom)
            and {part.kind, last.kind} <= {"text", "ordinary", "space"}
        ):
            made[-1] = Atom(last.unicode + part.unicode, last.ascii + part.ascii, "text")
        else:
            made.append(part)
    return made


def _cells(nodes: Iterable[Any]) -> int:
    """How many cells wide a distance such as `5mm` is, about."""
    found = re.match(r"(\d*\.?\d+)\s*(mm|cm|pt|em|ex|in)", "".join(getattr(node, "chars", "") for node in nodes))
    return min(round(float(found[1]) * _CELLS_OF[found[2]]), MOST_CELLS) if found is not None else 0


def _in_alphabet(node: Node, alphabet: str) -> Node:
    match node:
        case Atom(unicode=text) if text.isascii() and text.isalnum():
            changed = "".join(symbols.in_alphabet(character, alphabet) for character in text)
            return Atom(changed, node.ascii, node.kind)
        case Sequence(items=items):
            return Sequence(tuple(_in_alphabet(item, alphabet) for item in items))
        case _:
            return node


def _negated(node: Node) -> Node:
    if not isinstance(node, Atom) or not node.unicode:
        return Sequence((symbols.NAMED["neg"], node))
    spelled = "!=" if node.ascii == "=" else f"not {node.ascii}"
    return Atom(unicodedata.normalize("NFC", f"{node.unicode}\u0338"), spelled, "relation")
