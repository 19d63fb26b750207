"""What the numbers of a record say by themselves, and what they do not."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.probe.watch.records import BEGUN
from tui_torch.probe.watch.record_writer import RecordWriter
from tui_torch.protocol.events import SeriesKind, SeriesPoints, TrainingProgress
from tui_torch.protocol.records.lines import CodeFile
from tui_torch.watching.record_reader import RecordReader
from tui_torch.watching.recorded_notes import recorded_notes

Values = dict[tuple[SeriesKind, str], list[float]]
LOSS: tuple[SeriesKind, str] = ("loss", "loss")
NORM: tuple[SeriesKind, str] = ("gradient norm", "gradient norm")


def told(folder: Path, values: Values, *, program: str = "train", code: str = "") -> list[str]:
    """The notes of a record, `values` from step 1 on; those of validation are at every tenth step."""
    begun = replace(BEGUN, program=program)
    if code:
        (folder / "train.py").write_text(code)
        begun = replace(BEGUN, program=str(folder / "train.py"), files=(CodeFile("train.py", "ab"),))
    writer = RecordWriter(begun, folder)
    every = {"validation": 10}
    series = tuple(
        SeriesPoints(name, kind, tuple((every.get(kind, 1) * at, value) for at, value in enumerate(numbers, 1)))
        for (kind, name), numbers in values.items()
    )
    last = max(points.points[-1][0] for points in series)
    writer.add_progress(TrainingProgress(last, series, None, (), 0.1, last))
    (path,) = folder.glob("*.jsonl")
    reader = RecordReader(path)
    reader.read()
    return [note.says for note in recorded_notes(reader)]


@pytest.mark.parametrize(
    ("values", "says"),
    [
        (
            {LOSS: [0.5, 0.4, 0.3, math.nan, math.nan], NORM: [1.0, 30.0, 500.0]},
            "`loss` became NaN at step 4: it was 0.3 at step 3, and the gradient's norm had grown from 1 at step 1 to "
            "500 at step 3.",
        ),
        ({LOSS: [0.5, math.inf, math.inf]}, "`loss` became infinite at step 2: it was 0.5 at step 1."),
        ({LOSS: [0.5, math.nan, 0.4]}, "`loss` was NaN at step 2, and is a number again since."),
        (
            {LOSS: [math.nan, math.nan]},
            "`loss` is NaN from step 1 on, the first there is. Look for NaN in the data, a division by 0, or the `log` "
            "or `sqrt` of 0.",
        ),
        (
            {LOSS: [2.0, 1.0, 5.0, 25.0, 125.0, 625.0]},
            "`loss` explodes: it grew from 1 at step 2 to 625 at step 6, 625 times as large.",
        ),
    ],
)
def test_a_loss_that_is_no_number_or_explodes_is_told_of(tmp_path: Path, values: Values, says: str) -> None:
    assert told(tmp_path, values) == [says]


FALLING = [3.0 * 0.97**step + 0.01 for step in range(300)]
RISING = [0.5 + abs(at - 10) * (0.01 if at < 10 else 0.05) for at in range(30)]
BY_HEART: Values = {LOSS: FALLING, ("validation", "val_loss"): RISING}


def test_validation_that_rises_while_the_loss_falls_is_told_of(tmp_path: Path) -> None:
    (says,) = told(tmp_path, BY_HEART)
    assert says.startswith("`val_loss` was lowest at step 110, at 0.5; its last 3 values average 1.4.")
    assert "by heart" in says


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({LOSS: FALLING}, id="it learns"),
        pytest.param({LOSS: FALLING, ("validation", "val_loss"): FALLING[::10]}, id="validation falls, too"),
        pytest.param(BY_HEART | {("loss", "loss_d"): FALLING}, id="two losses"),
        pytest.param({("loss", "g"): [1, 5, 25, 125, 625, 3125], ("loss", "d"): [1.0] * 6}, id="one of two grows"),
        pytest.param({LOSS: [1.0, 300.0, 2.0, 250.0, 1.5, 280.0, 1.2, 310.0]}, id="noise"),
        pytest.param({LOSS: FALLING, ("logged", "reward"): [1.0, math.nan]}, id="what is logged"),
        pytest.param({LOSS: FALLING, NORM: [1.0, math.inf, 2.0]}, id="an infinite norm, as with a scaler"),
    ],
)
def test_of_an_ordinary_training_nothing_is_said(tmp_path: Path, values: Values) -> None:
    assert told(tmp_path, values) == []


def test_a_program_that_keeps_its_best_weights_need_not_be_told(tmp_path: Path) -> None:
    code = "if val < best:\n    best = val\n    torch.save(model.state_dict(), 'best.pt')\n"
    assert told(tmp_path, BY_HEART, code=code) == []
