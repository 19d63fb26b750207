"""Courses from elsewhere for tests: written as `tui-torch new --course` writes them, and installed as pip does."""

from __future__ import annotations

import shutil
from pathlib import Path

from tui_torch.course.packages.template import write_course


def written(folder: Path, name: str = "waves") -> Path:
    """A new course in a folder of its name; the folder of its `course.yaml`."""
    write_course(folder / name)
    return folder / name / name.replace("-", "_")


def installed(site: Path, source: Path, *, package: str = "waves-course", entry: str = "waves = waves") -> Path:
    """Install the folder of a `course.yaml` as pip does, into a folder of `sys.path`; where it is then."""
    place = site / entry.partition("=")[2].strip().replace(".", "/")
    shutil.copytree(source, place, dirs_exist_ok=True)
    (place / "__init__.py").write_text("raise SystemExit('the package was imported')\n", "utf-8")
    declared(site, package, f"[tui_torch.courses]\n{entry}\n")
    return place


def declared(site: Path, package: str, entry_points: str) -> None:
    """The metadata of a package that is installed."""
    about = site / f"{package.replace('-', '_')}-1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n", "utf-8")
    (about / "entry_points.txt").write_text(entry_points, "utf-8")
