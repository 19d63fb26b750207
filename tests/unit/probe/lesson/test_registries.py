"""What code adds to the interpreter's lists and tables goes with its run, and what a library adds stays."""

from __future__ import annotations

import builtins
import copyreg
import gc
import logging
import sys
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from tui_torch.probe.lesson.registries import registries

FINDER = """
class Finder:
    def find_spec(self, name, path=None, target=None): return None
sys.meta_path.insert(0, Finder())
"""

CHANGES = {
    "`sys.meta_path`": [FINDER, "sys.meta_path.clear()", "sys.meta_path.append(object())", "sys.meta_path.reverse()"],
    "`sys.path_hooks`": ["sys.path_hooks.clear()", "def hook(path): raise ImportError\nsys.path_hooks.insert(0, hook)"],
    "`gc.callbacks`": ["gc.callbacks.append(lambda *_: None)"],
    "`copyreg`": [
        "class Mine: ...\ncopyreg.pickle(Mine, lambda one: (Mine, ()))",
        "copyreg.pickle(set, lambda one: (set, ()))",
        "copyreg.pickle(complex, lambda one: (complex, (1, 1)))",
    ],
    "`logging.setLoggerClass`": ["class Mine(logging.Logger): ...\nlogging.setLoggerClass(Mine)"],
    "`builtins.train`": ["builtins.train = 3"],
}


@pytest.fixture
def put_back() -> Iterator[Callable[[], list[str]]]:
    restore = registries(frozenset())
    yield lambda: [words for one in restore for words in one()]
    for one in restore:
        one()


def run(code: str) -> None:
    names = {module.__name__: module for module in (sys, gc, copyreg, logging, builtins)}
    exec(compile(code, "<your code>", "exec"), {"__name__": "__main__", **names})


@pytest.mark.parametrize(("words", "code"), [(words, code) for words, codes in CHANGES.items() for code in codes])
def test_what_code_leaves_in_a_registry_is_put_back_and_said(
    put_back: Callable[[], list[str]], words: str, code: str
) -> None:
    before = list(sys.meta_path), list(sys.path_hooks), list(gc.callbacks), dict(copyreg.dispatch_table)
    assert put_back() == []
    run(code)
    assert put_back() == [words]
    assert put_back() == []
    assert (sys.meta_path, sys.path_hooks, gc.callbacks, copyreg.dispatch_table) == before
    assert logging.getLoggerClass() is logging.Logger
    assert not hasattr(builtins, "train")


def test_what_a_library_adds_stays(put_back: Callable[[], list[str]]) -> None:
    library: dict[str, Any] = {"__name__": "a_library"}
    exec("class Finder:\n    def find_spec(self, *_): return None\ndef called(*_): ...", library)
    finder, called = library["Finder"](), library["called"]
    sys.meta_path.append(finder)
    gc.callbacks.append(called)
    copyreg.pickle(SimpleNamespace, called)
    try:
        assert put_back() == []
        assert (finder in sys.meta_path, called in gc.callbacks) == (True, True)
        assert copyreg.dispatch_table[SimpleNamespace] is called
    finally:
        sys.meta_path.remove(finder)
        gc.callbacks.remove(called)
        del copyreg.dispatch_table[SimpleNamespace]
