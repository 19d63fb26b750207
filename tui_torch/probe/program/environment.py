"""The environment variables that a program finds: those that the kernel's process was started with."""

from __future__ import annotations

import os

_OF_THE_KERNEL = ("IPYTHONDIR", "JPY_PARENT_PID", "PYDEVD_DISABLE_FILE_VALIDATION")
"""Variables that the kernel's process is given for itself."""
_KEPT = "MPLBACKEND"
"""The variable by which ipykernel has Matplotlib's figures shown."""

_at_start: dict[str, str] = {}


def remember_environment() -> None:
    """Keep the variables as they are, before ipykernel sets some: FORCE_COLOR, for one, puts escapes into texts."""
    _at_start.clear()
    _at_start.update(os.environ)


def use_environment_of_start() -> dict[str, str]:
    """Set the variables as `remember_environment()` found them. Returns those of before."""
    before = dict(os.environ)
    wanted = {name: value for name, value in _at_start.items() if name not in _OF_THE_KERNEL} or before
    if _KEPT in before:
        wanted.setdefault(_KEPT, before[_KEPT])
    use_environment(wanted)
    return before


def use_environment(wanted: dict[str, str]) -> None:
    """Set these variables and no others."""
    for name in os.environ.keys() - wanted.keys():
        del os.environ[name]
    os.environ.update(wanted)
