"""What is not in memory is told before it is read: to read it would end the process.

No test reads what is not there. What reaches beyond its array lies within a larger buffer here; of a file that was cut
only the question is asked.
"""

from __future__ import annotations

import ctypes
import mmap
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.lib.stride_tricks import as_strided, sliding_window_view

from tui_torch.probe.inspector.answer import look
from tui_torch.probe.inspector.namespace_diff import Inspector
from tui_torch.probe.isolation import readable_memory
from tui_torch.probe.isolation.readable_memory import (
    BEYOND,
    FREED,
    GONE,
    UnreadableError,
    can_be_read,
    is_readable_array,
    refuse_misfit_parts,
    refuse_unreadable,
    refuse_unreadable_array,
)
from tui_torch.probe.isolation.undisturbed import unobserved
from tui_torch.probe.values import elements
from tui_torch.probe.values.fingerprint import checksum_in_place
from tui_torch.probe.values.short_repr import short_repr
from tui_torch.probe.values.stamp import holds_still, stamp_of
from tui_torch.probe.values.summary import summarize
from tui_torch.protocol.events import Summary
from tui_torch.protocol.orders import Request

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")


def summary_of(value: object) -> Summary:
    summary = summarize("x", value)
    assert summary is not None
    return summary


def within_a_larger_buffer() -> np.ndarray:
    """Four numbers, after which come sixty more that are not theirs."""
    return np.frombuffer(bytearray(64 * 8), dtype=np.float64, count=4)


# Arrays


BEYOND_THEIR_MEMORY: dict[str, Callable[[], np.ndarray]] = {
    "a longer view": lambda: as_strided(within_a_larger_buffer(), (8,), (8,)),
    "a longer view of a part": lambda: as_strided(within_a_larger_buffer()[2:], (4,), (8,)),
    "wider strides": lambda: as_strided(within_a_larger_buffer(), (2, 2), (32, 8)),
    "a view of such a view": lambda: as_strided(within_a_larger_buffer(), (8,), (8,))[4:],
    "before its beginning": lambda: as_strided(within_a_larger_buffer()[2:], (4,), (-8,)),
    "more bytes than an element has": lambda: as_strided(within_a_larger_buffer(), (8,), (8,)).view(np.complex128),
    "a part that is inside, of a view that is not, beyond": lambda: as_strided(within_a_larger_buffer(), (9,), (8,))[
        3:
    ],
}


@pytest.mark.parametrize("make", BEYOND_THEIR_MEMORY.values(), ids=BEYOND_THEIR_MEMORY)
def test_an_array_whose_strides_reach_beyond_its_memory_is_not_read(make: Callable[[], np.ndarray]) -> None:
    array = make()
    with pytest.raises(UnreadableError, match=BEYOND):
        refuse_unreadable_array(array)
    summary = summary_of(array)
    assert (summary.shape, summary.note, summary.values, summary.statistics) == (array.shape, BEYOND, None, None)
    assert (short_repr(array) or "").startswith(f"array{list(array.shape)} ")
    assert stamp_of(array, in_time=True) is None
    for side in ("values", "picture", "distribution"):
        assert look(Request(side, "x"), {"x": array}).note == BEYOND


class Named(np.ndarray):
    """A subclass of a learner's, none of whose code runs."""

    @property
    def base(self) -> Any:  # type: ignore[override]
        raise AssertionError

    @property
    def strides(self) -> Any:  # type: ignore[override]
        raise AssertionError


WITHIN: dict[str, Callable[[], np.ndarray]] = {
    "its own": lambda: np.arange(6.0),
    "of no elements": lambda: np.empty((0, 3)),
    "a scalar": lambda: np.array(3.0),
    "a part": lambda: np.arange(6.0)[1:5:2],
    "backwards": lambda: np.arange(6.0)[::-1],
    "transposed": lambda: np.arange(6.0).reshape(2, 3).T,
    "broadcast": lambda: np.broadcast_to(np.arange(3.0), (4, 3)),
    "windows": lambda: sliding_window_view(np.arange(9.0), 3),
    "strided": lambda: as_strided(np.arange(9.0), (3, 3), (8, 8)),
    "windows of a part": lambda: sliding_window_view(np.arange(9.0)[2:], 3)[1:],
    "a tensor's": lambda: torch.arange(6.0).reshape(2, 3).T.numpy(),
    "of bytes": lambda: np.frombuffer(bytes(range(16)), np.int32),
    "with fields": lambda: np.zeros(3, [("a", "i4"), ("b", "f8")])["b"],
    "of a subclass": lambda: np.arange(6.0).view(Named)[2:],
    "of objects": lambda: np.array([[], None, 3], object)[1:],
    "as other numbers": lambda: np.arange(6.0).view(np.int16)[3:],
}


