"""How seldom Python looks for garbage among what stays: what is imported, cached or kept for all tests of a process."""

from __future__ import annotations

import gc
from collections.abc import Generator

import pytest

OBJECTS = 400_000
"""So many objects more, and what is there after a test is taken to stay: those of forty apps, or of a thousand tests
without one."""


class Garbage:
    """A plugin that exempts what stays from all collections, after the tests are collected and now and then.

    Closed screens and tests of memory collect garbage each time. Among all that was ever imported, that took half a
    second of a core. It is Python's own count by which it is time, since a look takes a while, however little is found.
    """

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
        if gc.get_count()[0] >= OBJECTS:  # what the test itself had is gone
            _exempt_what_stays()
        return done

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        # pytest then collects five times.
        _exempt_what_stays()


def _exempt_what_stays() -> None:
    gc.collect()
    gc.freeze()
