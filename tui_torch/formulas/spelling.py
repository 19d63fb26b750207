"""Writes a formula on one line, in Unicode or ASCII.

What stands around a sign decides its spaces, as in TeX: `a − b`, but `−b`. In an index or exponent there are none.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from collections.abc import Sequence as Several
from dataclasses import dataclass
from typing import Literal

from tui_torch.formulas.scripts import lowered, raised
from tui_torch.formulas.tree import Accent, Atom, AtomKind, Fenced, Fraction, Node, Root, Rows, Script, Sequence

PieceKind = AtomKind | Literal["fraction", "fenced", "tall"]

MOST_MARKED = 3
"""Maximum number of letters of which each gets a mark, such as a bar; the mark of more is written as a word."""
LONGEST_WORD_BELOW = 2
"""Maximum number of letters of a word whose letters are made into an index."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a line, and what decides the spaces around it."""

    text: str
    kind: PieceKind
    starts_as_word: bool = False
    """Whether a letter or digit right before it would seem to belong to it."""
    ends_as_word: bool = False


def spelled(node: Node, *, ascii_only: bool = False) -> str:
    """A formula on one line."""
    return Speller(ascii_only).text(node)


class Speller:
    """Writes parts of formulas on one line.

    Args:
        ascii_only: Whether to use ASCII alone, with names for letters.
        is_tight: Whether there are no spaces around signs, as in an exponent.
    """

    def __init__(self, ascii_only: bool, *, is_tight: bool = False) -> None:
        self._ascii = ascii_only
        self._is_tight = is_tight
        self.tight = self if is_tight else Speller(ascii_only, is_tight=True)

    def text(self, node: Node) -> str:
        """A part, without what would be needed around it in a product."""
        return self.indented(node).lstrip()

    def indented(self, node: Node) -> str:
        """The same with the blanks that it begins with, as lines of an algorithm do."""
        pieces = self.pieces(items_of(node))
        parts = zip(self.gaps(pieces), pieces, strict=True)
        return "".join(f"{gap}{piece.text}" for gap, piece in parts).rstrip()

    def pieces(self, items: Several[Node]) -> list[Piece]:
        """What stands beside each other."""
        made: list[Piece] = []
        for place, item in enumerate(items):
            following = items[place + 1] if place + 1 < len(items) else None
            made.append(self._piece(item, following))
        return made

    def _piece(self, node: Node, following: Node | None) -> Piece:
        match node:
            case Atom():
                return self._atom(node)
            case Fraction(has_line=True):
                text = self._fraction(node)
                in_product = following is not None and not is_derivative_sign(node.above) and multiplies(following)
                return Piece(f"({text})" if in_product else text, "fraction")
            case Fraction():
                return Piece(f"({self.text(node.above)} choose {self.text(node.below)})", "fenced")
            case Script():
                return self._script(node)
            case Root():
                return self._root(node)
            case Accent():
                return self._accent(node)
            case Fenced():
                return Piece(self._fenced(node), "fenced")
            case Rows():
                return Piece(self._rows(node), "fenced")
            case Sequence(items=items):
                pieces = self.pieces(items)
                kind = pieces[0].kind if len(pieces) == 1 else "ordinary"
                starts, ends = (pieces[0].starts_as_word, pieces[-1].ends_as_word) if pieces else (False, False)
                return Piece(self.text(node), kind, starts, ends)

    def _atom(self, atom: Atom) -> Piece:
        text = atom.ascii if self._ascii else atom.unicode
        is_word = atom.kind in ("ordinary", "function") and len(text) > 1 and text.isalpha()
        return Piece(text, atom.kind, is_word, is_word)

    def bracketed(self, node: Node) -> str:
        """A part, in brackets if it is more than one thing."""
        text = self.text(node)
        return text if is_one_thing(node) else f"({text})"

    def _fraction(self, node: Fraction) -> str:
        above, below = self.text(node.above), self.text(node.below)
        if has_signs(node.above):
            above = f"({above})"
        if not is_one_divisor(node.below):
            below = f"({below})"
        return f"{above}/{below}"

    def _root(self, node: Root) -> Piece:
        body = self.bracketed(node.body)
        if self._ascii:
            inner = self.text(node.body)
            if node.degree is None:
                return Piece(f"sqrt({inner})", "ordinary", starts_as_word=True)
            return Piece(f"{body}^(1/{self.tight.bracketed(node.degree)})", "ordinary", *_edges(body))
        degree = "" if node.degree is None else self.tight.text(node.degree)
        above = raised(degree)
        return Piece(
            f"{above}√{body}" if above is not None else f"{body}^(1/{self.tight.bracketed(node.degree or node.body)})",
            "ordinary",
        )

    def _accent(self, node: Accent) -> Piece:
        text = self.text(node.body)
        if self._ascii:
            return (
                Piece(f"{text}_{node.name}", "ordinary", len(text) > 1, True)
                if text.isalnum()
                else Piece(f"{node.name}({text})", "ordinary", starts_as_word=True)
            )
        if 0 < len(unicodedata.normalize("NFC", text)) <= MOST_MARKED and not any(map(str.isspace, text)):
            # The letter first, then each mark: an accented letter has one of its own already.
            marked = "".join(letter if unicodedata.combining(letter) else letter + node.mark for letter in text)
            return Piece(unicodedata.normalize("NFC", marked), "ordinary")
        return Piece(f"{node.name}({text})", "ordinary", starts_as_word=True)

    def _fenced(self, node: Fenced) -> str:
        opening, closing = (one.ascii if self._ascii else one.unicode for one in (node.opening, node.closing))
        # What ends in an opening bracket of its own, such as `floor(`, is spelled as a function.
        return f"{opening}{self.text(node.body)}{closing}"

    def _rows(self, node: Rows) -> str:
        opening, closing = (
            (one.ascii if self._ascii else one.unicode) if one else "" for one in (node.opening, node.closing)
        )
        if node.is_aligned:
            lines = [self.text(Sequence(tuple(one for cell in row for one in items_of(cell)))) for row in node.rows]
        else:
            # Of cases, each with its condition, authors write the comma into the first column.
            between = ", " if opening and not closing else " "
            cells = [
                [self.text(cell).rstrip(",;. ") if between == ", " else self.text(cell) for cell in row]
                for row in node.rows
            ]
            lines = [between.join(filter(None, row)) for row in cells]
        return f"{opening}{'; '.join(filter(None, lines))}{closing}"

    def gaps(self, pieces: Several[Piece]) -> Iterator[str]:
        """What stands before each piece."""
        kinds = _signs_by_place(pieces)
        for place, piece in enumerate(pieces):
            if place == 0:
                yield ""
            elif kinds[place - 1] == kinds[place] == "fraction":
                yield " * " if self._ascii else " · "
            else:
                yield _gap(pieces[place - 1], kinds[place - 1], piece, kinds[place], self._is_tight)

    # Indices and exponents.

    def _script(self, node: Script) -> Piece:
        base = self._piece(node.base, None)
        text = base.text
        if isinstance(node.base, Sequence) and not is_one_thing(node.base) and node.base.items:
            base = Piece(f"({text})", "fenced")
        elif isinstance(node.base, Fraction | Root):
            base = Piece(text if text.startswith("(") else f"({text})", "fenced")
        below = self._moved(node.below, is_above=False)
        above = self._moved(node.above, is_above=True)
        kind: PieceKind = base.kind if base.kind in ("operator", "function", "relation", "binary") else "ordinary"
        # A character that is small already cannot be mistaken for a part of what is spelled.
        scripts = sorted((one for one in (below, above) if one is not None), key=lambda one: one.is_spelled)
        ends = scripts[-1].ends_as_word if scripts else base.ends_as_word
        return Piece(
            base.text + "".join(one.text for one in scripts),
            kind,
            base.starts_as_word or (self._ascii and base.ends_as_word),
            ends,
        )

    def _moved(self, node: Node | None, *, is_above: bool) -> _Moved | None:
        if node is None:
            return None
        text = self.tight.text(node)
        if not text:
            return None
        if not text.strip("′'"):
            return _Moved(text.replace("′′", "″"), is_spelled=False, ends_as_word=False)
        sign = "^" if is_above else "_"
        if not self._ascii and not _is_long_word(node) and not has_binary(node):
            small = (raised if is_above else lowered)(text)
            if small is not None:
                return _Moved(small, is_spelled=False, ends_as_word=False)
        if self._ascii and is_above and text[0] == "'":
            # Primes, and then an exponent.
            rest = text.lstrip("'")
            return _Moved(f"{text[: len(text) - len(rest)]}^{rest}", is_spelled=True, ends_as_word=True)
        if _needs_no_brackets(node, text):
            return _Moved(f"{sign}{text}", is_spelled=True, ends_as_word=True)
        return _Moved(f"{sign}({text})", is_spelled=True, ends_as_word=True)


