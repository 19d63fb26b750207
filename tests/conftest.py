"""How tests are run: how many at once, with what Python knows already, with how many threads, and for how long."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.environment import Environment
from tests.examples import Examples
from tests.garbage import Garbage
from tests.hanging import HangWatch
from tests.nursery import Nursery, NurserysZygote
from tests.reports import Reports
from tests.seeds import Seeds
from tests.workers import ForkedWorkers, can_fork_workers
from tui_torch.kernel.zygote import Zygote


@pytest.fixture(scope="session")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    """Forks the zygotes of apps in terminals, for all tests of a run."""
    own = tmp_path_factory.getbasetemp()
    nursery = Nursery(own.parent if "PYTEST_XDIST_WORKER" in os.environ else own)
    yield nursery
    nursery.close()


@pytest.fixture(scope="session")
def zygote(nursery: Nursery) -> Iterator[Zygote]:
    """Forks the kernels of all tests that a process runs, as it does those of an app."""
    zygote = NurserysZygote(nursery)
    yield zygote
    zygote.close()


def pytest_xdist_auto_num_workers() -> int:
    """For `-n auto`: two workers for each core, since tests wait about as long as they compute: for a kernel to start,
    for a screen to be at rest. On a large machine one for each, which take 0.5 GB each."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    asked = os.environ.get("PYTEST_XDIST_AUTO_NUM_WORKERS")
    return int(asked) if asked else max(cores, min(2 * cores, 8))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    from tests.dealing import Dealer

    return Dealer(config, log) if config.getvalue("dist") == "loadgroup" else None


def pytest_configure(config: pytest.Config) -> None:
    # As containers have it. The tests start hundreds of kernels and apps, and each would compile all that it imports.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    # With more workers than cores, PyTorch's threads would wait for each other, and keep the cores busy with it.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    # As in a terminal: a shell's background job ignores them, and so would each program that a test starts.
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGQUIT) if os.name == "posix" else ():
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    # While a test runs, what is written to descriptor 2 is captured.
    config.pluginmanager.register(HangWatch(os.fdopen(os.dup(2), "w", buffering=1)), "hang watch")
    config.pluginmanager.register(Garbage(), "garbage")
    config.pluginmanager.register(Seeds(), "seeds")
    config.pluginmanager.register(Environment(), "environment")
    config.pluginmanager.register(Examples(), "examples")
    if hasattr(config, "workerinput") and config.getoption("durations") is None:
        config.pluginmanager.register(Reports(), "short reports")
    if can_fork_workers(config):
        config.pluginmanager.register(ForkedWorkers(config, arguments=config.invocation_params.args), "forked workers")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("slow") is not None:
            item.add_marker(pytest.mark.timeout(0))  # a full count takes as long as it takes
