"""What Textual looks up in each class of widgets as it is made, looked up once for each of its bases.

It wants the names of methods that begin with `compute_`, and has `dir` list and sort all of a widget's names for that,
some five hundred. A hundred such classes are made until the first frame, and this has to be there before they are.
"""

from __future__ import annotations

from weakref import WeakKeyDictionary

from textual import dom

_BEGINNINGS = ("compute_", "_compute_")

_own: WeakKeyDictionary[type, tuple[str, ...]] = WeakKeyDictionary()
"""Those of a class itself, without its bases'."""


def names_of_computes(cls: type) -> list[str]:
    """The names in `dir(cls)` that begin as those of methods do that compute a reactive attribute."""
    found: dict[str, None] = {}
    for base in cls.__mro__:
        names = _own.get(base)
        if names is None:
            names = _own[base] = tuple(name for name in vars(base) if name.startswith(_BEGINNINGS))
        found.update(dict.fromkeys(names))
    return sorted(found)


def make_them_faster() -> None:
    """Have Textual's `DOMNode.__init_subclass__`, which asks `dir` for nothing else, be given these names alone."""
    dom.dir = names_of_computes  # pyright: ignore[reportAttributeAccessIssue]