@dataclass(frozen=True, slots=True)
class _Moved:
    """An index or exponent."""

    text: str
    is_spelled: bool
    """Whether a `_` or `^` stands for its place."""
    ends_as_word: bool


def _signs_by_place(pieces: Several[Piece]) -> list[PieceKind]:
    """The kinds of pieces, where a sign with nothing before or behind it is no binary one."""
    kinds: list[PieceKind] = [piece.kind for piece in pieces]
    before: PieceKind = "open"
    for place, kind in enumerate(kinds):
        if kind == "space":
            continue
        if kind == "binary" and before in ("open", "binary", "relation", "comma", "operator"):
            kinds[place] = "open"
        elif kind in ("relation", "close", "comma") and before == "binary":
            last = max(earlier for earlier in range(place) if kinds[earlier] == "binary")
            kinds[last] = "ordinary"
        before = kinds[place]
    if kinds and kinds[-1] == "binary":
        kinds[-1] = "ordinary"
    return kinds


def _gap(before: Piece, kind_before: PieceKind, piece: Piece, kind: PieceKind, is_tight: bool) -> str:
    if "space" in (kind_before, kind) or kind_before == "open" or kind in ("close", "comma"):
        return ""
    if {kind_before, kind} & {"binary", "relation"}:
        # A word, such as `in`, needs its spaces in an exponent, too.
        sign = before if kind_before in ("binary", "relation") else piece
        return " " if not is_tight or (len(sign.text) > 1 and sign.text[:1].isalpha()) else ""
    if kind_before == "comma":
        return "" if is_tight else " "
    if "text" in (kind_before, kind) and (before.text.endswith(" ") or piece.text.startswith(" ")):
        return ""
    if "operator" in (kind_before, kind) and (kind_before != "operator" or kind != "open"):
        return " "
    if kind == "function" or (kind_before == "function" and not piece.text.startswith("(")):
        return " "
    if {kind_before, kind} & {"fraction", "tall"}:
        return " "
    if (before.ends_as_word and (piece.text[:1].isalnum() or piece.text[:1] in "|‖√")) or (
        piece.starts_as_word and before.text[-1:].isalnum()
    ):
        return " "
    return ""


