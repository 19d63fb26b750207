"""Lists of numbers and short texts from one line to the next: what a summary shows of them, copied to be made later."""

from __future__ import annotations

from tui_torch.probe.values.short_repr import LIMIT, list_repr
from tui_torch.protocol.events import Change, Summary

_KEPT = LIMIT // 3 + 2
"""Items that are kept: each takes three characters or more of the text, with what is between them."""

_ITEM = 10
"""Characters of an item in the text, about."""
_SMALL = frozenset({float, bool, type(None)})
"""Classes of which every object is small."""


class ListState:
    """A list as it was at one look; that it is unchanged, a check of its own tells."""

    __slots__ = ("identity",)

    def __init__(self, value: list[object]) -> None:
        self.identity = id(value)


class ListFacts:
    """What a summary shows of a list of numbers and texts that all have a quick check."""

    __slots__ = ("_count", "_first", "_text")

    def __init__(self, value: list[object]) -> None:
        self._count = len(value)
        self._first = value[:_KEPT]
        self._text: str | None = None
        if not _SMALL.issuperset(map(type, self._first)) and not all(map(_is_small, self._first)):
            self._text = self._made()
            self._first = []

    def _made(self) -> str:
        return list_repr(self._first, self._count)

    @property
    def size(self) -> int:
        """About how many bytes the summary will take."""
        return 400 + min(LIMIT, _ITEM * self._count)

    def summary(self, name: str, change: Change) -> Summary:
        """The summary, of which the text is made now."""
        text = self._made() if self._text is None else self._text
        return Summary(name, "value", "list", text=text, change=change)


def _is_small(item: object) -> bool:
    """Whether a number or a text takes little memory, and may be kept until the text is made."""
    if type(item) is int:
        return item.bit_length() <= 64
    return type(item) is not str or len(item) <= LIMIT
