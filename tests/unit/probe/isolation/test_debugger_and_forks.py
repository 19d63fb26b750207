"""What is changed of ipykernel and Python, in a process of its own: no debugger."""

from __future__ import annotations

import subprocess
import sys

REPAIR = "repair it in tui_torch/probe/isolation/jupyter_internals.py"


def succeeds(code: str) -> bool:
    return subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_kernel_has_no_debugger_and_a_learner_can_import_one() -> None:
    code = """
import sys
from tui_torch.probe.isolation.jupyter_internals import leave_out_debugger
leave_out_debugger()
from ipykernel import debugger
assert not debugger._is_debugpy_available and not [name for name in sys.modules if "pydevd" in name]
import debugpy
"""
    assert succeeds(code), f"ipykernel.debugger changed, or debugpy is imported elsewhere: {REPAIR}"
