"""What Textual looks up in each class of widgets as it is made, looked up once for each of its bases.

It wants the names of methods that begin with `compute_`, and has `dir` list and sort all of a widget's names for that,
some five hundred. And it makes the bindings of all bases again, to merge them. A hundred such classes are made until
the first frame, and this has to be there before they are.
"""

from __future__ import annotations

from collections.abc import Iterable
from weakref import WeakKeyDictionary

from textual import dom
from textual.binding import Binding, BindingsMap, BindingType

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


class KeptBindings(BindingsMap):
    """Textual's, made once of each list of declared bindings, as long as the same ones are in it."""

    def __init__(self, bindings: Iterable[BindingType] | None = None) -> None:
        if not bindings or not isinstance(bindings, list):
            super().__init__(bindings)
            return
        declared = tuple(bindings)
        _, known, made = _kept.get(id(bindings), (None, None, {}))
        if known != declared:
            super().__init__(bindings)
            made = self.key_to_bindings
            _kept[id(bindings)] = bindings, declared, made
        # With lists of its own: bindings can be added to them.
        self.key_to_bindings = {key: [*found] for key, found in made.items()}


_kept: dict[int, tuple[list[BindingType], tuple[BindingType, ...], dict[str, list[Binding]]]] = {}
"""By a list's id: that list, so that no other gets the id, what was in it, and its bindings by keys."""


def make_them_faster() -> None:
    """Have Textual's `DOMNode` use these where it makes a subclass: it asks `dir` for nothing else."""
    dom.dir = names_of_computes  # pyright: ignore[reportAttributeAccessIssue]
    dom.BindingsMap = KeptBindings  # pyright: ignore[reportPrivateImportUsage]
