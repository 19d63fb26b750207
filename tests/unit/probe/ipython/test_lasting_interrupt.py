"""An interrupt that lasts gets out of code that swallows it, and leaves nothing behind."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator

import pytest

from tui_torch.probe.ipython.lasting_interrupt import LastingInterrupt

FILE = "<your code>"

LOOPS = {
    "swallowed by a loop of one line": """
while True:
    try:
        while True: pass
    except BaseException: pass
""",
    "swallowed at two depths": """
while True:
    try:
        while True:
            try:
                for _ in iter(int, 1): pass
            except BaseException: pass
    except BaseException: continue
""",
    "given up by a return": """
def f():
    try:
        while True: pass
    finally:
        return f
while True:
    f()
""",
    "suppressed": """
import contextlib
while True:
    with contextlib.suppress(BaseException):
        while True: pass
""",
    "swallowed around a comprehension": """
while True:
    try: [x for x in iter(int, 1)]
    except BaseException: pass
""",
    "kept": """
while True:
    try:
        while True: pass
    except BaseException as error: n = error
""",
    "ignored": """
import signal
signal.signal(signal.SIGINT, signal.SIG_IGN)
while True: pass
""",
}


@pytest.fixture
def interrupt() -> Iterator[LastingInterrupt]:
    made = LastingInterrupt(lambda filename: filename == FILE)
    traced, handler = sys.gettrace(), signal.getsignal(signal.SIGINT)
    yield made
    made.end()
    assert sys.gettrace() is traced
    signal.signal(signal.SIGINT, handler)


def interrupted(interrupt: LastingInterrupt, code: str) -> BaseException | None:
    """What code ends by that is interrupted as soon as it runs, and again while it does."""
    compiled = compile(f"begun()\n{code}", FILE, "exec")
    interrupt.begin("one")
    begun, over = threading.Event(), threading.Event()

    def ask() -> None:
        begun.wait()
        while not over.is_set():
            interrupt.insist("one")
            over.wait(0.1)

    asking = threading.Thread(target=ask)
    asking.start()

    def run() -> Iterator[None]:
        # Python 3.11 may leave what is raised between two instructions of a handler as what is being handled, until the
        # coroutine or generator around it ends, and each run of a kernel is one. Without, later tests would meet it.
        yield exec(compiled, {"begun": begun.set})

    try:
        next(run())
    except BaseException as error:
        return error
    finally:
        interrupt.end()
        over.set()
        asking.join()
    return None


@pytest.mark.parametrize("how", LOOPS)
def test_code_that_swallows_an_interrupt_is_interrupted(interrupt: LastingInterrupt, how: str) -> None:
    assert isinstance(interrupted(interrupt, LOOPS[how]), KeyboardInterrupt)


def test_code_of_others_runs_to_its_end(interrupt: LastingInterrupt) -> None:
    done: list[int] = []

    def others() -> None:
        asked = threading.Thread(target=interrupt.insist, args=("one",))
        asked.start()
        asked.join()
        done.extend(range(1000))

    interrupt.begin("one")
    with pytest.raises(KeyboardInterrupt):
        exec(compile("others()\nwhile True: pass", FILE, "exec"), {"others": others})
    assert len(done) == 1000


def test_after_the_run_nothing_is_raised(interrupt: LastingInterrupt) -> None:
    error = interrupted(interrupt, LOOPS["suppressed"])
    interrupt.insist("one")
    del error
    names: dict[str, object] = {}
    exec(compile("for n in range(1000): pass", FILE, "exec"), names)
    assert names["n"] == 999


def test_what_kept_the_interrupt_of_one_run_does_not_interrupt_a_later_run(interrupt: LastingInterrupt) -> None:
    errors = [interrupted(interrupt, LOOPS["suppressed"])]
    interrupt.begin("another")
    names: dict[str, object] = {"errors": errors}
    exec(compile("errors.clear()\nfor n in range(1000): pass", FILE, "exec"), names)
    assert (errors, names["n"]) == ([], 999)


def test_who_asks_too_late_does_not_interrupt_a_later_run(interrupt: LastingInterrupt) -> None:
    interrupted(interrupt, LOOPS["suppressed"])
    interrupt.begin("another")
    names: dict[str, object] = {"late": lambda: interrupt.insist("one")}
    exec(compile("late()\nfor n in range(1000): pass", FILE, "exec"), names)
    assert names["n"] == 999


def test_a_trace_function_that_was_there_is_there_again(interrupt: LastingInterrupt) -> None:
    def traced(*_: object) -> None: ...

    before = sys.gettrace()
    sys.settrace(traced)
    try:
        interrupted(interrupt, LOOPS["suppressed"])
        assert sys.gettrace() is traced
    finally:
        sys.settrace(before)
