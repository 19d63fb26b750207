"""Which lesson files from outside the course may run."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.courses import hash_of
from tui_torch.tutor.progress.progress import Progress
from tui_torch.tutor.trust import TrustedFiles, UntrustedError, content_hash


@pytest.fixture
def progress(tmp_path: Path) -> Iterator[Progress]:
    with Progress.open(tmp_path / "progress.db") as progress:
        yield progress


@pytest.fixture
def trusted(tmp_path: Path, progress: Progress) -> TrustedFiles:
    (tmp_path / "course").mkdir()
    return TrustedFiles(tmp_path / "course", progress)


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A lesson file from outside the course."""
    own = tmp_path / "own.yaml"
    own.write_text("first")
    return own


def test_a_hash_is_that_of_the_content(own: Path) -> None:
    assert content_hash(own.read_bytes()) == hashlib.sha256(b"first").hexdigest()


def test_a_file_of_the_course_needs_no_trust(tmp_path: Path, trusted: TrustedFiles) -> None:
    file = tmp_path / "course" / "lesson.yaml"
    file.write_text("anything")
    trusted.check(file, file.read_bytes(), None)


def test_a_file_from_elsewhere_is_refused_with_what_to_agree_to(own: Path, trusted: TrustedFiles) -> None:
    with pytest.raises(UntrustedError, match=r"own\.yaml is not part of the course") as refused:
        trusted.check(own, own.read_bytes(), None)
    assert (refused.value.path, refused.value.content_hash) == (own, hash_of(own))


def test_agreeing_to_other_content_is_not_agreeing_to_this(own: Path, trusted: TrustedFiles) -> None:
    with pytest.raises(UntrustedError):
        trusted.check(own, own.read_bytes(), "the hash of something else")


def test_what_was_agreed_to_is_trusted_the_next_time_too(tmp_path: Path, own: Path, progress: Progress) -> None:
    TrustedFiles(tmp_path / "course", progress).check(own, own.read_bytes(), hash_of(own))
    TrustedFiles(tmp_path / "course", progress).check(own, own.read_bytes(), None)


def test_agreeing_covers_what_is_saved_to_the_file_until_the_program_ends(
    tmp_path: Path, own: Path, trusted: TrustedFiles, progress: Progress
) -> None:
    trusted.check(own, own.read_bytes(), hash_of(own))
    own.write_text("second")
    trusted.check(own, own.read_bytes(), None)
    own.write_text("third")
    with pytest.raises(UntrustedError):
        TrustedFiles(tmp_path / "course", progress).check(own, own.read_bytes(), None)
    own.write_text("second")
    TrustedFiles(tmp_path / "course", progress).check(own, own.read_bytes(), None)


def test_agreeing_to_one_file_is_not_agreeing_to_another(tmp_path: Path, own: Path, trusted: TrustedFiles) -> None:
    trusted.check(own, own.read_bytes(), hash_of(own))
    other = tmp_path / "other.yaml"
    other.write_text("other")
    with pytest.raises(UntrustedError):
        trusted.check(other, other.read_bytes(), None)


def test_a_file_trusted_earlier_is_asked_about_when_it_changes(
    own: Path, trusted: TrustedFiles, progress: Progress
) -> None:
    progress.trust(hash_of(own))
    trusted.check(own, own.read_bytes(), None)
    own.write_text("second")
    with pytest.raises(UntrustedError):
        trusted.check(own, own.read_bytes(), None)
