"""The learner's settings in `config.toml`: theme, key bindings, memory limit, completion, figures and the streak."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Any, Literal, cast

from tui_torch.protocol.late_dataclass import dataclass
from tui_torch.tutor.user_files import config_folder

FILE = "config.toml"
LEAST_MEMORY = 0.5
"""The least that the learner's code may be limited to, in GB (10^9 bytes): PyTorch and its first optimizer take it."""
MOST_MEMORY = 1_000_000
"""GB beyond which a limit is a slip of the pen."""
_SENT_AS = {
    "ctrl+i": "tab",
    "ctrl+m": "enter",
    "ctrl+h": "backspace",
    "ctrl+[": "escape",
    "ctrl+left_square_bracket": "escape",
}
"""Keys that most terminals send as another, and as which: a binding to one of them would do nothing, or too much."""
_TYPED = frozenset({"space", "enter", "tab", "backspace", "delete", "escape", "left", "right", "up", "down"})
"""Keys that are needed where text is typed, beside those of one character."""
_QUITS = "app.quit"
"""The one key that is heard before whatever has the focus, on every screen."""
_KNOWN = ("theme", "keys", "memory", "complete_as_you_type", "figures", "streak")
FigureGraphics = Literal["blocks", "kitty", "sixel"]
"""How a figure over the whole screen is drawn: in half blocks, which any terminal with colours shows, or by a protocol
for pictures, which the terminal has to know."""


@dataclass(frozen=True, slots=True)
class Config:
    """The settings of `config.toml` that could be read, and the defaults for the others."""

    theme: str = ""
    """The name of a Textual theme; empty for the default."""
    keys: Mapping[str, str] = field(default_factory=dict[str, str])
    """Textual's keymap: from the id of a binding to its keys, separated by commas."""
    memory: int | None = None
    """Bytes of memory that the learner's code may use; None means three quarters of what is free."""
    complete_as_you_type: bool = True
    """Whether the editor shows completions unasked."""
    figures: FigureGraphics = "blocks"
    """How a figure over the whole screen is drawn."""
    streak: bool = False
    """Whether the arena says on how many days in a row something was solved or practised."""
    notice: str | None = None
    """What is wrong with the file, where, and what to do; None if nothing is."""


def config_file() -> Path:
    """The path of `config.toml`, which need not exist."""
    return config_folder() / FILE


def load_config() -> Config:
    """Read the settings. Never raises: `notice` says what cannot be used, and the other settings apply."""
    path = config_file()
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return Config()
    except OSError as error:
        return Config(notice=f"The settings in {path} cannot be read ({error.strerror}), so none of them count.")
    import tomllib  # who has no settings need not wait for it

    try:
        written = tomllib.loads(content.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        return Config(
            notice=f"The settings in {path} are not TOML ({error}), so none of them count: correct that line."
        )
    problems: list[str] = []
    theme = written.get("theme", "")
    if not isinstance(theme, str):
        problems.append('`theme` is not text, expected a name such as "ember-dark"')
        theme = ""
    keys = _keys(written.get("keys", {}), problems)
    memory = _memory(written.get("memory"), problems)
    unasked = _switch(written, "complete_as_you_type", problems, default=True)
    streak = _switch(written, "streak", problems, default=False)
    figures = _figures(written.get("figures", "blocks"), problems)
    expected = "expected `theme`, `memory`, `complete_as_you_type`, `figures`, `streak` or `[keys]`"
    problems += [f"`{name}` is not a setting, {expected}" for name in written if name not in _KNOWN]
    notice = f"In {path}: {'; '.join(problems)}." if problems else None
    return Config(theme, keys, memory, unasked, figures, streak, notice)


def _switch(written: Mapping[str, object], name: str, problems: list[str], *, default: bool) -> bool:
    value = written.get(name, default)
    if isinstance(value, bool):
        return value
    problems.append(f"`{name}` is neither true nor false")
    return default


def _figures(written: object, problems: list[str]) -> FigureGraphics:
    known: tuple[FigureGraphics, ...] = ("blocks", "kitty", "sixel")
    for name in known:
        if written == name:
            return name
    problems.append('`figures` is none of "blocks", "kitty" and "sixel"')
    return "blocks"


def _memory(written: object, problems: list[str]) -> int | None:
    """The limit in bytes; the setting is in GB (10^9 bytes)."""
    if written is None:
        return None
    if isinstance(written, bool) or not isinstance(written, int | float) or not written > 0:
        problems.append("`memory` is not a number above 0, expected GB such as `memory = 8`")
        return None
    if not LEAST_MEMORY <= written <= MOST_MEMORY:
        bounds = f"from {LEAST_MEMORY:g}, which PyTorch itself needs, to {MOST_MEMORY:,}"
        problems.append(f"`memory` is {written:g}, expected GB {bounds}, such as `memory = 8`")
        return None
    return int(written * 1_000_000_000)


def _keys(written: object, problems: list[str]) -> dict[str, str]:
    if not isinstance(written, dict):
        problems.append('`keys` is not a table, expected lines such as `run = "f9"` below `[keys]`')
        return {}
    keys: dict[str, str] = {}
    for name, key in cast("dict[str, object]", written).items():
        if not isinstance(key, str) or not key:
            problems.append(f'`keys.{name}` is not text, expected keys such as "f9,ctrl+g"')
            continue
        asked = [one.strip() for one in key.split(",")]
        heard = [one for one in asked if one.lower() not in _SENT_AS]
        problems += [
            f'`keys.{name}` is "{one}", which most terminals send as {_SENT_AS[one.lower()]},'
            ' expected another key such as "ctrl+g"'
            for one in asked
            if one not in heard
        ]
        if name == _QUITS and (typed := [one for one in heard if len(one) == 1 or one.lower() in _TYPED]):
            problems += [
                f'`keys.{name}` is "{one}", which would quit while you type, expected another key such as "ctrl+g"'
                for one in typed
            ]
            heard = [one for one in heard if one not in typed]
        if heard:
            keys[name] = ",".join(heard)
    return keys


def remember(setting: Literal["theme", "streak"], value: str | bool) -> None:
    """Write a setting into `config.toml` and leave the rest of it as it is.

    Does nothing if the file is not TOML. Raises OSError when it cannot be written.
    """
    # It takes 20 ms to import, and is needed only when a theme is chosen, or the streak is.
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    path = config_file()
    document: Any = tomlkit.document()
    try:
        document = tomlkit.parse(path.read_text("utf-8"))
    except FileNotFoundError:
        pass
    except (TOMLKitError, UnicodeDecodeError):
        # A broken file is for the learner to correct; overwriting it would lose their settings.
        return
    document[setting] = value
    _replace(path, tomlkit.dumps(document))  # pyright: ignore[reportUnknownMemberType]


def _replace(path: Path, text: str) -> None:
    """Replace a file atomically, so that a full disk does not empty it."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        # resolve: a symbolic link, as dotfile collections use them, stays one.
        Path(name).replace(path.resolve())
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