def _edges(text: str) -> tuple[bool, bool]:
    return len(text) > 1 and text[:1].isalpha(), False


def items_of(node: Node) -> tuple[Node, ...]:
    """The parts of a part that stand beside each other."""
    return node.items if isinstance(node, Sequence) else (node,)


def flat(node: Node) -> tuple[Node, ...]:
    """The same, without groups among them, and without spaces."""
    return tuple(
        one
        for item in items_of(node)
        for one in (flat(item) if isinstance(item, Sequence) else (item,))
        if not (isinstance(one, Atom) and one.kind == "space")
    )


def has_binary(node: Node) -> bool:
    """Whether there is a plus, minus or times between two things, on the first level."""
    items = flat(node)
    kinds = _signs_by_place([Piece("", item.kind if isinstance(item, Atom) else "ordinary") for item in items])
    return "binary" in kinds


def has_signs(node: Node) -> bool:
    """Whether a part would fall apart as what is divided: a sum, a comparison, a fraction."""
    apart = ("relation", "comma", "operator")
    items = flat(node)
    for place, item in enumerate(items):
        base = item.base if isinstance(item, Script) else item
        if isinstance(base, Atom) and base.kind == "function" and not _is_call(items[place:]):
            return len(items) > 1
        if isinstance(base, Fraction | Rows) or (isinstance(base, Atom) and base.kind in apart):
            return True
    return has_binary(node)


def _is_call(items: Several[Node]) -> bool:
    """Whether a name is followed by brackets, as in `log(x)`, with nothing behind that would belong to it, too."""
    return len(items) > 1 and isinstance(items[1], Fenced) and items[1].opening.unicode == "("


def is_one_thing(node: Node) -> bool:
    """Whether a part needs no brackets under a root or before an exponent."""
    items = flat(node)
    if items and all(isinstance(item, Atom) and item.kind == "function" for item in items):
        return True  # as in `arg min`
    return (len(items) == 1 and not isinstance(items[0], Fraction | Rows)) or not items


def is_derivative_sign(node: Node) -> bool:
    """Whether a part is d or ∂, with an exponent or without, and nothing else: `d/dx` is said of what follows."""
    items = flat(node)
    if len(items) != 1:
        return False
    item = items[0].base if isinstance(items[0], Script) else items[0]
    return isinstance(item, Atom) and item.unicode in ("d", "∂")


def is_one_divisor(node: Node) -> bool:
    """Whether a part can stand below a slash as it is: one thing, `∂w`, `f(x)`."""
    items = flat(node)
    if len(items) == 2:
        first, second = items
        if isinstance(first, Atom) and first.unicode in ("d", "∂", "Δ"):
            return not isinstance(second, Fraction | Rows)
        if isinstance(second, Fenced) and isinstance(first, Atom | Script):
            return second.opening.unicode == "("
    if len(items) == 1 and isinstance(items[0], Script) and isinstance(items[0].base, Atom):
        return items[0].base.kind not in ("operator", "function")
    return is_one_thing(node)


def multiplies(node: Node) -> bool:
    """Whether a part right behind a fraction would be read as a part of its divisor."""
    base = node
    while isinstance(base, Script):
        base = base.base
    match base:
        case Atom(kind=kind):
            return kind in ("ordinary", "operator", "function")
        case Fraction(has_line=True):
            return False
        case Sequence(items=items):
            return bool(items) and multiplies(items[0])
        case _:
            return True


def _is_long_word(node: Node) -> bool:
    return any(
        isinstance(item, Atom) and item.kind in ("text", "function") and len(item.unicode) > LONGEST_WORD_BELOW
        for item in flat(node)
    )


def _needs_no_brackets(node: Node, text: str) -> bool:
    items = flat(node)
    if len(items) == 1:
        one = items[0]
        return isinstance(one, Atom | Accent) or (
            isinstance(one, Fenced) and one.opening.unicode == "(" and one.closing.unicode == ")"
        )
    return not has_binary(node) and text.isascii() and text.removeprefix("-").isalnum()
