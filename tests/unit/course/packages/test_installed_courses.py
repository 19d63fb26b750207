"""Which courses are installed, and why one cannot be opened; nothing of a package runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.course_packages import declared, installed, written
from tui_torch.course.packages.found import FoundCourse
from tui_torch.course.packages.installed import installed_courses


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    return folder


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return written(tmp_path)


def only() -> FoundCourse:
    [found] = installed_courses()
    return found


@pytest.mark.parametrize("entry", ["waves = waves", "waves = waves.lessons", "waves = some.where.else_"])
def test_a_package_with_an_entry_point_is_a_course_without_being_imported(site: Path, source: Path, entry: str) -> None:
    place = installed(site, source, entry=entry)
    found = only()
    assert (found.name, found.origin, found.where, found.folder) == ("waves", "package", "waves-course 1.0", place)
    assert found.problem is None
    assert found.contents is not None and found.contents.title == "Waves"


def test_a_package_that_is_installed_for_editing_is_found_where_its_source_is(
    site: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(source.parent))  # as the .pth file of such an installation does
    declared(site, "waves-course", "[tui_torch.courses]\nwaves = waves\n")
    assert only().folder == source


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (
            "waves = nowhere",
            "the package waves-course 1.0 has no course.yaml in `nowhere`, which its entry point names",
        ),
        ("waves = no way!", "its entry point `waves = no way!` names no module"),
        ("waves", "its entry point `waves =` names no module"),
        ("Waves = waves", "`Waves` cannot be a course's name, expected two or more lower-case letters"),
        ("arena = waves", "`arena` cannot be a course's name, as tui-torch itself uses it"),
        ("other = waves", "the entry point is called `other`, and `name` in course.yaml is `waves`"),
    ],
)
def test_a_broken_entry_point_says_what_is_wrong(site: Path, source: Path, entry: str, said: str) -> None:
    installed(site, source)
    next(site.glob("*.dist-info/entry_points.txt")).write_text(f"[tui_torch.courses]\n{entry}\n", "utf-8")
    found = only()
    assert found.contents is None
    assert found.problem is not None and said in found.problem


def test_a_course_of_a_newer_format_says_to_upgrade(site: Path, source: Path) -> None:
    place = installed(site, source)
    file = place / "course.yaml"
    file.write_text(file.read_text("utf-8").replace("schema: 1", "schema: 2\nnew: key"), "utf-8")
    problem = only().problem
    assert problem is not None and problem.startswith(f"{file}:1:9: `schema` is 2, a newer format than 1")
    assert problem.endswith("upgrade tui-torch")


def test_two_packages_with_courses_of_one_name_are_both_said_to_be_in_the_way(site: Path, source: Path) -> None:
    installed(site, source)
    installed(site, source, package="other-course", entry="waves = others")
    found = installed_courses()
    assert [one.contents for one in found] == [None, None]
    assert {one.problem for one in found} == {
        f"the packages {found[0].where} and {found[1].where} both have a course called `waves`; uninstall one of them"
    }


def test_what_is_wrong_with_one_package_hides_no_other(site: Path, source: Path) -> None:
    installed(site, source)
    declared(site, "spoilt", "[tui_torch.courses\n=\n[tui_torch.courses]\n= =\n\0\n")
    (site / "spoilt-1.0.dist-info" / "METADATA").write_bytes(b"\xff\xfe")
    assert "waves" in [one.name for one in installed_courses() if one.problem is None]
