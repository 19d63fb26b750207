"""What a seed costs in a test."""

from __future__ import annotations

import sys
from collections.abc import Generator
from types import SimpleNamespace

import pytest


class Seeds:
    """A plugin that has PyTorch keep no tracebacks of seeds.

    Where there is no GPU, `torch.manual_seed()` notes what to do once one is found, and for each of three kinds of them
    where it was called: from a test that took two milliseconds.
    """

    @pytest.hookimpl(wrapper=True)
    def pytest_collection(self) -> Generator[None, object, object]:
        result = yield
        for name in ("cuda", "mtia", "xpu"):
            module = sys.modules.get(f"torch.{name}")
            if hasattr(module, "traceback"):
                module.traceback = SimpleNamespace(format_stack=list)
        return result
