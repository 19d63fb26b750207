"""Numbers on their way from a device: read together, waited for only at the end. A GPU's part is an event here."""

from __future__ import annotations

import pytest
import torch

from tui_torch.probe.training import device_reads
from tui_torch.probe.training.device_reads import DeviceRead
from tui_torch.probe.training.series import SeriesBook, joined


class Queue:
    """What tells that a GPU has come so far."""

    def __init__(self) -> None:
        self.is_done = False
        self.waits = 0

    def query(self) -> bool:
        return self.is_done

    def synchronize(self) -> None:
        self.waits += 1
        self.is_done = True


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> Queue:
    queue = Queue()
    monkeypatch.setattr(device_reads, "recorded_event", lambda device: queue)
    return queue


def deferred(book: SeriesBook, step: int, value: float) -> None:
    series = book.series("loss", "loss")
    assert series is not None
    series.defer(step, torch.tensor(value))


def test_numbers_of_any_shape_and_dtype_come_in_their_order() -> None:
    values = [torch.tensor([[1.5]]), torch.tensor(2, dtype=torch.int64), torch.tensor(3.25, dtype=torch.bfloat16)]
    read = DeviceRead(values)
    assert read.is_complete and read.numbers() == [1.5, 2.0, 3.25]


def test_a_loop_does_not_wait_for_numbers_that_are_on_their_way(queue: Queue) -> None:
    book = SeriesBook()
    deferred(book, 1, 4.0)
    assert book.take_apart(wait=False) == {} and book.grew
    deferred(book, 2, 5.0)
    assert book.take_apart(wait=False) == {} and queue.waits == 0
    queue.is_done = True
    assert joined(book.take_apart(wait=False))[0].points == ((1, 4.0), (2, 5.0))
    assert not book.grew


def test_the_end_of_a_run_waits_for_the_numbers(queue: Queue) -> None:
    book = SeriesBook()
    deferred(book, 1, 4.0)
    book.take_apart(wait=False)
    assert joined(book.take_apart())[0].points == ((1, 4.0),)
    assert queue.waits == 1


def test_numbers_on_their_way_survive_the_merging_of_buffers(queue: Queue) -> None:
    book = SeriesBook()
    book.losses("loss")
    book.losses("loss").defer(1, torch.tensor(4.0))
    book.take_apart(wait=False)
    book.merge_buffers()
    assert joined(book.take_apart())[0].points == ((1, 4.0),)


def test_numbers_that_a_device_cannot_give_are_dropped() -> None:
    book = SeriesBook()
    series = book.series("loss", "loss")
    assert series is not None
    series.defer(1, torch.empty((), device="meta"))
    series.defer(2, torch.tensor(5.0))
    assert joined(book.take_apart())[0].points == ((2, 5.0),)
