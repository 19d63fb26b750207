"""Which names a new course's package cannot have, since installing it would hide or replace something else."""

from __future__ import annotations

import re
import sys
from contextlib import suppress
from keyword import iskeyword

from tui_torch.course.naming import in_backticks, on_one_line

_TESTS = "tests"
"""The folder of the package's own test."""

_TEST_OF_PYTHON = "test"
"""Python's own tests, which are not among the names that it lists."""


def taken(name: str, module: str) -> str | None:
    """Why a course cannot be called so, in a sentence; None if nothing else is.

    Args:
        name: The course's name, which is that of its distribution, too.
        module: The name of its module.
    """
    reason = _reason(name, module)
    if reason is None:
        return None
    return f"{in_backticks(name)} cannot be a new course's name, as {reason}; choose another, such as `{name}-course`"


def _reason(name: str, module: str) -> str | None:
    if iskeyword(module):
        return "it is a keyword of Python"
    if module in sys.stdlib_module_names or module == _TEST_OF_PYTHON:
        return "a module of Python itself is called so"
    if module == _TESTS:
        return "the folder of a package's tests is called so"
    if (owner := _owner(module)) is not None:
        return f"a module of the package {owner}, which is installed here, is called so"
    return "a package that is installed here is called so" if _normalised(name) in _installed() else None


def _owner(module: str) -> str | None:
    """The installed package that has a module of that name, in whatever case: not all file systems tell them apart."""
    from importlib.metadata import packages_distributions

    with suppress(Exception):  # what somebody else's metadata may be; the names of packages are still compared
        for known, owners in packages_distributions().items():
            if known.lower() == module:
                return on_one_line(owners[0])
    return None


def _installed() -> set[str]:
    from importlib.metadata import distributions

    names: set[str] = set()
    for one in distributions():
        with suppress(Exception):
            names.add(_normalised(str(one.metadata["Name"])))
    return names


def _normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
