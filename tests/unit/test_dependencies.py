"""Every library that the package imports is declared, and each that is needed is pinned in `constraints.txt`."""

from __future__ import annotations

import re
import sys
import tomllib
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution, packages_distributions
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

import tui_torch

ROOT = Path(__file__).parent.parent.parent
PACKAGE = Path(tui_torch.__file__).parent
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


DECLARED = {
    normalized(found.group()): requirement[found.end() :]
    for requirement in (*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["serve"])
    if (found := re.match(r"[\w.-]+", requirement))
}
"""The version specifier of each distribution that the project needs, in a browser too."""


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
    # Python imports `sitecustomize` of whoever has one; it belongs to no library.
    known = {*sys.stdlib_module_names, "tui_torch", "sitecustomize"}
    return {name: path for name, path in found.items() if name not in known}


providers = cache(packages_distributions)
"""Which distributions each package is from. To find that out takes a tenth of a second."""


@pytest.mark.parametrize(
    ("package", "path"), sorted(imported().items()), ids=lambda part: part if isinstance(part, str) else ""
)
def test_a_library_that_is_imported_is_declared(package: str, path: Path) -> None:
    distributions = {normalized(name) for name in providers().get(package, [package])}
    assert distributions & DECLARED.keys(), (
        f"{path.relative_to(ROOT)} imports {package}: declare {' or '.join(distributions)} in pyproject.toml"
    )


@pytest.mark.parametrize("distribution", ["ipykernel", "ipython", "jupyter-client", "textual", "torch"])
def test_a_library_whose_private_names_are_used_has_an_upper_bound(distribution: str) -> None:
    assert "<" in DECLARED[distribution]


CONSTRAINTS = [
    Requirement(line)
    for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    if line and not line.startswith("#")
]
PINNED = {normalized(one.name): str(one.specifier).removeprefix("==") for one in CONSTRAINTS}
"""The version of each distribution in the set that was last proved."""


def test_each_line_of_the_constraints_pins_one_version_of_one_distribution() -> None:
    assert all(re.fullmatch(r"==[\w.]+", str(one.specifier)) and not (one.extras or one.url) for one in CONSTRAINTS)
    assert [one.name for one in CONSTRAINTS] == sorted(PINNED)


def asked_for() -> list[Requirement]:
    """What the project asks for, to run and to be worked on."""
    extras = PROJECT["optional-dependencies"]
    return [Requirement(text) for text in (*PROJECT["dependencies"], *extras["dev"], *extras["bench"])]


@pytest.mark.parametrize("wanted", asked_for(), ids=lambda wanted: wanted.name)
def test_what_the_project_asks_for_is_pinned_within_its_bounds(wanted: Requirement) -> None:
    assert wanted.specifier.contains(PINNED[normalized(wanted.name)])


def test_what_the_pinned_distributions_need_is_pinned_too() -> None:
    """Those that are installed in another version may need others; what is needed in one exact version needs no pin."""
    missing = {
        f"{name} needs {wanted}"
        for name, pinned in PINNED.items()
        for wanted in needs(name, pinned)
        if normalized(wanted.name) not in PINNED and not str(wanted.specifier).startswith("==")
    }
    assert missing == set()


def needs(name: str, pinned: str) -> list[Requirement]:
    """What a distribution needs here, as far as it is installed in the version that is pinned."""
    try:
        found = distribution(name)
    except PackageNotFoundError:
        return []
    if found.version.partition("+")[0] != pinned:
        return []
    wanted = map(Requirement, found.requires or ())
    return [one for one in wanted if one.marker is None or one.marker.evaluate({"extra": ""})]


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_every_command_that_installs_the_project_keeps_to_the_pinned_versions(page: str) -> None:
    commands = re.findall(r"pip install .*?-e", (ROOT / page).read_text("utf-8"))
    assert commands and set(commands) == {"pip install -c constraints.txt -e"}
