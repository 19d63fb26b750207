"""What a formula is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

AtomKind = Literal[
    "ordinary", "operator", "function", "binary", "relation", "open", "close", "bar", "comma", "space", "text"
]
"""What decides the spaces around an atom: `operator` is a sum or the like, `function` a name such as log."""


@dataclass(frozen=True, slots=True)
class Atom:
    """A letter, a number, a sign or a name."""

    unicode: str
    ascii: str
    kind: AtomKind = "ordinary"
    has_limits: bool = False
    """Whether what stands below and above it stands there, and not beside it, in a formula on several lines."""


@dataclass(frozen=True, slots=True)
class Sequence:
    """Parts of a formula beside each other."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Script:
    """Something with an index, an exponent or both."""

    base: Node
    below: Node | None
    above: Node | None


@dataclass(frozen=True, slots=True)
class Fraction:
    """One thing over another, with a line between them or, as in a binomial coefficient, none."""

    above: Node
    below: Node
    has_line: bool = True


@dataclass(frozen=True, slots=True)
class Root:
    """A square root, or one of another degree."""

    body: Node
    degree: Node | None = None


@dataclass(frozen=True, slots=True)
class Accent:
    """Something with a hat, a bar, an arrow or the like."""

    body: Node
    mark: str
    """A combining character."""
    name: str
    """The mark in words, such as `hat`."""


@dataclass(frozen=True, slots=True)
class Fenced:
    """Something in brackets or between bars."""

    opening: Atom
    body: Node
    closing: Atom


@dataclass(frozen=True, slots=True)
class Rows:
    """A matrix, cases, or lines that belong together."""

    rows: tuple[tuple[Node, ...], ...]
    opening: Atom | None = None
    closing: Atom | None = None
    is_aligned: bool = False
    """Whether the columns are the halves of equations, which meet where `&` stands."""


Node = Atom | Sequence | Script | Fraction | Root | Accent | Fenced | Rows
