"""The record of a training: its bound, and what happens to it where it cannot be written."""

from __future__ import annotations

import errno
import math
import os
import resource
import shutil
import signal
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.unit.probe.watch.records import BEGUN, progress
from tui_torch.probe.watch import record_writer
from tui_torch.probe.watch.record_writer import LARGEST, RecordWriter
from tui_torch.protocol.events import Failed
from tui_torch.watching.record_reader import RecordReader


def read(folder: Path) -> RecordReader:
    (path,) = folder.glob("*.jsonl")
    reader = RecordReader(path)
    reader.read()
    return reader


def test_what_is_written_is_read_again_and_is_its_owners_alone(tmp_path: Path) -> None:
    writer = RecordWriter(BEGUN, tmp_path)
    writer.add_progress(progress(1, 3.0, 2.0))
    writer.add_progress(progress(3, math.nan, math.inf))
    writer.add_failure(Failed("ValueError", "no", ()))
    writer.end()
    reader = read(tmp_path)
    assert reader.begun == BEGUN
    assert str(reader.series["loss", "loss"].points()) == "((1, 3.0), (2, 2.0), (3, nan), (4, inf))"
    assert reader.step == 4
    assert [step for step, _ in reader.times.points()] == [2, 4]
    assert reader.failed == Failed("ValueError", "no", ())
    assert reader.ended is not None
    assert stat.S_IMODE(reader.path.stat().st_mode) == 0o600


def test_a_record_does_not_grow_with_the_steps_and_a_reader_beside_it_sees_the_same(tmp_path: Path) -> None:
    writer = RecordWriter(BEGUN, tmp_path)
    largest, replaced, inode = 0, 0, 0
    beside: RecordReader | None = None
    for event in range(3_000):
        writer.add_progress(progress(event * 200 + 1, *(math.sin(event + step) for step in range(200))))
        (path,) = tmp_path.glob("*.jsonl")
        beside = beside or RecordReader(path)
        largest = max(largest, path.stat().st_size)
        replaced, inode = replaced + (inode != path.stat().st_ino), path.stat().st_ino
        if event % 7 == 0:
            beside.read()
    assert largest < 1.1 * LARGEST
    assert 1 < replaced < 20  # the first draft is one
    whole = read(tmp_path)
    assert beside is not None
    beside.read()
    assert beside.step == whole.step == 600_000
    for reader in (beside, whole):
        assert max(value for _, value in reader.series["loss", "loss"].points()) > 0.999
        assert reader.series["loss", "loss"].points()[0][0] < 4096


@contextmanager
def no_room_for_files_over(size: int) -> Iterator[None]:
    """Every write beyond this size fails in this process, halfway, as on a full disk."""
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limit[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        signal.signal(signal.SIGXFSZ, before)


def test_what_a_full_disk_did_not_take_is_written_once_there_is_room(tmp_path: Path) -> None:
    now = 0.0
    writer = RecordWriter(BEGUN, tmp_path, lambda: now)
    writer.add_progress(progress(1, 1.0))
    (path,) = tmp_path.glob("*.jsonl")
    with no_room_for_files_over(path.stat().st_size + 20):
        writer.add_progress(progress(2, 2.0))
        assert [step for step, _ in read(tmp_path).series["loss", "loss"].points()] == [1]
        now += 60
        writer.add_progress(progress(3, 3.0))
    now += 60
    writer.add_progress(progress(4, 4.0))
    assert read(tmp_path).series["loss", "loss"].points() == ((1, 1.0), (2, 2.0), (3, 3.0), (4, 4.0))
    assert list(tmp_path.iterdir()) == [path]


def test_a_disk_that_is_full_from_the_beginning_to_the_end_leaves_the_last_try_to_the_end(tmp_path: Path) -> None:
    writer = RecordWriter(BEGUN, tmp_path)
    with no_room_for_files_over(0):
        writer.add_progress(progress(1, 1.0))
        writer.add_progress(progress(2, 2.0))
    writer.end()
    reader = read(tmp_path)
    assert (reader.step, reader.ended is not None) == (2, True)


@pytest.mark.parametrize("is_deleted", ["the folder", "the file"])
def test_a_record_that_was_deleted_is_not_written_again(tmp_path: Path, is_deleted: str) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    now = 0.0
    writer = RecordWriter(BEGUN, folder, lambda: now)
    writer.add_progress(progress(1, 1.0))
    if is_deleted == "the folder":
        shutil.rmtree(folder)
    else:
        next(folder.glob("*")).unlink()
    for step in range(2, 6):
        now += 1000
        writer.add_progress(progress(step, 1.0))
    writer.end()
    assert not list(tmp_path.rglob("*.*"))


def test_a_folder_that_is_none_is_no_trouble(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    writer = RecordWriter(BEGUN, tmp_path / "file")
    writer.add_progress(progress(1, 1.0))
    writer.end()


def test_a_link_in_the_place_of_the_record_is_not_followed(tmp_path: Path) -> None:
    other = tmp_path / "theirs"
    other.write_text("precious")
    writer = RecordWriter(BEGUN, tmp_path)
    writer.add_progress(progress(1, 1.0))
    (path,) = tmp_path.glob("*.jsonl")
    path.unlink()
    path.symlink_to(other)
    writer.add_progress(progress(2, 1.0))
    assert other.read_text() == "precious"


def test_a_second_program_in_the_same_process_has_a_record_of_its_own(tmp_path: Path) -> None:
    for _ in range(2):
        RecordWriter(BEGUN, tmp_path).add_progress(progress(1, 1.0))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["77-0.jsonl", "77-1.jsonl"]


def test_no_descriptor_stays_open_and_none_of_the_programs_own_three_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[int] = []
    write = os.write
    monkeypatch.setattr(
        record_writer.os, "write", lambda descriptor, text: written.append(descriptor) or write(descriptor, text)
    )
    kept = os.dup(0)
    os.close(0)
    try:
        RecordWriter(BEGUN, tmp_path).add_progress(progress(1, 1.0))
    finally:
        os.dup2(kept, 0)
        os.close(kept)
    assert written and min(written) > 2
    with pytest.raises(OSError) as closed:
        os.fstat(written[0])
    assert closed.value.errno == errno.EBADF
