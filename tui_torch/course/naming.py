"""Names in error sentences: the closest one, a list of them, and text in backticks."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches
from itertools import islice

_LONGEST_NAME = 80
"""Maximum length of a name in a sentence; longer ones are cut."""
_LONGEST_COMPARED = 40
"""Maximum length of a name that is compared, since the comparison is quadratic."""
_MOST_NAMES = 12
"""Maximum number of names that a sentence lists."""
MOST_GUESSES = 10
"""Maximum number of wrong names of one kind for which to look for the closest: a hostile file could have thousands."""


def closest(name: str, names: Collection[str]) -> str | None:
    """The one of `names` that is most similar to `name`; None if none is similar."""
    if len(name) > _LONGEST_COMPARED:
        return None
    return next(iter(get_close_matches(name, [one for one in names if len(one) <= _LONGEST_COMPARED], n=1)), None)


def did_you_mean(name: str, names: Collection[str]) -> str:
    """The end of a sentence about an unknown name: `; did you mean …?`, or `, expected one of …`."""
    if near := closest(name, names):
        return f"; did you mean {in_backticks(near)}?"
    return f", expected {one_of(names)}" if names else ""


def one_of(names: Collection[str]) -> str:
    """The first 12 names, as `a`, `b` or `c`, each in backticks; empty for no names."""
    first = [in_backticks(name) for name in islice(names, _MOST_NAMES)]
    others = len(names) - len(first)
    *most, last = [*first, f"{others} others"] if others else first or [""]
    return f"{', '.join(most)} or {last}" if most else last


def in_backticks(text: str) -> str:
    """Text in backticks, on one line, cut after 80 characters."""
    line = on_one_line(text)
    return f"`{line if len(line) <= _LONGEST_NAME else line[: _LONGEST_NAME - 1] + '…'}`"


def on_one_line(text: str) -> str:
    """Text with every run of blanks as one: line ends in a name could make one file's error look like another's."""
    return " ".join(text.split())


def key_in(course: str, name: str) -> str:
    """A lesson's or problem's id with the name of its course before it: `intro:gradients`; alone in the tutor's own.

    Neither holds a colon.
    """
    return f"{course}:{name}" if course else name
