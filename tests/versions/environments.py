"""Virtual environments, each with one release of PyTorch and all else as `constraints.txt` pins it."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]

_OF_TORCH = frozenset({"torch", "triton", "sympy", "mpmath", "networkx", "fsspec", "setuptools"})
"""What each release of PyTorch wants in versions of its own."""

_DESCRIBE = "import platform, torch; print(platform.python_version(), torch.__version__)"


class NotHadError(Exception):
    """There is no such environment here: it cannot be installed, or PyTorch cannot be imported in it. Says why."""


@dataclass(frozen=True, slots=True)
class Environment:
    """An environment with PyTorch and all that the tests need."""

    interpreter: Path
    python: str
    """Python's version: `3.11.7`."""
    torch: str
    """PyTorch's own word for itself: `2.15.0+cu130`."""
    is_made: bool
    """Whether it was made from nothing, to be removed afterwards."""


def pinned(name: str) -> str:
    """The version of a distribution that `constraints.txt` pins. Raises KeyError for one that it does not."""
    found = re.search(rf"^{re.escape(name)}==(.+)$", (ROOT / "constraints.txt").read_text("utf-8"), re.MULTILINE)
    if found is None:
        raise KeyError(name)
    return found[1]


def constraints_with(torch: str, pins: str) -> str:
    """The lines of a file of constraints for another release of PyTorch, which chooses what only it needs.

    Args:
        torch: The version, `2.15.0`.
        pins: The lines of `constraints.txt`.
    """
    others = [line for line in pins.splitlines() if line.partition("==")[0] not in _OF_TORCH]
    return "\n".join([*others, f"torch=={torch}", ""])


@contextmanager
def made(torch: str, python: str) -> Iterator[Environment]:
    """An environment that is there for the block. Raises NotHadError.

    Args:
        torch: PyTorch's version, `2.15.0`.
        python: An interpreter of the Python that it is for.
    """
    with tempfile.TemporaryDirectory(prefix="versions-") as folder:
        constraints = Path(folder, "constraints.txt")
        constraints.write_text(constraints_with(torch, (ROOT / "constraints.txt").read_text("utf-8")), "utf-8")
        venv = Path(folder, "venv")
        _done([python, "-m", "venv", str(venv)])
        # What was downloaded is not kept, either, and only what is imported is compiled.
        install = [
            str(_interpreter(venv)),
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-cache-dir",
            "--no-compile",
            "--disable-pip-version-check",
        ]
        _done([*install, "-c", str(constraints), "-e", f"{ROOT}[dev]"])
        yield _described(venv, is_made=True)


@contextmanager
def there(folder: Path) -> Iterator[Environment]:
    """A virtual environment that is there already. Raises NotHadError where PyTorch cannot be imported in it."""
    yield _described(folder, is_made=False)


def _described(folder: Path, *, is_made: bool) -> Environment:
    interpreter = _interpreter(folder)
    python, torch = _done([str(interpreter), "-c", _DESCRIBE]).split()
    return Environment(interpreter, python, torch, is_made)


def _interpreter(folder: Path) -> Path:
    return folder.absolute() / ("Scripts" if sys.platform == "win32" else "bin") / "python"


def _done(command: list[str]) -> str:
    """What a command prints. Raises NotHadError with the last line of what it says when it fails."""
    try:
        ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    except OSError as error:
        raise NotHadError(str(error)) from None
    if ended.returncode:
        said = [line for line in ended.stderr.splitlines() if line.strip()]
        raise NotHadError(next((line for line in said if line.startswith("ERROR")), said[-1] if said else "no word"))
    return ended.stdout
