"""Reading a record that is written meanwhile, is cut short, or is something else."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.probe.watch.records import BEGUN, progress
from tui_torch.probe.watch.record_writer import RecordWriter
from tui_torch.watching.record_reader import RecordReader


def written(folder: Path) -> Path:
    writer = RecordWriter(BEGUN, folder)
    for step in range(1, 6):
        writer.add_progress(progress(step, 1.0 / step))
    writer.end()
    (path,) = folder.glob("*.jsonl")
    return path


def test_a_record_cut_at_any_byte_tells_all_whole_lines_and_goes_on_from_there(tmp_path: Path) -> None:
    whole = written(tmp_path).read_bytes()
    grows = tmp_path / "grows"
    for length in range(0, len(whole), 3):
        grows.write_bytes(whole[:length])
        reader = RecordReader(grows)
        reader.read()
        lines = whole[:length].count(b"\n")
        assert (reader.begun is not None, reader.step) == (lines > 0, min(max(lines - 1, 0), 5))
        with grows.open("ab") as file:
            file.write(whole[length:])
        assert reader.read() == (length < len(whole))
        assert (reader.step, reader.ended is not None) == (5, True)


def test_a_record_that_is_replaced_is_read_from_its_beginning(tmp_path: Path) -> None:
    path = written(tmp_path)
    reader = RecordReader(path)
    reader.read()
    shorter = tmp_path / "shorter"
    shorter.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:2]))
    shorter.replace(path)
    assert reader.read()
    assert (reader.step, reader.ended) == (1, None)
    assert not reader.read()


@given(st.lists(st.binary(max_size=60), max_size=5))
def test_any_bytes_that_are_no_record_are_none(tmp_path_factory: pytest.TempPathFactory, pieces: list[bytes]) -> None:
    path = tmp_path_factory.mktemp("any") / "any.jsonl"
    path.write_bytes(b"\n".join([*pieces, b""]))
    reader = RecordReader(path)
    assert reader.read() == bool(pieces)
    assert (reader.begun, reader.step, reader.ended) == (None, 0, None)


def test_lines_of_nonsense_within_a_record_are_left_out(tmp_path: Path) -> None:
    path = written(tmp_path)
    lines = path.read_bytes().splitlines(keepends=True)
    nonsense = [
        b"\n",
        b"{}\n",
        b'{"class": "RecordProgress"}\n',
        b"[" * 100_000 + b"\n",
        b"\xff\xfe\n",
        b'{"class": 3}\n',
    ]
    path.write_bytes(b"".join(one + other for one, other in zip(lines, nonsense, strict=False)) + b"".join(lines[6:]))
    reader = RecordReader(path)
    reader.read()
    assert (reader.step, reader.ended is not None) == (5, True)


def test_a_record_of_a_later_version_is_left_alone(tmp_path: Path) -> None:
    path = written(tmp_path)
    path.write_bytes(path.read_bytes().replace(b'"version": 1', b'"version": 2'))
    reader = RecordReader(path)
    reader.read()
    assert (reader.begun, reader.step, reader.ended) == (None, 0, None)


def test_a_record_that_is_gone_says_nothing(tmp_path: Path) -> None:
    assert not RecordReader(tmp_path / "gone").read()
