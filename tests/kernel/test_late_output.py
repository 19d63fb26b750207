"""What a thread or a process of an earlier run prints is not taken for output of the run that goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kernel.runs import printed, run
from tui_torch.kernel.session import KernelSession
from tui_torch.protocol.events import Event, Graded, LateOutput
from tui_torch.protocol.orders import Portion, Request

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("kernel")]

# What is bound in a module stays for the next run.
WAITING = """
import threading

def say():
    threading.go.wait()
    print("late")

threading.go = threading.Event()
threading.late = START
print("begun")
"""
GO = "import threading\nthreading.go.set()\nthreading.late.join()\nprint('mine')"
STARTS = {
    "a thread": "threading.Thread(target=say)",
    "a thread of a thread": "threading.Thread(target=lambda: [t := threading.Thread(target=say), t.start(), t.join()])",
    "a timer": "threading.Timer(0, say)",
}


def late(events: list[Event]) -> list[str]:
    return [event.text for event in events if isinstance(event, LateOutput)]


@pytest.mark.parametrize("start", STARTS)
async def test_a_late_print_is_told_apart(kernel: KernelSession, start: str) -> None:
    begun = await run(kernel, WAITING.replace("START", f"{STARTS[start]}\nthreading.late.start()"))
    events = await run(kernel, GO, checks=(("it is mine", "assert output == 'mine\\n'"),))
    assert (printed(begun), printed(events)) == ("begun\n", "mine\n")
    assert "".join(late(events)) == "late\n"
    assert all(check.passed for event in events if isinstance(event, Graded) for check in event.checks)


async def test_what_is_printed_between_two_runs_comes_with_the_next(kernel: KernelSession, tmp_path: Path) -> None:
    code = f"""
import pathlib, threading, time
def say():
    while not pathlib.Path({str(tmp_path / "go")!r}).exists():
        time.sleep(0.01)
    print("late", flush=True)
    pathlib.Path({str(tmp_path / "said")!r}).touch()
threading.Thread(target=say).start()
number = 3
"""
    go, has_said = (tmp_path / "go").touch, (tmp_path / "said").exists
    await run(kernel, code)
    go()
    looks_since = 0
    while looks_since < 20:  # as the inspector does, whose answers are all that is read between two runs
        await kernel.look(Request("values", "number"))
        looks_since += has_said()
    events = await run(kernel, "print('mine')")
    assert (printed(events), "".join(late(events))) == ("mine\n", "late\n")


async def test_what_a_thread_prints_during_its_own_run_is_that_runs(kernel: KernelSession) -> None:
    code = "import threading\nthread = threading.Thread(target=print, args=('own',))\nthread.start()\nthread.join()"
    events = await run(kernel, code)
    assert (printed(events), late(events)) == ("own\n", [])


async def test_what_a_thread_of_the_setup_prints_is_of_no_run(kernel: KernelSession) -> None:
    setup = Portion("setup", WAITING.replace("START", "threading.Thread(target=say)\nthreading.late.start()"))
    events = await run(kernel, GO, standing=(setup,))
    assert (printed(events), late(events)) == ("mine\n", [])


async def test_a_thread_with_a_run_of_its_own_is_started_as_ever(kernel: KernelSession) -> None:
    code = """
import threading
class Own(threading.Thread):
    def run(self):
        print("class", "run" in vars(self))
thread = Own()
thread.start(); thread.join()
thread = threading.Thread()
thread.run = lambda: print("attribute", "run" in vars(thread))
thread.start(); thread.join()
try:
    thread.start()
except RuntimeError as error:
    print(error, "run" in vars(thread))
"""
    assert printed(await run(kernel, code)) == ("class False\nattribute True\nthreads can only be started once True\n")
