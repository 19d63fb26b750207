"""Variables that a test leaves in the environment go with it."""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest

OF_PYTEST = "PYTEST_CURRENT_TEST"


class Environment:
    """A plugin that puts the environment back after each test, whatever changed it.

    What is compiled with PyTorch sets a variable for good. Modules that kernels import might read it: so a zygote that
    was started without it forks no kernel any more, and each takes a second of a core.
    """

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self) -> Generator[None, object, object]:
        before = dict(os.environ)
        try:
            return (yield)
        finally:
            for name in (os.environ.keys() | before.keys()) - {OF_PYTEST}:
                if name not in before:
                    del os.environ[name]
                elif os.environ.get(name) != before[name]:
                    os.environ[name] = before[name]
