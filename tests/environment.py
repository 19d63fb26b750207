"""Variables that a test leaves in the environment go with it."""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest

OF_PYTEST = b"PYTEST_CURRENT_TEST"


class Environment:
    """A plugin that puts the environment back after each test, whatever changed it.

    What is compiled with PyTorch sets a variable for good. Modules that kernels import might read it: so a zygote that
    was started without it forks no kernel any more, and each takes a second of a core.
    """

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self) -> Generator[None, object, object]:
        before = encoded()
        try:
            return (yield)
        finally:
            if (after := encoded()) != before:
                for name in after.keys() - before.keys():
                    del os.environ[os.fsdecode(name)]
                for name, value in before.items():
                    os.environ[os.fsdecode(name)] = os.fsdecode(value)


def encoded() -> dict[bytes, bytes]:
    """The environment, but for what pytest notes there. (To decode all of it takes as long as many a test.)"""
    kept: dict[bytes, bytes] = os.environ._data.copy()  # type: ignore[attr-defined]
    kept.pop(OF_PYTEST, None)
    return kept
