"""An error that a process of a DataLoader's raised, read from the text that it came with."""

from __future__ import annotations

import re
from dataclasses import dataclass

_CAUGHT = re.compile(r"^Caught (\w+) in (DataLoader worker process \d+|pin memory thread[^\n]*|replica \d+[^\n]*)\.\n")
_CAUSE = "\nThe above exception was the direct cause of the following exception:\n"
_PLACE = re.compile(r'^  File "(.*?)", line (\d+), in (\S+)$', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class WorkerError:
    """What was raised in another process, as its traceback tells it."""

    error: str
    """The name of its class."""
    message: str
    places: tuple[tuple[str, int, str], ...]
    """(file, line, function), outermost first."""
    where: str
    """`DataLoader worker process 0`."""
    cause: WorkerError | None = None
    """What it was raised from."""

    def lines_in(self, filename: str) -> list[tuple[int, str]]:
        """Return the (line, function) pairs of its places in one file, outermost first."""
        return [(line, function) for file, line, function in self.places if file == filename]


def worker_error(message: str) -> WorkerError | None:
    """Return what was raised in another process; None for the message of any other error."""
    caught = _CAUGHT.match(message)
    if caught is None:
        return None
    found: WorkerError | None = None
    for text in message[caught.end() :].split(_CAUSE):
        found = _read(text, caught[2], found)
    return found


def _read(text: str, where: str, cause: WorkerError | None) -> WorkerError | None:
    places = list(_PLACE.finditer(text))
    if not places:
        return None
    # The lines of the traceback are indented, and those of the error are not.
    lines = text[places[-1].end() :].splitlines()
    first = next((number for number, line in enumerate(lines) if line and not line.startswith(" ")), None)
    if first is None:
        return None
    name, _, said = "\n".join(lines[first:]).strip().partition(": ")
    return WorkerError(
        name.rpartition(".")[2], said, tuple((place[1], int(place[2]), place[3]) for place in places), where, cause
    )
