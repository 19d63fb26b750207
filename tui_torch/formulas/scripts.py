"""The indices and exponents that Unicode has characters for."""

from __future__ import annotations

_ABOVE = dict(
    zip(
        "0123456789+−=()abcdefghijklmnoprstuvwxyzABDEGHIJKLMNOPRTUVWβγδθφχ⊤′*†∗",
        "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴺᴼᴾᴿᵀᵁⱽᵂᵝᵞᵟᶿᵠᵡᵀ′*†*",
        strict=True,
    )
)
_BELOW = dict(zip("0123456789+−=()aehijklmnoprstuvxβγρφχ", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩᵪ", strict=True))


def raised(text: str) -> str | None:
    """A text as an exponent; None where Unicode lacks a character of it."""
    return _moved(text, _ABOVE)


def lowered(text: str) -> str | None:
    """A text as an index; None where Unicode lacks a character of it."""
    return _moved(text, _BELOW)


def _moved(text: str, table: dict[str, str]) -> str | None:
    return "".join(table[character] for character in text) if all(character in table for character in text) else None
