"""A namespace goes back to its beginning, and up to any step."""

from __future__ import annotations

import builtins
import functools
import inspect
import logging
import multiprocessing
import os
import pickle
import random
import subprocess
import sys
import types
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tui_torch.probe.lesson.namespace import Namespace
from tui_torch.protocol.events import Frame
from tui_torch.protocol.orders import Portion


@pytest.fixture
def main(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """A shell's namespace: that of the module `__main__`."""
    module = types.ModuleType("__main__")
    monkeypatch.setitem(sys.modules, "__main__", module)
    module.__dict__["given"] = 1
    yield module.__dict__


@pytest.fixture
def namespace(main: dict[str, Any]) -> Iterator[Namespace]:
    namespace = Namespace(main)
    yield namespace
    namespace.reset()


def test_names_of_the_beginning_come_back_and_others_go(namespace: Namespace, main: dict[str, Any]) -> None:
    exec("given = 2; made = 3; list = 4; __name__ = 'other'", main)
    namespace.reset()
    assert main["given"] == 1 and main["__name__"] == "__main__"
    assert "made" not in main and "list" not in main


@pytest.mark.parametrize(
    ("code", "read"),
    [
        ("torch.set_default_dtype(torch.float64)", "torch.get_default_dtype()"),
        ("torch.set_default_device('meta')", "torch.empty(1).device"),
        ("torch.device('meta').__enter__()", "torch.empty(1).device"),
        ("torch.set_default_device('meta'); torch.device('cpu').__enter__()", "torch.empty(1).device"),
        ("torch.set_grad_enabled(False)", "torch.is_grad_enabled()"),
        ("torch.use_deterministic_algorithms(True)", "torch.are_deterministic_algorithms_enabled()"),
        ("torch.autograd.set_detect_anomaly(True)", "torch.is_anomaly_enabled()"),
        ("torch.set_num_threads(torch.get_num_threads() + 1)", "torch.get_num_threads()"),
        ("torch.set_printoptions(precision=1, sci_mode=True)", "repr(torch.tensor(0.123456))"),
        ("torch.set_autocast_enabled('cpu', True)", "torch.is_autocast_enabled('cpu')"),
        ("torch.set_float32_matmul_precision('medium')", "torch.get_float32_matmul_precision()"),
        ("np.seterr(all='raise')", "np.geterr()"),
        ("np.set_printoptions(precision=1)", "repr(np.array([0.123456]))"),
        ("warnings.simplefilter('error')", "warnings.filters[0]"),
        ("warnings.showwarning = None", "warnings.showwarning"),
        (
            "torch.use_deterministic_algorithms(True, warn_only=True)",
            "torch.is_deterministic_algorithms_warn_only_enabled()",
        ),
        (
            "del sys.modules['numpy.linalg'], sys.modules['torch.nn']",
            "[sys.modules.get(m) for m in ('numpy.linalg', 'torch.nn')]",
        ),
        ("sys.stderr = sys.stdin = None", "(sys.stderr, sys.stdin)"),
        ("builtins.len = None", "builtins.len"),
        ("del builtins.print", "builtins.print"),
        ("sys.stdout = None", "sys.stdout"),
        ("sys.setrecursionlimit(5000)", "sys.getrecursionlimit()"),
        ("random.seed = 0", "random.seed"),
        ("torch.manual_seed = None", "torch.manual_seed"),
        ("np.random.seed = 0", "np.random.seed"),
        ("torch.tensor = [1]", "torch.tensor"),
        ("torch.tensor = torch.ones", "torch.tensor"),
        ("torch.float32 = torch.float64", "torch.float32"),
        ("torch.nn.Linear = 3", "torch.nn.Linear"),
        ("torch.nn.functional.relu = torch.nn.functional.gelu", "torch.nn.functional.relu"),
        ("del torch.nn.ReLU", "torch.nn.ReLU"),
        ("torch.Tensor.backward = lambda self: None", "torch.Tensor.backward"),
        ("del torch.Tensor.backward", "torch.Tensor.backward"),
        ("torch.Tensor.__repr__ = lambda self: 'x'", "torch.Tensor.__repr__"),
        ("torch.optim.SGD.step = None", "torch.optim.SGD.step"),
        ("torch.nn.Module.__call__ = None", "torch.nn.Module.__call__"),
        ("del torch.utils.data.DataLoader.__iter__", "torch.utils.data.DataLoader.__iter__"),
        ("import time; time.perf_counter = None", "__import__('time').perf_counter"),
        ("torch.no_grad = None", "torch.no_grad"),
        ("builtins.getattr = None", "builtins.getattr"),
        ("del builtins.__import__", "len([name for name in ('__import__',) if name in vars(builtins)])"),
        ("import os; os.environ['OF_MY_OWN'] = '1'; os.environ.pop('PATH')", "dict(__import__('os').environ)"),
        (
            "import logging; logging.getLogger().addHandler(logging.StreamHandler())",
            "__import__('logging').root.handlers[:]",
        ),
        ("import logging; logging.getLogger('train').setLevel(9)", "__import__('logging').getLogger('train').level"),
        ("import logging; logging.disable(50)", "__import__('logging').root.manager.disable"),
        (
            "torch.nn.modules.module.register_module_forward_hook(lambda *_: None)",
            "len(torch.nn.modules.module._global_forward_hooks)",
        ),
        (
            "sys.modules['torch.optim.optimizer'].register_optimizer_step_pre_hook(lambda *_: None)",
            "len(sys.modules['torch.optim.optimizer']._global_optimizer_pre_hooks)",
        ),
        (
            "torch.autograd.graph.saved_tensors_hooks(lambda x: x, lambda x: x).__enter__()",
            "torch._C._autograd._top_saved_tensors_default_hooks(True)",
        ),
        (
            "import multiprocessing; multiprocessing.set_start_method('spawn', force=True)",
            "__import__('multiprocessing').get_start_method(allow_none=True)",
        ),
        (
            "torch._C._functorch._vmap_increment_nesting(2, 'error')",
            "torch._C._functorch.get_dynamic_layer_stack_depth()",
        ),
        ("sys.path.insert(0, '/nowhere')", "sys.path[:]"),
        ("sys.excepthook = None", "sys.excepthook"),
        ("import gc; gc.disable()", "__import__('gc').isenabled()"),
        ("torch.Tensor.add = lambda self, other: self", "torch.ones(1).add(1).item()"),
        ("torch.Tensor.mine = 3", "hasattr(torch.Tensor, 'mine')"),
        ("torch.nn.Linear.__len__ = lambda self: 3", "hasattr(torch.nn.Linear, '__len__')"),
    ],
)
def test_global_state_goes_back(namespace: Namespace, code: str, read: str) -> None:
    scope = {"torch": torch, "np": np, "warnings": warnings, "builtins": builtins, "sys": sys, "random": random}
    namespace.reset()
    before = eval(read, scope)
    exec(code, scope)
    namespace.reset()
    assert eval(read, scope) == before


def test_a_start_method_that_a_lock_settles_on_is_put_back_unsaid(main: dict[str, Any]) -> None:
    before = multiprocessing.get_start_method(allow_none=True)
    multiprocessing.set_start_method(None, force=True)
    try:
        namespace = Namespace(main)
        namespace.reset()
        multiprocessing.RLock()
        assert namespace.reset() == ()
        assert multiprocessing.get_start_method(allow_none=True) is None
    finally:
        multiprocessing.set_start_method(before, force=True)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("random.seed = 0", ("`random.seed`",)),
        ("del torch.nn.ReLU; torch.tensor = [1]", ("`torch.tensor`", "`torch.nn.ReLU`")),
        ("torch.optim.SGD.step = None", ("`SGD.step`",)),
        ("builtins.len = None", ("`builtins.len`",)),
        ("os.environ['OF_MY_OWN'] = '1'", ("`os.environ['OF_MY_OWN']`",)),
        ("os.environ['KMP_INIT_AT_FORK'] = 'FALSE'", ()),
        ("logging.getLogger('train').addHandler(logging.StreamHandler())", ("the logger `train`",)),
        ("x = torch.ones(2)", ()),
    ],
)
def test_what_is_put_back_is_said_once(namespace: Namespace, code: str, words: tuple[str, ...]) -> None:
    namespace.reset()
    scope = {"torch": torch, "random": random, "builtins": builtins, "os": os, "logging": logging}
    exec(code, scope)
    namespace.mend()
    assert namespace.reset() == words
    exec(code, scope)
    assert namespace.reset() == ()


