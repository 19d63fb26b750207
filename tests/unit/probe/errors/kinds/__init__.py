"""Programs that fail, by the kind of their error, with what the explanation of each has to say.

A file holds entries: `=== name`, the program, `---`, and lines of `says: `, one `fix: ` where a fix is offered, and
one `gives: ` where what it evaluates to is, and an `if: ` for the code of each meaning where several are offered. An
entry without `---` is code that others start with: `<NAME>`.
"""

from __future__ import annotations

import re
from pathlib import Path

from tests.unit.probe.errors.programs import Met


def read(path: Path) -> dict[str, Met]:
    """The entries of a file by their names."""
    met: dict[str, Met] = {}
    shared: dict[str, str] = {}
    for entry in re.split(r"^=== ", path.read_text("utf-8"), flags=re.MULTILINE)[1:]:
        name, _, rest = entry.partition("\n")
        code, divides, about = rest.partition("\n---\n")
        code = re.sub(r"^<(\w+)>\n", lambda found: shared[found[1]], code, flags=re.MULTILINE).strip("\n") + "\n"
        if not divides:
            shared[name] = code
            continue
        lines = [line.partition(": ") for line in about.splitlines() if line]
        facts = tuple(text for key, _, text in lines if key == "says")
        assert facts, name
        assert name not in met, name
        readings = tuple(text for key, _, text in lines if key == "if")
        one = {key: text for key, _, text in lines if key not in ("says", "if")}
        met[name] = Met(code, facts, one.pop("fix", None), one.pop("gives", None), readings)
        assert not one, one
    return met


_FILES = sorted(Path(__file__).parent.glob("*.txt"))

MET = {f"{path.stem}: {name}": met for path in _FILES for name, met in read(path).items()}
"""All of them, by file and name."""
