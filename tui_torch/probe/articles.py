"""The article before the name of a class: `an Odd`, `an LSTM`, `a UserWarning`."""

from __future__ import annotations

import re

_LETTERS_WITH_AN = "AEFHILMNORSX"
"""Letters whose own names begin with a vowel: an F, but a U."""
_SPELLED = re.compile(r"[A-Z](?:[B-DF-HJ-NP-TV-XZ]|\d|$|[A-Z][a-z])|n[dn](?:array\b|\b)")
"""How a name begins whose first letter is said by itself: LSTM, L1Loss, X, NAdam, ndarray; but not SELU."""
_WRITTEN_WITH_A_VOWEL = re.compile(r"(?i:uni(?![nm])|uint|ufunc|us[aeiu]|ut[ei]|eu|once)|[Oo]ne(?![a-z])")
"""How a name begins that is said with a consonant: Uniform, uint8, OneCycleLR."""


def article(name: str) -> str:
    """`a` or `an`, as the name is said."""
    said = name.lstrip("_")
    if _SPELLED.match(said):
        return "an" if said[0].upper() in _LETTERS_WITH_AN else "a"
    return "an" if said[:1] in set("aeiouAEIOU") and not _WRITTEN_WITH_A_VOWEL.match(said) else "a"


def an(name: str) -> str:
    """A name behind its article: `an Odd`."""
    return f"{article(name)} {name}"


def an_in_code(name: str) -> str:
    """A name in backticks behind its article."""
    return f"{article(name)} `{name}`"