def test_what_a_library_puts_in_the_place_of_a_name_stays(namespace: Namespace) -> None:
    namespace.reset()
    weights = [torch.ones(2, requires_grad=True)]
    torch.optim.SGD(weights).step()
    torch.compile(lambda x: x + 1, backend="eager")(torch.ones(2))
    wrapped = torch.optim.SGD.step, torch.manual_seed, torch.nn.Module.__init__
    assert namespace.reset() == ()
    assert (torch.optim.SGD.step, torch.manual_seed, torch.nn.Module.__init__) == wrapped


def test_a_wrapper_of_the_learners_own_goes_whatever_it_says_that_it_wraps(namespace: Namespace) -> None:
    namespace.reset()
    original = torch.relu
    scope = {"__name__": "__main__", "torch": torch, "functools": functools}
    exec("@functools.wraps(torch.relu)\ndef loud(x):\n    return x\ntorch.relu = loud", scope)
    assert torch.relu is not original
    namespace.reset()
    assert torch.relu is original


@pytest.mark.parametrize(
    "code",
    [
        "import torch; mode = torch.inference_mode(); mode.__enter__()",
        "import torch\ndef numbers():\n    with torch.inference_mode():\n        yield 1\nrest = numbers(); next(rest)",
    ],
)
def test_inference_mode_that_was_entered_and_not_left_is_left(
    namespace: Namespace, main: dict[str, Any], code: str
) -> None:
    exec(code, main)
    assert torch.is_inference_mode_enabled()
    namespace.reset()
    assert not torch.is_inference_mode_enabled()
    assert torch.is_grad_enabled()


