"""How a key is declared, and what is made of the declaration: Textual's bindings, when it works, a table of help."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import KW_ONLY
from typing import Generic, TypeVar

from textual.binding import Binding, BindingType

from tui_torch.protocol.late_dataclass import dataclass

_WRITTEN = {
    "question_mark": "?",
    "slash": "/",
    "backslash": "\\",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "left_curly_bracket": "{",
    "right_curly_bracket": "}",
    "plus": "+",
    "minus": "-",
    "equals_sign": "=",
    "less_than_sign": "<",
    "greater_than_sign": ">",
    "escape": "esc",
}
"""How keys are written where their name is not what stands on them."""


C = TypeVar("C", contravariant=True)
"""What the keys of a table depend on."""


def always(_: object) -> bool:
    """Holds at any time."""
    return True


@dataclass(frozen=True, slots=True)
class Key(Generic[C]):
    """One action and the keys that do it."""

    name: str
    """Names this key here, and in `[keys]` of config.toml, unless `rebindable` is False."""
    keys: str
    """Textual's names of the keys, separated by commas; the first is the one that is written."""
    action: str
    """The action of the widget, with its parameters: `scrub(1)`."""
    label: str = ""
    """What the footer says it does, and Textual's list of keys."""
    _: KW_ONLY
    in_footer: bool = False
    """Whether the footer of its screen shows it; that of the lesson screen shows what `footer.py` has."""
    written: str | None = None
    """How the footer writes the key; None leaves that to Textual."""
    priority: bool = False
    """Whether it comes before what the focused widget does with the key."""
    tooltip: str = ""
    """What it does, as the palette tells it; empty where the key has a row of the help for itself."""
    rebindable: bool = True
    like: str = ""
    """The name of the key of another widget that does the same: whoever binds that to another key binds this, too."""
    works: Callable[[C], bool] = always
    """Whether it does anything now; a key that does not is left to the widgets around."""

    @property
    def bound_as(self) -> str:
        """The name in `[keys]` of config.toml that binds it to other keys; empty if none does."""
        return (self.like or self.name) if self.rebindable else ""

    def binding(self) -> Binding:
        """The key as Textual declares it."""
        return Binding(
            self.keys,
            self.action,
            self.label,
            show=self.in_footer,
            key_display=self.written,
            priority=self.priority,
            tooltip=self.tooltip,
            id=self.bound_as or None,
        )


def pane_key(name: str, keys: str, action: str, label: str, tooltip: str = "") -> Key[object]:
    """A key of one pane that only the help mentions."""
    return Key(name, keys, action, label, tooltip=tooltip, rebindable=False)


@dataclass(frozen=True, slots=True)
class HelpRow:
    """One row of a table of keys. `{name}` stands for the first key of that name, `{name:2}` for its second."""

    keys: str
    sentence: str
    in_help: bool = True
    """Whether the help screen has it, too, and not the README alone."""


class KeyTable(Generic[C]):
    """The keys of one widget, in the order of the footer, and their rows in the help, in the order of the help."""

    def __init__(self, *keys: Key[C], help: tuple[HelpRow, ...] = ()) -> None:
        self.keys = keys
        self.help = help
        self._by_action = {_name_of(key.action): key for key in reversed(keys)}

    def bindings(self) -> list[BindingType]:
        """What a widget declares as its `BINDINGS`."""
        return [key.binding() for key in self.keys]

    def works(self, action: str, conditions: C) -> bool:
        """Whether an action does anything now; True for an action that is none of the table's.

        Args:
            action: The action's name, with or without its parameters.
            conditions: What holds at the moment.
        """
        key = self._by_action.get(_name_of(action))
        return key is None or key.works(conditions)

    def __contains__(self, action: str) -> bool:
        return _name_of(action) in self._by_action


def _name_of(action: str) -> str:
    """An action's name without its parameters."""
    return action.partition("(")[0]


def written(key: str) -> str:
    """A key of Textual's as a person writes it: `?` for `question_mark`, `ctrl+/` for `ctrl+slash`, `F5` for `f5`."""
    if re.fullmatch(r"f\d+", key):
        return key.upper()
    held, plus, last = key.rpartition("+")
    return held + plus + _WRITTEN.get(last, last)
