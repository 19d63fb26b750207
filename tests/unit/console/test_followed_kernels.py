"""What is said of the cells of a kernel of others, in text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from tui_torch.console.attaching.views import ROWS, JsonFollowing, PlainFollowing
from tui_torch.kernel.joining.running_kernel import KernelFacts
from tui_torch.protocol.attachment import CellBegan, CellEnded, Joined, Missed, TorchImported
from tui_torch.protocol.events import (
    Failed,
    Frame,
    Inspected,
    Inspection,
    SeriesPoints,
    Summary,
    TrainingProgress,
)
from tui_torch.protocol.inspection_updates import NOT_READ
from tui_torch.protocol.notes import Note

FACTS = KernelFacts("python", "3.11.4", "ipython", "")
PROGRESS = TrainingProgress(
    step=3,
    series=(SeriesPoints("loss", "loss", ((1, 3.0), (2, 2.0), (3, 1.0))),),
    epoch=None,
    epoch_starts=(),
    learning_rate=0.1,
    optimizer_steps=3,
)


def inspected(*names: str, change: Any = "new", note: str | None = None) -> Inspected:
    return Inspected(
        Inspection((), tuple(Summary(name, "value", "int", text="7", change=change, note=note) for name in names))
    )


def said(words: Sequence[Any], capsys: pytest.CaptureFixture[str], *, as_json: bool = False) -> str:
    view = JsonFollowing(FACTS) if as_json else PlainFollowing(FACTS)
    for word in words:
        view.show(word)
    return capsys.readouterr().out


def test_a_cell_is_told_with_its_chart_its_notes_its_error_and_what_it_made(capsys: pytest.CaptureFixture[str]) -> None:
    failed = Failed("ValueError", "no", (Frame(2, "<module>", "f(x)", "In [5]"),))
    note = Note("never-zeroed", "It is never zeroed.", 4)
    words = [CellBegan(5, "\nx = 7\nf(x)"), PROGRESS, note, failed, inspected("x"), CellEnded(5, "failed", 0.25)]
    text = said(words, capsys)
    assert "In [5]  x = 7" in text.splitlines()[0]
    for part in ("│", "In [5], line 2, in <module>", "f(x)", "ValueError: no", "It is never zeroed.", " x  7"):
        assert part in text, part
    assert text.splitlines()[-1] == "In [5] failed, 0.2 s"


def test_what_did_not_change_is_not_told_again(capsys: pytest.CaptureFixture[str]) -> None:
    text = said([CellBegan(1, "1"), inspected("old", change="same"), CellEnded(1, "ok", 0.001)], capsys)
    assert "old" not in text
    assert text.splitlines()[-1] == "In [1] ok, 1.0 ms"


def test_values_that_are_read_later_are_waited_for_until_the_next_cell(
    capsys: pytest.CaptureFixture[str],
) -> None:
    unread = inspected("big", note=NOT_READ)
    words = [CellBegan(1, "1"), unread, CellEnded(1, "ok", 1.0)]
    assert "ok" not in said(words, capsys)
    assert said([*words, inspected("big")], capsys).splitlines()[-1] == "In [1] ok, 1.0 s"
    assert "In [1] ok" in said([*words, CellBegan(2, "2")], capsys)


def test_of_many_names_the_first_are_told_and_the_others_counted(capsys: pytest.CaptureFixture[str]) -> None:
    names = [f"n{at}" for at in range(ROWS + 4)]
    text = said([CellBegan(1, "1"), inspected(*names), CellEnded(1, "ok", 1.0)], capsys)
    assert "and 4 more" in text
    assert names[-1] not in text


@pytest.mark.parametrize(
    ("joined", "words"),
    [
        (Joined(1, "2.13.0", "2.13.0"), "PyTorch 2.13.0."),
        (Joined(1, None, "2.13.0"), "PyTorch 2.13.0 is there, and its tensors are shown once a cell has imported it"),
        (Joined(1, None, None), "there is no PyTorch"),
    ],
)
def test_it_is_said_what_there_is_of_pytorch(joined: Joined, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = said([joined], capsys)
    assert "Python 3.11.4" in text
    assert words in text


def test_nothing_that_a_kernel_tells_controls_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    words = [
        CellBegan(1, "\x1b]0;x\x07"),
        Failed("E\x1b[2J", "\x1b[2J", (Frame(1, "\x1b[1m", "\x1b[2J", "In [1]"),)),
        inspected("\x1b[5m"),
        CellEnded(1, "failed", 1.0),
    ]
    assert "\x1b" not in said(words, capsys)
    assert "\x1b" not in said(words, capsys, as_json=True)


def test_each_event_is_an_object_on_a_line_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    words = [
        Joined(7, None, "2.13.0"),
        CellBegan(1, "x = 7"),
        TorchImported("2.13.0"),
        PROGRESS,
        Note("rule", "It says."),
        inspected("x"),
        CellEnded(1, "ok", 0.5),
        Missed(),
    ]
    told = [json.loads(line) for line in said(words, capsys, as_json=True).splitlines()]
    events = ["joined", "cell", "torch", "training", "note", "variables", "finished", "missed"]
    assert [one["event"] for one in told] == events
    assert told[0] == {"event": "joined", "pid": 7, "python": "3.11.4", "torch": None, "torch_installed": "2.13.0"}
    assert told[6] == {"event": "finished", "number": 1, "outcome": "ok", "seconds": 0.5}