def test_the_working_folder_goes_back(namespace: Namespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = Path.cwd()
    monkeypatch.chdir(tmp_path)
    namespace.reset()
    assert Path.cwd() == before


def test_cached_results_are_let_go(main: dict[str, Any]) -> None:
    main["_oh"] = {}
    namespace = Namespace(main)
    main["_oh"][1] = torch.ones(3)
    namespace.reset()
    assert main["_oh"] == {}


def test_seeding_makes_every_generator_repeat(namespace: Namespace) -> None:
    def draw() -> tuple[float, float, float]:
        namespace.seed(5)
        return torch.rand(1).item(), np.random.rand(), random.random()

    assert draw() == draw()


@given(st.integers(-(2**63), 2**63 - 1))
def test_seeding_gives_the_numbers_and_the_seed_of_manual_seed(number: int) -> None:
    def drawn() -> tuple[int, list[float]]:
        return torch.initial_seed(), torch.rand(3).tolist()

    torch.manual_seed(number)
    wanted = drawn()
    Namespace.seed(number)
    assert drawn() == wanted


def test_numpys_generator_is_seeded_before_its_first_use() -> None:
    code = "from tui_torch.probe.lesson.namespace import seed; seed(3); import numpy; print(numpy.random.rand())"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.split() == [str(np.random.RandomState(3).rand())]


async def test_replayed_portions_stand_in_the_namespace(namespace: Namespace, main: dict[str, Any]) -> None:
    portions = [Portion("setup", "import torch\nx = torch.rand(1)"), Portion("one", "y = x * 2")]
    assert await namespace.replay(portions) is None
    torch.manual_seed(0)
    assert torch.equal(main["y"], torch.rand(1) * 2)


async def test_what_a_portion_awaits_goes_on_in_the_next(namespace: Namespace, main: dict[str, Any]) -> None:
    first = (
        "import asyncio\nasync def later():\n    await asyncio.sleep(0)\n    return 5\n"
        "task = asyncio.create_task(later())\nawait asyncio.sleep(0)"
    )
    portions = [Portion("one", first), Portion("two", "found = await task\nother = 1")]
    assert await namespace.replay(portions) is None
    assert (main["found"], main["other"]) == (5, 1)


async def test_every_portion_is_seeded_alike(namespace: Namespace, main: dict[str, Any]) -> None:
    await namespace.replay([Portion("a", "import torch; x = torch.rand(1)"), Portion("b", "y = torch.rand(1)")])
    assert torch.equal(main["x"], main["y"])


async def test_what_a_portion_writes_is_discarded(namespace: Namespace, capsys: pytest.CaptureFixture[str]) -> None:
    code = "import sys; print('out'); print('err', file=sys.stderr)"
    assert await namespace.replay([Portion("a", code)]) is None
    assert capsys.readouterr() == ("", "")


async def test_a_portion_that_fails_is_told_with_its_step(namespace: Namespace, main: dict[str, Any]) -> None:
    failure = await namespace.replay([Portion("one", "a = 1"), Portion("two", "\n1 / 0"), Portion("three", "c = 3")])
    assert failure is not None
    assert (failure.in_step, failure.error) == ("two", "ZeroDivisionError")
    assert failure.frames == (Frame(2, "<module>", "1 / 0"),)
    assert "a" in main and "c" not in main


async def test_a_portion_that_is_no_python_is_told_with_its_line(namespace: Namespace) -> None:
    failure = await namespace.replay([Portion("one", "x = 1\ny = (")])
    assert failure is not None
    assert (failure.error, failure.in_step, failure.frames[0].line) == ("SyntaxError", "one", 2)


async def test_a_portion_that_may_raise_does_not_stop_the_others(namespace: Namespace, main: dict[str, Any]) -> None:
    assert await namespace.replay([Portion("one", "a = 1; 1 / 0", may_raise=True), Portion("two", "b = 2")]) is None
    assert (main["a"], main["b"]) == (1, 2)


async def test_an_interrupt_passes_through_a_replay(namespace: Namespace) -> None:
    with pytest.raises(KeyboardInterrupt):
        await namespace.replay([Portion("one", "raise KeyboardInterrupt", may_raise=True)])


async def test_replayed_classes_are_whole(namespace: Namespace, main: dict[str, Any]) -> None:
    code = "from dataclasses import dataclass\n@dataclass\nclass Point:\n    x: int\n\ndef f():\n    return 1\n"
    assert await namespace.replay([Portion("classes", code)]) is None
    point = main["Point"](3)
    assert pickle.loads(pickle.dumps(point)) == point
    assert inspect.getsource(main["f"]) == "def f():\n    return 1\n"
    assert main["Point"].__annotations__ == {"x": int}  # ours are text, by a future import that is not the learner's


async def test_a_warning_of_a_replay_is_news_again_in_the_learners_run(
    namespace: Namespace, main: dict[str, Any]
) -> None:
    code = "import warnings\nwarnings.warn('once')"
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        await namespace.replay([Portion("one", code)])
        caught.clear()
        exec(compile(code, "<your code>", "exec"), main)
    assert len(caught) == 1
