"""Every library that the package imports is one that it says it needs."""

from __future__ import annotations

import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest

import tui_torch

ROOT = Path(__file__).parent.parent.parent
PACKAGE = Path(tui_torch.__file__).parent
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


DECLARED = {
    normalized(found.group()): requirement[found.end() :]
    for requirement in PROJECT["dependencies"]
    if (found := re.match(r"[\w.-]+", requirement))
}
"""The version specifier of each distribution that the project needs."""


IMPORT = re.compile(r"^[ \t]*(?:from (\w+)[\w.]* import\b|import (\w+)[\w.]*(?: as \w+)?(?:  #.*)?$)", re.MULTILINE)
"""A line that imports, of which the linter lets each import one module. To parse all of the package takes half a second
in each process that runs tests."""


def imported() -> dict[str, Path]:
    """The top-level packages that are imported anywhere in the package, each with a module that does."""
    found = {
        match[1] or match[2]: path
        for path in sorted(PACKAGE.rglob("*.py"))
        for match in IMPORT.finditer(path.read_text("utf-8"))
    }
    return {name: path for name, path in found.items() if name not in sys.stdlib_module_names and name != "tui_torch"}


@pytest.mark.parametrize(
    ("package", "path"), sorted(imported().items()), ids=lambda part: part if isinstance(part, str) else ""
)
def test_a_library_that_is_imported_is_declared(package: str, path: Path) -> None:
    distributions = {normalized(name) for name in packages_distributions().get(package, [package])}
    assert distributions & DECLARED.keys(), (
        f"{path.relative_to(ROOT)} imports {package}: declare {' or '.join(distributions)} in pyproject.toml"
    )


@pytest.mark.parametrize("distribution", ["ipykernel", "ipython", "jupyter-client", "textual", "torch"])
def test_a_library_whose_private_names_are_used_has_an_upper_bound(distribution: str) -> None:
    assert "<" in DECLARED[distribution]