@pytest.mark.parametrize("make", WITHIN.values(), ids=WITHIN)
def test_any_array_that_is_in_its_memory_is_readable(make: Callable[[], np.ndarray]) -> None:
    array = make()
    refuse_unreadable_array(array)
    assert is_readable_array(array)
    assert summary_of(array).note is None


def test_a_view_is_not_read_any_more_once_its_array_was_made_shorter() -> None:
    array = np.arange(1000.0)
    view = array[500:]
    array.resize(10, refcheck=False)
    assert summary_of(view).note == BEYOND


# Files that are mapped into memory


@on_linux
def test_of_a_file_that_was_cut_no_more_can_be_read_than_is_left(tmp_path: Path) -> None:
    path = tmp_path / "data"
    page = mmap.PAGESIZE
    path.write_bytes(bytes(3 * page))
    with path.open("r+b") as file, mmap.mmap(file.fileno(), 3 * page) as mapped:
        first = ctypes.c_char.from_buffer(mapped)
        start = ctypes.addressof(first)
        assert can_be_read(start, 3 * page)
        file.truncate(page + 1)
        assert can_be_read(start, 2 * page)  # the rest of a page that the file ends in is zeros
        assert not can_be_read(start, 2 * page + 1)
        assert not can_be_read(start + 2 * page, 8)
        file.truncate(3 * page)
        assert can_be_read(start, 3 * page)
        del first


@on_linux
def test_memory_that_was_never_there_cannot_be_read() -> None:
    assert not can_be_read(0, 1)
    assert not can_be_read(2**46 + 4096, 1)
    assert can_be_read(0, 0)


def test_where_the_system_does_not_tell_everything_is_taken_to_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readable_memory, "_reader", lambda: None)
    assert can_be_read(0, 8)


