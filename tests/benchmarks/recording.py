"""What recording a run line by line (`F6`) costs, how much is kept of it, and how fast a long replay is gone through.

The programs are the lesson's `fit`, a GAN and a CNN. Each is run bare and recorded in turns, in one process, by
processor time; what is made of the recording once the code has run has a row of its own.
"""

from __future__ import annotations

import contextlib
import gc
import io
import time
from collections.abc import Callable, Iterator
from statistics import median

import torch

from tests.benchmarks.figure import Figure, Sample, milliseconds, ratio_of
from tui_torch.course.library import lessons_folder
from tui_torch.course.loader import load_course
from tui_torch.course.step_run import code_of
from tui_torch.probe.isolation.torch_internals import import_compiler
from tui_torch.probe.replay.line_recorder import BYTES, POSITIONS, LineRecorder
from tui_torch.protocol.trace_chunks import join, split
from tui_torch.tutor.replay.replay import Replay

ROUNDS = 7
FILE = "<your code>"
RATIOS = {"sys.settrace": 4.0, "sys.monitoring": 3.5}
"""Times that a recorded `fit` may take of a bare one, by what the code is heard by: the latter since Python 3.12."""
SCRUB = 0.010
"""Seconds that one move in a recording may take."""

IMPORTS = "import torch\nfrom torch import nn\nimport torch.nn.functional as F\n"
GAN = """
g = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 2))
d = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 1))
opt_g = torch.optim.Adam(g.parameters(), lr=1e-3)
opt_d = torch.optim.Adam(d.parameters(), lr=1e-3)
for step in range({steps}):
    real = torch.randn(32, 2) * 0.5 + 2
    fake = g(torch.randn(32, 4))
    opt_d.zero_grad()
    loss_d = F.softplus(-d(real)).mean() + F.softplus(d(fake.detach())).mean()
    loss_d.backward()
    opt_d.step()
    opt_g.zero_grad()
    loss_g = F.softplus(-d(fake)).mean()
    loss_g.backward()
    opt_g.step()
"""
CNN = """
x, y = torch.randn(64, 1, 16, 16), torch.randint(0, 4, (64,))
net = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(8 * 7 * 7, 4))
opt = torch.optim.Adam(net.parameters())
for step in range({steps}):
    chosen = torch.randint(0, 64, (16,))
    xb, yb = x[chosen], y[chosen]
    out = net(xb)
    loss = F.cross_entropy(out, yb)
    opt.zero_grad()
    loss.backward()
    opt.step()
"""
LONG = """
w = torch.tensor(4.0, requires_grad=True)
opt = torch.optim.SGD([w], lr=1e-4)
for step in range(10_000):
    loss = (w - 1) ** 2
    loss.backward()
    opt.step()
    opt.zero_grad()
"""


def measure() -> Iterator[Figure]:
    import_compiler()  # as the first optimizer would
    gc.freeze()  # as a kernel does: or else what was imported is looked through again and again
    fit, setup = _fit()
    programs = {"the lesson's fit": (fit, setup), "a GAN": (GAN.format(steps=100), IMPORTS)}
    programs["a CNN"] = (CNN.format(steps=60), IMPORTS)
    for name, (code, before) in programs.items():
        yield from _compared(name, code, before)
    yield from _kept("the lesson's fit, many times over", f"{fit}\nfor again in range(20):\n    {_CALL}", setup)
    yield from _kept("a GAN", GAN.format(steps=5_000), IMPORTS)
    yield from _gone_through()


_CALL = "losses = fit(100, model, F.mse_loss, opt, loader)"


def _fit() -> tuple[str, str]:
    """The code of the step that trains, and that of the steps before it."""
    lesson = next(lesson for lesson in load_course(lessons_folder()).lessons if lesson.id == "linear-regression")
    code = code_of(next(step for step in lesson.steps if step.id == "fit"))
    assert code is not None
    return code, "\n".join(portion.code for portion in lesson.stands_on("fit"))


def _run(code: str, setup: str, *, recorded: bool) -> tuple[float, LineRecorder]:
    """Seconds of processor time that the code took, and its recorder."""
    namespace: dict[str, object] = {"__name__": "__main__"}
    torch.manual_seed(0)
    recorder = LineRecorder(namespace, FILE, source=code, limit_seconds=1e9)
    compiled = compile(code, FILE, "exec")
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(setup, "<before>", "exec"), namespace)
        began = time.process_time()
        if recorded:
            recorder.start()
        exec(compiled, namespace)
        if recorded:
            recorder.stop()
        return time.process_time() - began, recorder


def _compared(name: str, code: str, setup: str) -> Iterator[Figure]:
    bare, recorded, described = list[float](), list[float](), list[float]()
    count, recorder = 1, _run(code, setup, recorded=True)[1]
    for _ in range(ROUNDS):
        bare.append(_run(code, setup, recorded=False)[0])
        seconds, recorder = _run(code, setup, recorded=True)
        recorded.append(seconds)
        began = time.process_time()
        count = len(recorder.trace().positions)
        described.append(time.process_time() - began)
    ratio = ratio_of(recorded, bare)
    most = RATIOS[recorder.listens_by]
    kept = (f"≤ {most:g} ×", ratio <= most) if "fit" in name else ("", None)
    ours = f"{median(recorded) / count * 1e6:.0f} µs a position, {count:,} of them, by {recorder.listens_by}"
    against = f"the same code bare: {median(bare) / count * 1e6:.0f} µs"
    yield Figure(f"a recorded run, {name}", ours, against, f"{ratio:.1f} ×", *kept)
    yield Figure(f"describing it afterwards, {name}", f"{median(described) / count * 1e6:.0f} µs a position")


def _kept(name: str, code: str, setup: str) -> Iterator[Figure]:
    _, recorder = _run(code, setup, recorded=True)
    trace = recorder.trace()
    count, size = len(trace.positions), recorder.estimated_bytes
    is_full = count == POSITIONS or size >= BYTES
    result = f"{size / count:.0f} bytes a position, {size / 2**20:.0f} MiB"
    budget = f"{POSITIONS:,} positions or {BYTES / 2**20:.0f} MiB"
    yield Figure(f"positions kept, {name}", f"{count:,}", "", result, budget, is_full)


def _gone_through() -> Iterator[Figure]:
    trace = join(split(_run(LONG, IMPORTS, recorded=True)[1].trace()))
    began = time.perf_counter()
    replay = Replay(trace)
    yield Figure(f"making a replay of {len(trace.positions):,} positions", f"{time.perf_counter() - began:.2f} s")
    places = range(0, len(trace.positions), max(len(trace.positions) // 400, 1))
    scrubs = Sample.of(_seconds(lambda at=at: replay.go(at)) for at in places)
    yield _quick("a scrub to any of them", scrubs)
    passes = Sample.of(_seconds(lambda at=at: replay.to_pass(at)) for at in range(1, 3_900, 30))
    yield _quick("a jump to a pass", passes)
    searches = Sample.of(_seconds(lambda: replay.find("loss < 0")) for _ in range(20))
    yield Figure("a search through all of them for a value", str(searches))


def _quick(what: str, sample: Sample) -> Figure:
    result = f"p95 {milliseconds(sample.p95)}"
    return Figure(what, str(sample), "", result, f"≤ {milliseconds(SCRUB)}", sample.p95 <= SCRUB)


def _seconds(action: Callable[[], object]) -> float:
    began = time.perf_counter()
    action()
    return time.perf_counter() - began
