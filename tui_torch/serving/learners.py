"""The learners who are served: a name, a home and a token for each."""

from __future__ import annotations

import hmac
import json
import os
import re
import secrets
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

TOKENS = "tokens.json"
"""The file of the tokens of named learners: an address stays good when the server is started again."""

LEARNERS = "learners"
"""The folder of their homes, in the folder of one's own data."""

MOST = 1000
"""Maximum number of learners of one server."""

_NAME = re.compile(r"[^\W_][\w.-]{0,39}")
_TOKEN_BYTES = 24


@dataclass(frozen=True, slots=True)
class ServedLearner:
    """Somebody who may open the app in a browser."""

    name: str
    """Empty for the one whose home is the usual one."""
    home: Path
    """The folder of their progress, settings and files."""
    token: str
    """What in the address says who comes."""


def read_names(chosen: Iterable[str], file: Path | None) -> tuple[str, ...]:
    """The names of learners, in their order, each once: those chosen, then those of a file with one on each line.

    Empty lines of the file, and those that begin with `#`, are none.

    Raises:
        OSError: The file cannot be read.
        ValueError: A name cannot be that of a folder, two differ by capitals alone, or there are too many.
    """
    names = [*chosen]
    if file is not None:
        lines = (line.strip() for line in file.read_text("utf-8").splitlines())
        names += [line for line in lines if line and not line.startswith("#")]
    seen: dict[str, str] = {}
    for name in names:
        if not _NAME.fullmatch(name):
            raise ValueError(
                f"{name!r} cannot be a learner's name; a name has letters, digits, `.`, `-` and `_`, begins with a"
                " letter or a digit, and has at most 40 characters"
            )
        # Two folders of which a file system may make one.
        if seen.setdefault(name.casefold(), name) != name:
            raise ValueError(f"{name!r} and {seen[name.casefold()]!r} differ by capitals alone; give one another name")
    if len(seen) > MOST:
        raise ValueError(f"there are {len(seen)} learners, and a server takes at most {MOST}")
    return tuple(seen.values())


def served_learners(names: Sequence[str], data: Path, *, new_tokens: bool = False) -> tuple[ServedLearner, ...]:
    """The learners with these names, whose homes and tokens are kept in `data`; without names, its owner alone.

    The owner's token is a new one each time. Raises OSError when a home or the tokens cannot be written.
    """
    if not names:
        return (ServedLearner("", data, _new_token()),)
    folder = data / LEARNERS
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    known = _read(folder / TOKENS)
    tokens = {name: _new_token() if new_tokens else known.get(name) or _new_token() for name in names}
    _write(folder / TOKENS, known | tokens)
    learners = tuple(ServedLearner(name, folder / name, tokens[name]) for name in names)
    for learner in learners:
        learner.home.mkdir(mode=0o700, exist_ok=True)
    return learners


def learner_of(token: str, learners: Iterable[ServedLearner]) -> ServedLearner | None:
    """The learner with a token; None where nobody has it. It takes as long for a token that is nearly right."""
    found = None
    for learner in learners:
        if hmac.compare_digest(learner.token.encode(), token.encode("utf-8", "replace")):
            found = learner
    return found


def _new_token() -> str:
    return secrets.token_urlsafe(_TOKEN_BYTES)


def _read(path: Path) -> dict[str, str]:
    """The tokens by their names; none for one that is missing or damaged."""
    written: Any = None
    with suppress(FileNotFoundError, ValueError):
        written = json.loads(path.read_text("utf-8"))
    if not isinstance(written, dict):
        return {}
    pairs = cast("dict[str, Any]", written).items()
    # A shorter one was written by somebody else, and could be guessed.
    return {name: token for name, token in pairs if isinstance(token, str) and len(token) >= _TOKEN_BYTES}


def _write(path: Path, tokens: dict[str, str]) -> None:
    new = path.with_name(f".{path.name}-{os.getpid()}")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(tokens, file, indent=1, ensure_ascii=False)
    new.replace(path)
