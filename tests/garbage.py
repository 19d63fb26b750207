"""How seldom Python looks for garbage among what stays: what is imported, cached or kept for all tests of a process."""

from __future__ import annotations

import gc
from collections.abc import Generator

import pytest

TESTS = 50
"""So many tests later, what is there is taken to stay."""


class Garbage:
    """A plugin that exempts what stays from all collections, after the tests are collected and now and then.

    Closed screens and tests of memory collect garbage each time. Among all that was ever imported, that took half a
    second of a core.
    """

    def __init__(self) -> None:
        self._tests = 0

    @pytest.hookimpl(wrapper=True)
    def pytest_collection(self) -> Generator[None, object, object]:
        # What is imported meanwhile stays, and needs not be looked through again and again.
        gc.disable()
        try:
            return (yield)
        finally:
            gc.freeze()  # what is garbage by now stays, too: to look for it would take half a second of each process
            gc.enable()
            # An app makes ten thousands of objects that live until it ends: looking for garbage among them after each
            # 700 that are new took a sixth of the time of a test of an app, and after each 50,000 a twentieth.
            gc.set_threshold(500_000, 20, 20)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self) -> Generator[None, object, object]:
        done = yield
        self._tests += 1
        if self._tests % TESTS == 0:  # what the test itself had is gone
            _exempt_what_stays()
        return done

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        # pytest then collects five times.
        _exempt_what_stays()


def _exempt_what_stays() -> None:
    gc.collect()
    gc.freeze()
