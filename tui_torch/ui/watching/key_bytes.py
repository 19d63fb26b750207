"""What a terminal sends for a key, for a program to which keys are passed on."""

from __future__ import annotations

from textual.events import Key

_FINAL = {"up": "A", "down": "B", "right": "C", "left": "D", "home": "H", "end": "F"}
_NUMBERED = {
    "insert": 2,
    "delete": 3,
    "pageup": 5,
    "pagedown": 6,
    "f5": 15,
    "f6": 17,
    "f7": 18,
    "f8": 19,
    "f9": 20,
    "f10": 21,
    "f11": 23,
    "f12": 24,
}
_FUNCTION = {"f1": "P", "f2": "Q", "f3": "R", "f4": "S"}
_ALONE = {"enter": "\r", "tab": "\t", "escape": "\x1b", "backspace": "\x7f", "space": " ", "shift+tab": "\x1b[Z"}
_CONTROL = {
    "space": "\0",
    "@": "\0",
    "at": "\0",
    "backspace": "\x08",
    "enter": "\r",
    "left_square_bracket": "\x1b",
    "backslash": "\x1c",
    "right_square_bracket": "\x1d",
    "circumflex_accent": "\x1e",
    "underscore": "\x1f",
    "slash": "\x1f",
}
_MODIFIERS = {"shift": 1, "alt": 2, "ctrl": 4}


def key_bytes(event: Key) -> bytes:
    """The bytes of a key, as a terminal of the kind xterm sends them; none for a key that it does not send."""
    if event.key in _ALONE:
        return _ALONE[event.key].encode()
    if event.is_printable and event.character is not None:
        return event.character.encode("utf-8", "replace")
    *held, name = event.key.split("+")
    modifiers = sum(_MODIFIERS.get(one, 0) for one in set(held))
    if (sent := _with_modifiers(name, modifiers)) is not None:
        return sent.encode()
    before = "\x1b" if "alt" in held else ""
    if "ctrl" in held:
        if len(name) == 1 and name.isascii() and name.isalpha():
            return (before + chr(ord(name.lower()) & 0x1F)).encode()
        return (before + _CONTROL[name]).encode() if name in _CONTROL else b""
    if before:
        sent = _ALONE.get(name) or (name if len(name) == 1 else event.character)
        return (before + sent).encode("utf-8", "replace") if sent else b""
    return (event.character or "").encode("utf-8", "replace")


def _with_modifiers(name: str, modifiers: int) -> str | None:
    if name in _FINAL:
        return f"\x1b[1;{modifiers + 1}{_FINAL[name]}" if modifiers else f"\x1b[{_FINAL[name]}"
    if name in _FUNCTION:
        return f"\x1b[1;{modifiers + 1}{_FUNCTION[name]}" if modifiers else f"\x1bO{_FUNCTION[name]}"
    if name in _NUMBERED:
        return f"\x1b[{_NUMBERED[name]};{modifiers + 1}~" if modifiers else f"\x1b[{_NUMBERED[name]}~"
    return None
