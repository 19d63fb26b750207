"""Names runs of one program by what differs between them: arguments, and code."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from pathlib import PurePath

from tui_torch.protocol.records.lines import RecordBegun

SHORT = 7
"""Number of digits of a hash that are shown."""


def code_hash(begun: RecordBegun) -> str:
    """A hash of all files of a program's own code, as it was; empty where none could be read."""
    if not begun.files:
        return ""
    text = "\n".join(f"{file.path}\0{file.sha256}" for file in begun.files)
    return hashlib.sha256(text.encode()).hexdigest()


def arguments_by_name(arguments: Sequence[str]) -> dict[str, str]:
    """Arguments by what they are for: `--lr 0.1`, `--lr=0.1` and `lr=0.1` are each `lr` with `0.1`.

    An option without a value has an empty one; other arguments are by their place, from 1.
    """
    found: dict[str, str] = {}
    place, option = 0, ""
    for argument in arguments:
        name, equals, value = argument.lstrip("-").partition("=")
        is_option = argument.startswith("-") and not _is_number(argument) and name != ""
        if is_option or (equals and name.replace(".", "_").replace("/", "_").isidentifier() and not option):
            found[name] = value
            option = name if is_option and not equals else ""
        elif option:
            found[option] = argument
            option = ""
        else:
            place += 1
            found[str(place)] = argument
    return found


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def names(runs: Mapping[str, RecordBegun | None]) -> dict[str, str]:
    """What each run is called, beside the others of the same program.

    A run is called by the arguments in which it differs from another of its program, and by the digits of its code's
    hash where that differs; by its program alone where nothing does. Programs of one name have their folders before
    it. One that did not train is called by nothing.

    Args:
        runs: The first line of a record of each run; None without one.
    """
    by_program: dict[str, list[str]] = {}
    for run, begun in runs.items():
        if begun is not None:
            by_program.setdefault(begun.program, []).append(run)
    named = dict.fromkeys(runs, "")
    programs = short_paths(by_program)
    for program, together in by_program.items():
        begins = {run: begun for run in together if (begun := runs[run]) is not None}
        arguments = {run: arguments_by_name(begun.arguments) for run, begun in begins.items()}
        hashes = {run: code_hash(begun) for run, begun in begins.items()}
        every = dict.fromkeys(name for given in arguments.values() for name in given)
        differing = [name for name in every if len({given.get(name) for given in arguments.values()}) > 1]
        for run, given in arguments.items():
            parts = [programs[program]]
            parts += [_said(name, given[name]) for name in differing if name in given]
            if len(set(hashes.values())) > 1 and hashes[run]:
                parts.append(f"code {hashes[run][:SHORT]}")
            named[run] = " ".join(parts)
    return named


def short_paths(paths: Collection[str]) -> dict[str, str]:
    """Each path by its last part, and by as many parts before it as tell it from the others."""

    def end(path: str, count: int) -> str:
        return PurePath(*PurePath(path).parts[-count:]).as_posix()

    found: dict[str, str] = {}
    for path in paths:
        count, most = 1, len(PurePath(path).parts)
        while count < most and any(end(path, count) == end(other, count) for other in paths if other != path):
            count += 1
        found[path] = end(path, count)
    return found


def _said(name: str, value: str) -> str:
    if name.isdecimal():
        return value
    return f"{name}={value}" if value else name
