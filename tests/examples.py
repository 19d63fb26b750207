"""How many examples a property is tried with in the suite, and in the full count."""

from __future__ import annotations

import math

import pytest
from hypothesis import is_hypothesis_test, settings

from tests.spread import PARTS_OF_EXAMPLES

IN_SUITE = "not slow"
"""The tests that the suite takes, as `-m` has it: `addopts` in `pyproject.toml`."""
LEAST = 10
"""Examples that every property is tried with, if it has so many."""

# An example may be the first to import something, among other test processes. Time is measured, and never asserted.
settings.register_profile("tests", deadline=None)
settings.load_profile("tests")


class Examples:
    """A plugin that tries each property with a part of its examples in the suite, drawn anew in each run of it.

    With any other `-m` than the suite's, such as "slow or not slow", it is tried with all.
    """

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        if config.option.markexpr != IN_SUITE:
            return
        functions = {getattr(item.obj, "__func__", item.obj) for item in items if isinstance(item, pytest.Function)}
        for function in filter(is_hypothesis_test, functions):
            own: settings = function._hypothesis_internal_use_settings
            function._hypothesis_internal_use_settings = settings(own, max_examples=in_suite(own.max_examples))


def in_suite(examples: int) -> int:
    """How many of so many examples the suite tries."""
    return max(min(examples, LEAST), math.ceil(examples / PARTS_OF_EXAMPLES))
