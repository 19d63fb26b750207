"""How long a training takes still is told where it is known, and nowhere else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.probe.watch.records import BEGUN, progress
from tui_torch.probe.watch.record_writer import RecordWriter
from tui_torch.watching.record_reader import RecordReader
from tui_torch.watching.time_left import ProgressBar, epochs_asked_for, progress_bar, seconds_left


@pytest.mark.parametrize(
    ("arguments", "epochs"),
    [
        ("--epochs 90", 90),
        ("--epochs=90 --lr 0.1", 90),
        ("--num-epochs 3", 3),
        ("--num_train_epochs 3", 3),
        ("trainer.max_epochs=12", 12),
        ("data --epochs 5 --epochs 6", 6),
        ("--epochs 90 --resume run/last.pt", None),
        ("--epochs 90 --start-epoch 3", None),
        ("--epochs 90 --ckpt-path x", None),
        ("--epochs 90 --num-epochs 3", None),
        ("--warmup-epochs 5", None),
        ("--epochs 2.5", None),
        ("--epochs 0", None),
        ("--epochs", None),
        ("90", None),
        ("", None),
    ],
)
def test_the_epochs_of_a_command_line_are_known_where_one_argument_says_them(
    arguments: str, epochs: int | None
) -> None:
    assert epochs_asked_for(arguments.split()) == epochs


@pytest.mark.parametrize(
    ("line", "bar"),
    [
        (" 45%|####5     | 45/100 [00:12<00:15,  3.61it/s, loss=0.5]", ProgressBar("45", "100", "00:15")),
        ("Epoch 3: 1.2k/10k [1:02:03<8:12:00, 3.61it/s]", ProgressBar("1.2k", "10k", "8:12:00")),
        ("  0%|          | 0/100 [00:00<?, ?it/s]", None),
        ("100%|##########| 100/100 [00:12<00:00, 8.1it/s]", ProgressBar("100", "100", "00:00")),
        ("45it [00:12, 3.61it/s]", None),
        ("epoch 3/10 took 00:15", None),
    ],
)
def test_a_progress_bar_is_quoted_where_it_says_what_is_left(line: str, bar: ProgressBar | None) -> None:
    assert progress_bar(line) == bar


def recorded(
    folder: Path, arguments: tuple[str, ...], *epoch_starts: int, steps: int, ends: bool = False
) -> RecordReader:
    """A training of one step a second."""
    now = 0.0
    writer = RecordWriter(replace(BEGUN, arguments=arguments), folder, clock=lambda: now)
    for step in range(1, steps + 1):
        now = float(step)
        epoch = sum(start <= step for start in epoch_starts) or None
        starts = tuple(start for start in epoch_starts if start == step)
        writer.add_progress(replace(progress(step, 1.0), epoch=epoch, epoch_starts=starts))
    if ends:
        writer.end()
    (path,) = folder.glob("*.jsonl")
    reader = RecordReader(path)
    reader.read()
    return reader


TEN = ("--epochs", "10")


def test_the_epochs_to_come_take_as_long_as_the_mean_of_those_that_are_over(tmp_path: Path) -> None:
    record = recorded(tmp_path, TEN, 1, 11, 21, steps=25)
    assert seconds_left(record) == pytest.approx(10 * 10 - 25 + 1)


@pytest.mark.parametrize(
    ("arguments", "starts", "ends"),
    [
        pytest.param(TEN, (1,), False, id="no epoch is over"),
        pytest.param(TEN, (), False, id="no DataLoader"),
        pytest.param((), (1, 11), False, id="nobody says how many"),
        pytest.param(("--epochs", "1"), (1, 11), False, id="more than were asked for"),
        pytest.param(TEN, (1, 11), True, id="it is over"),
    ],
)
def test_where_it_is_not_known_nothing_is_told(
    tmp_path: Path, arguments: tuple[str, ...], starts: tuple[int, ...], ends: bool
) -> None:
    assert seconds_left(recorded(tmp_path, arguments, *starts, steps=15, ends=ends)) is None
