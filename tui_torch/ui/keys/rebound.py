"""The learner's own keys, under each name that one of them comes by: terminals name what they send differently."""

from __future__ import annotations

from collections.abc import Mapping

_SAME_KEY = (
    ("ctrl+space", "ctrl+@", "ctrl+at"),
    ("ctrl+backslash", "ctrl+\\"),
    ("ctrl+right_square_bracket", "ctrl+]"),
    ("ctrl+circumflex_accent", "ctrl+^"),
    ("ctrl+slash", "ctrl+/", "ctrl+underscore", "ctrl+_"),
)
"""Names of one key: in Kitty's protocol, and as a control character, which has no name for `ctrl+space`."""
_NAMES = {name: names for names in _SAME_KEY for name in names}


def by_every_name(keymap: Mapping[str, str]) -> dict[str, str]:
    """Return a keymap whose keys are heard in every terminal.

    Args:
        keymap: From the id of a binding to its keys, separated by commas.
    """
    return {binding: _by_every_name(keys) for binding, keys in keymap.items()}


def _by_every_name(keys: str) -> str:
    asked = [key.strip() for key in keys.split(",")]
    # The first one is shown, so what was written stays in front.
    return ",".join(dict.fromkeys([*asked, *(name for key in asked for name in _NAMES.get(key, ()))]))
