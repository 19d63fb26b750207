"""PyTorch's real threads, in a process that has two of them, gathered on one processor and let go again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

pytestmark = pytest.mark.xdist_group("two threads")

SCRIPT = """
import json, os, sys, threading, time
import torch
from tui_torch.probe.isolation.openmp_threads import GatheredThreads

def ids():
    return set(map(int, os.listdir("/proc/self/task")))

def wait_for(condition):
    until = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < until
        os.sched_yield()

def sleeps():
    "How often the two threads that compute have gone to sleep so far."
    both = (threading.get_native_id(), worker)
    lines = [line for one in both for line in open(f"/proc/self/task/{one}/status") if line.startswith("voluntary")]
    return sum(int(line.split()[1]) for line in lines)

def sleeps_of_200_operations():
    before = sleeps()
    for _ in range(200):
        values.add_(1)
        sum(range(2000))
    return sleeps() - before

def trained():
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(64, 256), torch.nn.LayerNorm(256), torch.nn.Linear(256, 1))
    for _ in range(20):
        model.zero_grad()
        loss = model(torch.randn(256, 64)).square().mean()
        loss.backward()
        with torch.no_grad():  # an optimizer would import the compiler
            for parameter in model.parameters():
                parameter.sub_(parameter.grad, alpha=0.01)
    return [loss.item(), *(parameter.sum().item() for parameter in model.parameters())]

def allowed_in_child():
    reader, writer = os.pipe()
    if not os.fork():
        threads._lock.acquire()  # as if another thread had held it
        threads.release()
        os.write(writer, str(len(os.sched_getaffinity(0))).encode())
        os._exit(0)
    os.wait()
    return int(os.read(reader, 9))

threads = GatheredThreads()
before = ids()
values = torch.ones(200_000)
values.add_(1)
(worker,) = ids() - before
told = {"can gather": threads.can_gather, "allowed": len(os.sched_getaffinity(0))}
told["sleeps"], told["trained"] = sleeps_of_200_operations(), trained()
there = ids()

threads.gather(3600)
wait_for(lambda: len(os.sched_getaffinity(worker)) == 1)
wait_for(lambda: len(ids() - there) > 1)
told["gathered"] = {
    "is": threads.are_gathered,
    "worker": len(os.sched_getaffinity(worker)),
    "caller": len(os.sched_getaffinity(0)),
    "child": allowed_in_child(),
    "threads": torch.get_num_threads(),
    "counted": threading.active_count(),
    "sleeps": sleeps_of_200_operations(),
    "trained": trained(),
}
threads.release()
told["released"] = {"is": threads.are_gathered, "worker": len(os.sched_getaffinity(worker))}
wait_for(lambda: not ids() - there)

threads.gather(0.2)
wait_for(lambda: len(os.sched_getaffinity(worker)) == 1)
wait_for(lambda: not threads.are_gathered)
told["after the lease"] = len(os.sched_getaffinity(worker))
wait_for(lambda: not ids() - there)
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    """What the process tells of its threads: before, while they are gathered, and afterwards."""
    environment = os.environ | {"OMP_NUM_THREADS": "2"}
    done = subprocess.run([sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_gathered_threads_share_one_processor_and_the_thread_that_they_compute_for_may_run_anywhere(
    told: dict[str, Any],
) -> None:
    assert told["can gather"] and told["gathered"]["is"]
    assert told["gathered"]["worker"] == 1
    assert told["gathered"]["caller"] == told["allowed"]


def test_a_process_that_is_forked_while_threads_are_gathered_may_run_anywhere_and_waits_for_no_lock(
    told: dict[str, Any],
) -> None:
    assert told["gathered"]["child"] == told["allowed"]


def test_gathered_threads_sleep_between_two_operations_where_they_would_spin(told: dict[str, Any]) -> None:
    assert told["gathered"]["sleeps"] >= 200
    assert told["gathered"]["sleeps"] > told["sleeps"]


def test_gathering_changes_no_bit_of_what_is_computed(told: dict[str, Any]) -> None:
    assert told["gathered"]["trained"] == told["trained"]


def test_the_learner_counts_as_many_threads_as_before(told: dict[str, Any]) -> None:
    assert told["gathered"]["threads"] == 2 and told["gathered"]["counted"] == 1


def test_released_threads_may_run_anywhere_at_once(told: dict[str, Any]) -> None:
    assert told["released"] == {"is": False, "worker": told["allowed"]}


def test_threads_are_let_go_when_the_lease_ends_without_a_call(told: dict[str, Any]) -> None:
    assert told["after the lease"] == told["allowed"]
