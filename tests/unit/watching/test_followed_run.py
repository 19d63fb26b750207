"""A run that is looked at again tells what is new, and how it stands."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.probe.watch.records import BEGUN, progress
from tui_torch.probe.watch.record_writer import RecordWriter
from tui_torch.watching.followed_run import FollowedRun
from tui_torch.watching.run_folders import RunFolder, begun, ended


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUI_TORCH_HOME", str(tmp_path))


def test_a_look_tells_whether_anything_is_new_until_the_end_is_seen() -> None:
    run = RunFolder.made()
    command = begun(("python", "train.py"), os.getpid())
    run.write_command(command)
    followed = FollowedRun(run)
    assert (followed.run.state, followed.run.records, followed.look()) == ("running", (), False)

    writers = [RecordWriter(replace(BEGUN, pid=rank, rank=rank), run.path) for rank in (1, 0)]
    for writer in writers:
        writer.add_progress(progress(1, 0.5))
    assert followed.look()
    assert not followed.look()
    main = followed.run.main_record
    assert main is not None and main.begun is not None
    assert (main.begun.rank, main.step) == (0, 1)

    writers[1].add_progress(replace(progress(2, 0.4), epoch=1, epoch_starts=(2,)))
    assert followed.look(is_joined=True)
    whole = main.whole()
    assert whole is not None
    assert [(points.name, points.points) for points in whole.series] == [("loss", ((1, 0.5), (2, 0.4)))]
    assert whole.epoch_starts == (2,)

    run.write_command(ended(command, 137))
    assert followed.look(is_joined=True)
    assert (followed.run.state, followed.look()) == ("killed", False)
    assert followed.run.seconds is not None
