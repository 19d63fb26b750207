"""What is changed of ipykernel and Python, in a process of its own: no debugger, and forks whose threads are known."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

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


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks")
def test_the_main_thread_of_a_fork_has_the_id_of_its_process() -> None:
    code = """
import os, threading
from tui_torch.probe.isolation.jupyter_internals import renumber_main_thread
child = os.fork()
if not child:
    renumber_main_thread()
    os._exit(threading.main_thread().native_id != os.getpid())
assert os.waitpid(child, 0)[1] == 0
"""
    assert succeeds(code), f"threading.Thread._set_native_id changed: {REPAIR}"
