"""Which files are the learner's: those of a program and of the modules beside it, and no library's."""

from __future__ import annotations

import ast
import site
import sys
import sysconfig
import warnings
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from types import ModuleType

MOST_SOURCES = 100
"""Maximum number of files that are read to see what a program may call."""

_TUI_TORCH = Path(__file__).parents[2]


def _library_folders() -> tuple[Path, ...]:
    paths = sysconfig.get_paths()
    found = [paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    found += [*site.getsitepackages(), site.getusersitepackages()]
    return (_TUI_TORCH, *(Path(folder).resolve() for folder in dict.fromkeys(found)))


_LIBRARIES = _library_folders()


@lru_cache(maxsize=4096)
def is_own(filename: str) -> bool:
    """Whether code that is compiled under this name is in a file of the learner's, and not in a library's."""
    if not filename.endswith(".py"):
        return False
    try:
        path = Path(filename).resolve()
    except (OSError, ValueError, RuntimeError):
        return False
    return not any(path.is_relative_to(folder) for folder in _LIBRARIES)


def own_modules(besides: Iterable[str]) -> list[str]:
    """The names of the imported modules that are the learner's, besides some."""
    known = frozenset(besides)
    return [name for name, module in list(sys.modules.items()) if name not in known and _is_own_module(module)]


def _is_own_module(module: object) -> bool:
    if type(module) is not ModuleType:
        return False
    file = getattr(module, "__file__", None)
    if isinstance(file, str):
        return is_own(file)
    spec = getattr(module, "__spec__", None)
    # A folder without an `__init__.py`.
    folders = list(getattr(spec, "submodule_search_locations", None) or ())
    return bool(folders) and all(isinstance(one, str) and is_own(f"{one}/__init__.py") for one in folders)


def sources_beside(file: Path, text: str) -> list[str]:
    """The texts of the modules beside a program that it imports, and that those import, as far as can be read."""
    folder = file.parent
    seen: set[Path] = {file}
    found: list[str] = []
    waiting = list(_imported(text, folder, folder))
    while waiting and len(found) < MOST_SOURCES:
        path = waiting.pop(0)
        if path in seen:
            continue
        seen.add(path)
        try:
            source = path.read_text("utf-8")
        except (OSError, UnicodeDecodeError):
            continue
        found.append(source)
        waiting += _imported(source, path.parent, folder)
    return found


def _imported(text: str, here: Path, root: Path) -> Iterator[Path]:
    """The files in a folder that code in it imports; `here` is the folder that the code itself is in."""
    try:
        with warnings.catch_warnings(action="ignore"):
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=aliases):
                for alias in aliases:
                    yield from _files(root, alias.name)
            case ast.ImportFrom(module=module, names=aliases, level=level):
                start = root if level == 0 else here.joinpath(*[".."] * (level - 1))
                yield from _files(start, module or "")
                for alias in aliases:
                    yield from _files(start, f"{module}.{alias.name}" if module else alias.name)
            case _:
                continue


def _files(start: Path, module: str) -> Iterator[Path]:
    path = start.joinpath(*module.split(".")) if module else start
    for candidate in (path.with_suffix(".py"), path / "__init__.py"):
        if candidate.is_file():
            yield candidate