@pytest.fixture
def gone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing can be read of memory that PyTorch and NumPy have not taken themselves."""
    monkeypatch.setattr(readable_memory, "_reader", lambda: lambda first, last: -1)


MAPPED: dict[str, Callable[[Path], Any]] = {
    "numpy.memmap": lambda path: np.memmap(path, np.float32, "r+"),
    "a part of a numpy.memmap": lambda path: np.memmap(path, np.float32, "r+")[3:],
    "torch.from_file": lambda path: torch.from_file(str(path), size=16, shared=True),
    "a part of torch.from_file": lambda path: torch.from_file(str(path), size=16)[2:9],
    "columns of torch.from_file": lambda path: torch.from_file(str(path), size=16).view(4, 4).T,
    "a tensor of a numpy.memmap": lambda path: torch.from_numpy(np.memmap(path, np.float32, "r+")),
}


@pytest.mark.parametrize("make", MAPPED.values(), ids=MAPPED)
def test_what_is_in_a_file_is_read_while_it_is_there(make: Callable[[Path], Any], tmp_path: Path) -> None:
    path = tmp_path / "data"
    path.write_bytes(np.arange(16, dtype=np.float32).tobytes())
    value = make(path)
    summary = summary_of(value)
    assert summary.note is None and summary.statistics is not None
    with unobserved():
        stamp = stamp_of(value, in_time=True)
        assert stamp is None or holds_still(stamp, value, in_time=True)


@pytest.mark.parametrize("make", MAPPED.values(), ids=MAPPED)
def test_what_is_in_a_file_that_was_cut_is_not_read(make: Callable[[Path], Any], tmp_path: Path, gone: None) -> None:
    path = tmp_path / "data"
    path.write_bytes(np.arange(16, dtype=np.float32).tobytes())
    value = make(path)
    summary = summary_of(value)
    assert (summary.note, summary.values, summary.statistics) == (GONE, None, None)
    with unobserved():
        assert stamp_of(value, in_time=True) is None
        if isinstance(value, torch.Tensor):
            assert checksum_in_place(value, 1 << 20) is None
    inspector = Inspector()
    inspector.begin({"x": value}, ())
    (shown,) = inspector.inspect({"x": value}, ()).variables
    assert shown.note == GONE


def test_a_value_does_not_hold_still_once_its_file_was_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "data"
    path.write_bytes(bytes(64))
    with unobserved():
        for value in (torch.from_file(str(path), size=16), np.memmap(path, np.float32).view(np.ndarray)):
            stamp = stamp_of(value, in_time=True)
            assert stamp is not None and holds_still(stamp, value, in_time=False)
            with monkeypatch.context() as patch:
                patch.setattr(readable_memory, "_reader", lambda: lambda first, last: 1)
                assert not holds_still(stamp, value, in_time=False)


def test_memory_of_ones_own_is_not_asked_about(gone: None) -> None:
    array = np.arange(8.0)
    for value in (array, array[2:], torch.arange(8.0), torch.arange(8.0)[::2]):
        assert summary_of(value).note is None


# Sparse tensors, whose parts can be resized one by one


def coo() -> torch.Tensor:
    return torch.sparse_coo_tensor(torch.tensor([[0, 1, 1]]), torch.tensor([1.0, 2.0, 3.0]), (4,))


def csr() -> torch.Tensor:
    crow, col, values = torch.tensor([0, 1, 2]), torch.tensor([0, 1]), torch.tensor([1.0, 2.0])
    return torch.sparse_csr_tensor(crow, col, values, (2, 2))


def bsr() -> torch.Tensor:
    return torch.eye(4).to_sparse_bsr((2, 2))


def with_an_index_outside() -> torch.Tensor:
    tensor = coo().coalesce()
    tensor._indices()[0, -1] = 7
    return tensor


def with_a_column_outside() -> torch.Tensor:
    tensor = csr()
    tensor.col_indices()[-1] = 7
    return tensor


def with_rows_that_end_elsewhere() -> torch.Tensor:
    tensor = csr()
    tensor.crow_indices()[-1] = 9
    return tensor


MISFITS = [
    with_an_index_outside,
    with_a_column_outside,
    with_rows_that_end_elsewhere,
]


@pytest.mark.filterwarnings("ignore:Sparse")
@pytest.mark.parametrize("make", MISFITS)
def test_a_sparse_tensor_whose_parts_do_not_fit_together_is_not_made_dense(make: Callable[[], torch.Tensor]) -> None:
    tensor = make()
    with unobserved(), pytest.raises(UnreadableError, match="do not fit together"):
        refuse_misfit_parts(tensor)
    assert "do not fit together" in (summary_of(tensor).note or "")
    assert "do not fit together" in (look(Request("values", "x"), {"x": tensor}).note or "")


def with_freed_values() -> torch.Tensor:
    tensor = coo()
    tensor._values().untyped_storage().resize_(0)
    return tensor


def with_freed_indices() -> torch.Tensor:
    tensor = coo()
    tensor._indices().untyped_storage().resize_(0)
    return tensor


def with_freed_rows() -> torch.Tensor:
    tensor = csr()
    tensor.crow_indices().untyped_storage().resize_(0)
    return tensor


def with_fewer_values_in_memory() -> torch.Tensor:
    tensor = coo()
    tensor._values().untyped_storage().resize_(4)
    return tensor


def with_fewer_indices_in_memory() -> torch.Tensor:
    tensor = coo()
    tensor._indices().untyped_storage().resize_(16)
    return tensor


def with_freed_blocks() -> torch.Tensor:
    tensor = bsr()
    tensor.values().untyped_storage().resize_(0)
    return tensor


@pytest.mark.filterwarnings("ignore:Sparse")
@pytest.mark.parametrize(
    "make",
    [
        with_freed_values,
        with_freed_indices,
        with_fewer_values_in_memory,
        with_fewer_indices_in_memory,
        with_freed_rows,
        with_freed_blocks,
    ],
)
def test_a_sparse_tensor_of_which_a_part_was_freed_is_not_read(make: Callable[[], torch.Tensor]) -> None:
    tensor = make()
    assert summary_of(tensor).note == FREED
    assert look(Request("values", "x"), {"x": tensor}).note == FREED


@pytest.mark.filterwarnings("ignore:Sparse")
@pytest.mark.parametrize("make", [coo, csr, bsr, lambda: coo().coalesce(), lambda: torch.eye(3).to_sparse_csc()])
def test_a_sparse_tensor_that_is_whole_is_shown_with_its_zeros(make: Callable[[], torch.Tensor]) -> None:
    tensor = make()
    with unobserved():
        refuse_misfit_parts(tensor)
        assert elements.dense(tensor).equal(tensor.to_dense())
    assert summary_of(tensor).values == tuple(tensor.to_dense().flatten().tolist())


@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors")
def test_a_nested_tensor_whose_memory_was_freed_is_not_read() -> None:
    nested = torch.nested.nested_tensor([torch.ones(2), torch.ones(3)])
    nested.values().untyped_storage().resize_(0)
    assert summary_of(nested).note is not None
    assert summary_of(nested).statistics is None


# Tensors


def test_a_tensor_that_reaches_beyond_a_storage_that_was_made_smaller_is_not_read() -> None:
    tensor = torch.arange(16.0).view(4, 4).T[1:]
    with unobserved():
        refuse_unreadable(tensor)
        tensor.untyped_storage().resize_(32)
        with pytest.raises(UnreadableError, match=FREED):
            refuse_unreadable(tensor)
