"""Counts what makes a house easy or hard to find one's way in: `python -m tests.house.count [FOLDER]`.

Prints modules per folder, the longest modules, classes that share a name, and private names of other software.
"""

from __future__ import annotations

import ast
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "tui_torch"

_PUBLIC_DESPITE_THE_UNDERSCORE = {
    "_exit",  # os
    "_getframe",  # sys
    "_thread",  # a documented module of the standard library
    "_replace",  # NamedTuple
    "_asdict",
    "_fields",
    "_make",
}


def modules(package: Path = PACKAGE) -> list[Path]:
    """The Python files of a package, in the order of their paths."""
    return sorted(package.rglob("*.py"))


def modules_per_folder(package: Path = PACKAGE) -> dict[str, int]:
    """The number of Python files directly in each folder, `__init__.py` among them."""
    counts = Counter(file.parent for file in modules(package))
    return {folder.relative_to(package.parent).as_posix(): count for folder, count in sorted(counts.items())}


def lines_per_module(package: Path = PACKAGE) -> dict[str, int]:
    """The number of lines of each module, longest first."""
    counts = {
        file.relative_to(package.parent).as_posix(): len(file.read_text("utf-8").splitlines())
        for file in modules(package)
    }
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def classes(package: Path = PACKAGE) -> dict[str, list[str]]:
    """The modules in which a class of each name is defined, at the module's level or inside another class."""
    found: dict[str, list[str]] = defaultdict(list)
    for file in modules(package):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef):
                found[node.name].append(file.relative_to(package.parent).as_posix())
    return dict(found)


def private_names(source: str) -> Iterator[tuple[int, str]]:
    """The (line, name) of each private name that a module uses of something that is not its own.

    A private name begins with one underscore. One that the module itself defines (an attribute, a constant) is its own.
    """
    tree = ast.parse(source)
    own = set(_defined(tree))
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id="self" | "cls")):
                pass
            case ast.Attribute(attr=name) if _is_private(name) and name not in own:
                yield node.lineno, name
            case ast.Call(
                func=ast.Name(id="getattr" | "hasattr" | "setattr" | "delattr"),
                args=[_, ast.Constant(value=str(name)), *_],
            ) if _is_private(name) and name not in own:
                yield node.lineno, name
            case ast.ImportFrom(module=module, names=names):
                for part in (module or "").split("."):
                    if _is_private(part):
                        yield node.lineno, part
                for alias in names:
                    if _is_private(alias.name):
                        yield node.lineno, alias.name
            case ast.Import(names=names):
                for alias in names:
                    yield from ((node.lineno, part) for part in alias.name.split(".") if _is_private(part))
            case _:
                pass


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__") and name not in _PUBLIC_DESPITE_THE_UNDERSCORE


def _defined(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.Name(id=name, ctx=ast.Store()):
                yield name
            case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=name, ctx=ast.Store()):
                yield name
            case _:
                pass


def main(package: Path = PACKAGE) -> None:
    """Print the counts."""
    print("modules per folder")
    for folder, count in modules_per_folder(package).items():
        print(f"  {count:4}  {folder}")
    lengths = lines_per_module(package)
    print(f"\nlines per module: {len(lengths)} modules, {sum(lengths.values()):,} lines; the longest")
    for module, count in list(lengths.items())[:12]:
        print(f"  {count:4}  {module}")
    print("\nclasses that share a name")
    for name, where in sorted(classes(package).items()):
        if len(where) > 1:
            print(f"  {name}: {', '.join(where)}")
    print("\nprivate names of other software")
    for file in modules(package):
        if names := Counter(name for _, name in private_names(file.read_text("utf-8"))):
            listed = ", ".join(sorted(names))
            print(f"  {sum(names.values()):4}  {file.relative_to(package.parent).as_posix()}: {listed}")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else PACKAGE)
