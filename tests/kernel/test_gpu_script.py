"""The script that shows what holds on a GPU: on a machine without one, it shows what a CPU can show."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import torch

ROOT = Path(__file__).parents[2]


def test_the_script_for_gpus_shows_all_that_this_machine_can_show_and_says_what_it_cannot() -> None:
    done = subprocess.run([sys.executable, "-m", "tests.gpu"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "**no**" not in done.stdout and done.stdout.count("| yes |") >= 18
    assert done.stdout.count("needs CUDA") == (0 if torch.cuda.is_available() else 2)
