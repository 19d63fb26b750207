"""A GPU's memory is told where the program uses one; asking begins to use none, and waits for none."""

from __future__ import annotations

from pathlib import Path

import torch

from tests.unit.probe.watch.records import BEGUN, progress
from tests.unit.probe.watch.test_record_writer import read
from tui_torch.probe.watch.gpu_memory import gpu_memory
from tui_torch.probe.watch.record_writer import RecordWriter
from tui_torch.protocol.records.lines import GpuMemory
from tui_torch.ui.watching.figures import figure_rows
from tui_torch.watching.kept_runs import KeptRun
from tui_torch.watching.run_folders import RunFolder


def test_where_no_gpu_is_used_none_begins_to_be() -> None:
    assert not torch.cuda.is_initialized()
    assert gpu_memory() is None
    assert not torch.cuda.is_initialized()


def test_the_latest_is_kept_and_shown_while_the_program_runs_and_the_most_of_it_afterwards(tmp_path: Path) -> None:
    writer = RecordWriter(BEGUN, tmp_path)
    writer.add_progress(progress(1, 3.0), gpu_memory=GpuMemory(1, 2, 3))
    latest = GpuMemory(412_000_000, 1_200_000_000, 80 * 10**9)
    writer.add_progress(progress(2, 2.0), gpu_memory=latest)
    assert read(tmp_path).gpu_memory == latest
    runs = figure_rows(KeptRun(RunFolder(tmp_path), None, (read(tmp_path),), "running"))
    assert {"GPU memory": "412 MB of 80.00 GB", "GPU at most": "1.20 GB"}.items() <= dict(runs).items()
    writer.end()
    over = figure_rows(KeptRun(RunFolder(tmp_path), None, (read(tmp_path),), "ended"))
    assert [row for row in over if "GPU" in row[0]] == [("GPU at most", "1.20 GB")]


def test_on_a_cpu_no_line_is_of_a_gpu(tmp_path: Path) -> None:
    RecordWriter(BEGUN, tmp_path).add_progress(progress(1, 3.0), gpu_memory=gpu_memory())
    rows = figure_rows(KeptRun(RunFolder(tmp_path), None, (read(tmp_path),), "running"), memory=412_000_000)
    assert ("memory", "412 MB") in rows
    assert not [name for name, _ in rows if "GPU" in name]
