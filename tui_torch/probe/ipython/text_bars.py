"""Lets tqdm draw its bars in text: those of a notebook are widgets in a browser."""

from __future__ import annotations

import importlib
import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader
from types import ModuleType
from typing import Any


class _TextBars(MetaPathFinder, Loader):
    """Finds `tqdm.notebook`, with the bars of `tqdm.std` in it.

    `tqdm.auto` and `tqdm.autonotebook` ask that module for what draws widgets; they take `tqdm.std` where it has none.
    """

    def find_spec(self, fullname: str, path: Any, target: ModuleType | None = None) -> ModuleSpec | None:
        return spec_from_loader(fullname, self) if fullname == "tqdm.notebook" else None

    def exec_module(self, module: ModuleType) -> None:
        std = importlib.import_module("tqdm.std")
        names = {"tqdm": std.tqdm, "tqdm_notebook": std.tqdm, "trange": std.trange, "tnrange": std.trange}
        vars(module).update(names, __all__=list(names))


def draw_bars_in_text() -> None:
    """Give whoever imports `tqdm.notebook` bars in text, from now on."""
    sys.meta_path.insert(0, _TextBars())
