"""The keys as they are bound now: those that are declared, and the learner's own in place of some."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

from tui_torch.ui.keys.declared import TABLES
from tui_torch.ui.keys.table import HelpRow, KeyTable, written

_DECLARED = {key.name: key for table in TABLES for key in table.keys}

_PLACEHOLDER = re.compile(r"\{([a-z][\w.-]*)(?::(\d))?\}")
_OTHER = re.compile(r" or \{([a-z][\w.-]*):(\d)\}")
"""A key besides the first, which whoever binds one key to the action does not have."""


class BoundKeys:
    """Writes keys into sentences and tables: `{name}` becomes the first key of that name, `{name:2}` its second."""

    def __init__(self, own: Mapping[str, str] | None = None) -> None:
        """Take the learner's own keys, separated by commas, by the names of those that can be bound to others."""
        own = own or {}
        self._keys = {
            name: [one.strip() for one in own.get(key.bound_as, key.keys).split(",")] for name, key in _DECLARED.items()
        }

    def plain(self, name: str, number: int = 1) -> str:
        """Return a key, such as `F5`: the first of that name, or number `number`, from 1; the last where it has fewer.

        Raises:
            KeyError: No key has that name.
        """
        keys = self._keys[name]
        return written(keys[min(number, len(keys)) - 1])

    def has(self, name: str, number: int) -> bool:
        """Whether there are so many keys of that name."""
        return len(self._keys[name]) >= number

    def in_words(self, text: str) -> str:
        """The text with keys in place of their names, as they are written outside Markdown."""
        return _PLACEHOLDER.sub(lambda found: self.plain(found[1], int(found[2] or 1)), text)

    def spelled_out(self, text: str) -> str:
        """Markdown with keys in place of their names; ` or {name:2}` is left out where there is no second key."""
        text = _OTHER.sub(lambda found: found[0] if self.has(found[1], int(found[2])) else "", text)
        return _PLACEHOLDER.sub(lambda found: f"`{self.plain(found[1], int(found[2] or 1))}`", text)

    def rows_in_markdown(self, rows: tuple[HelpRow, ...]) -> str:
        """Rows of help as a Markdown table."""
        return self.spelled_out(rows_by_name(rows))

    def help_table(self, table: KeyTable[Any]) -> str:
        """The keys of a table for the help screen, as a Markdown table."""
        return self.spelled_out(table_by_name(table))


def rows_by_name(rows: tuple[HelpRow, ...]) -> str:
    """Rows of help as a Markdown table in which keys stand by their names."""
    return "\n".join(("| key | does |", "| --- | --- |", *(f"| {row.keys} | {row.sentence} |" for row in rows)))


def table_by_name(table: KeyTable[Any]) -> str:
    """The keys of a table for the help screen, which stand by their names."""
    return rows_by_name(tuple(row for row in table.help if row.in_help))


@runtime_checkable
class _HasKeys(Protocol):
    bound_keys: BoundKeys


DEFAULT = BoundKeys()
"""The keys as they are declared."""


def keys_of(app: object) -> BoundKeys:
    """The keys of an app: the declared ones in an app that has no others, such as a widget's own in a test."""
    return app.bound_keys if isinstance(app, _HasKeys) else DEFAULT
