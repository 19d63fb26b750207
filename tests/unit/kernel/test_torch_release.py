"""Which releases of PyTorch are proved, and what is said of the others."""

from __future__ import annotations

import re
import tomllib
from importlib import metadata
from pathlib import Path
from typing import NoReturn

import pytest

from tui_torch.kernel import torch_release
from tui_torch.kernel.torch_release import NEWEST, OLDEST, beyond_proof, installed_torch, release_of

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("version", "release"),
    [
        ("2.13.0+cpu", (2, 13)),
        ("2.6", (2, 6)),
        ("2.16.0a0+git1234", (2, 16)),
        ("2.16a0", (2, 16)),
        ("unknown", None),
        ("2", None),
        ("", None),
        ("2.99999", None),
    ],
)
def test_a_version_belongs_to_the_release_of_its_first_two_numbers(
    version: str, release: tuple[int, int] | None
) -> None:
    assert release_of(version) == release


def test_the_proved_releases_are_those_that_are_asked_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    [torch] = [one for one in project["dependencies"] if re.match(r"torch\b", one)]
    assert torch == f"torch>={OLDEST[0]}.{OLDEST[1]},<{NEWEST[0]}.{NEWEST[1] + 1}"


@pytest.mark.parametrize("version", ["2.6.0", "2.13.0+cpu", "2.15.3", "unknown"])
def test_nothing_is_said_of_a_proved_pytorch(version: str) -> None:
    assert beyond_proof(version) is None


@pytest.mark.parametrize("version", ["2.16.0", "2.100.0", "3.0.0+cu140"])
def test_a_newer_pytorch_is_newer_than_proved(version: str) -> None:
    said = beyond_proof(version)
    assert said is not None and said.startswith("newer than proved (2.6 to 2.15)")


def test_an_older_pytorch_is_to_be_upgraded() -> None:
    said = beyond_proof("2.5.1")
    assert said is not None and said.startswith("older than proved") and "pip install --upgrade torch" in said


def test_a_pytorch_that_nothing_says_the_version_of_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> NoReturn:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", version)
    assert torch_release.installed_torch.__wrapped__() is None


def test_the_installed_pytorch_is_found_without_importing_it() -> None:
    assert installed_torch() == metadata.version("torch")
