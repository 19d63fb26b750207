"""Which release of PyTorch is installed, and which ones the lessons are proved on. Nothing here imports PyTorch."""

from __future__ import annotations

import re
from functools import cache

Release = tuple[int, int]
"""The first two numbers of a version, by which PyTorch's releases differ: (2, 13) of `2.13.0+cpu`."""

OLDEST: Release = (2, 6)
NEWEST: Release = (2, 15)
"""The releases that are proved, both included; `pyproject.toml` says the same, and `tests/versions` tries them."""


@cache
def installed_torch() -> str | None:
    """The version of PyTorch beside this Python, `2.13.0+cpu`; None where nothing says it, as in its own checkout."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("torch")
    except PackageNotFoundError:
        return None


def release_of(version: str) -> Release | None:
    """The release that a version belongs to; None for what is no version."""
    found = re.match(r"([0-9]{1,4})\.([0-9]{1,4})(?![0-9])", version)
    return (int(found[1]), int(found[2])) if found is not None else None


def beyond_proof(version: str) -> str | None:
    """What to say of a PyTorch that the lessons are not proved on; None for one that they are, or that is unknown.

    It is no reason to refuse: what has changed shows in few places.
    """
    release = release_of(version)
    if release is None or OLDEST <= release <= NEWEST:
        return None
    proved = f"proved ({'.'.join(map(str, OLDEST))} to {'.'.join(map(str, NEWEST))})"
    if release > NEWEST:
        return f"newer than {proved}: it works, and numbers and errors may differ from what the lessons say"
    return f"older than {proved}: run `pip install --upgrade torch` in this environment"
