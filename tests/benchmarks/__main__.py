"""Runs the benchmarks that are named, or all of them, and ends with 1 when one is over its budget."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path


def main(names: list[str]) -> int:
    """Each benchmark is a module here with a `measure()` that prints what it found and says whether that is allowed."""
    known = sorted(path.stem for path in Path(__file__).parent.glob("*.py") if not path.stem.startswith("_"))
    if unknown := set(names) - set(known):
        print(f"There is no benchmark named {', '.join(sorted(unknown))}; there are: {', '.join(known)}.")
        return 2
    kept = [import_module(f"tests.benchmarks.{name}").measure() for name in names or known]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
