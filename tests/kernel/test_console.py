"""The plain face, with a real kernel: what `run` tells, and what `check` proves."""

from __future__ import annotations

import base64
import io
import json
import math
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from tests.courses import course_in
from tests.kernel.runs import lesson_of
from tests.nursery.command import forked_by
from tests.pictures import png
from tests.ui.recorded import COURSE
from tui_torch.console import doctor
from tui_torch.console.checking.check import lessons_at, prove
from tui_torch.console.doctor import examine
from tui_torch.console.run import play_as_json, play_in_terminal
from tui_torch.console.run_view import CHART_HEIGHT
from tui_torch.course.library import lessons_folder
from tui_torch.course.loader import load_lesson
from tui_torch.course.proof.verify import verify
from tui_torch.course.template import lesson_file, write_lesson
from tui_torch.kernel.session import KernelSession
from tui_torch.kernel.zygote import Zygote

pytestmark = pytest.mark.xdist_group("kernel")

in_the_kernels_loop = pytest.mark.asyncio(loop_scope="module")

GRADIENTS = COURSE / "basics" / "gradients.yaml"

KEYS = {
    "lesson",
    "step",
    "kind",
    "status",
    "output",
    "stderr",
    "result",
    "displayed",
    "figures",
    "error",
    "variables",
    "locals",
    "losses",
    "series",
    "plot",
    "texts",
    "epochs",
    "explanation",
    "notes",
    "seconds",
}


async def run_json(kernel: KernelSession, path: Path) -> tuple[bool, dict[str, dict[str, Any]]]:
    """Whether every step did its part, and the objects that `run --json` writes, by step."""
    lesson = load_lesson(path)
    lines: list[str] = []
    well = await play_as_json(kernel, lesson, lesson.steps, lines.append)
    return well, {line["step"]: line for line in map(json.loads, lines)}


def line_of(text: str, words: str) -> int:
    return text[: text.index(words)].count("\n") + 1


@in_the_kernels_loop
async def test_run_json_tells_every_step_in_the_same_keys(kernel: KernelSession) -> None:
    well, steps = await run_json(kernel, GRADIENTS)
    assert well
    assert all(step.keys() == KEYS for step in steps.values())
    assert [step["status"] for step in steps.values()] == ["ok"] * len(steps)


@in_the_kernels_loop
async def test_run_json_tells_the_gradients_of_y_wx_b(kernel: KernelSession) -> None:
    _, steps = await run_json(kernel, GRADIENTS)
    variables = {variable["name"]: variable for variable in steps["three-scalars"]["variables"]}
    assert (variables["x"]["grad"], variables["w"]["grad"], variables["b"]["grad"]) == (None, 3.0, 1.0)
    assert (variables["w"]["shape"], variables["w"]["dtype"], variables["w"]["requires_grad"]) == ([], "float32", True)
    assert variables["y"]["values"] == 17.0


@in_the_kernels_loop
async def test_the_regressions_losses_fall_and_are_epochs_times_batches(kernel: KernelSession) -> None:
    _, steps = await run_json(kernel, lessons_folder() / "regression" / "linear-regression.yaml")
    fit = steps["fit"]
    assert fit["epochs"] == 100
    assert len(fit["losses"]) == 100 * 3
    assert sum(fit["losses"][-30:]) < sum(fit["losses"][:30]) / 10


@in_the_kernels_loop
async def test_run_json_tells_what_went_to_stderr_and_what_the_last_expression_is(
    kernel: KernelSession, tmp_path: Path
) -> None:
    code = "import sys\nprint('out')\nprint('err', file=sys.stderr)\n6 * 7"
    _, steps = await run_json(kernel, lesson_of(tmp_path / "told.yaml", code))
    assert (steps["one"]["output"], steps["one"]["stderr"], steps["one"]["result"]) == ("out\n", "err\n", "42")
    assert (steps["one"]["figures"], steps["one"]["series"]) == ([], {})


@in_the_kernels_loop
async def test_run_json_tells_each_series_by_its_name(kernel: KernelSession, tmp_path: Path) -> None:
    code = (
        "w = torch.ones(1, requires_grad=True)\nopt = torch.optim.SGD([w], lr=0.5)\n"
        "for _ in range(3):\n    opt.zero_grad()\n    loss_of_mine = (w ** 2).sum()\n"
        "    loss_of_mine.backward()\n    opt.step()"
    )
    _, steps = await run_json(kernel, lesson_of(tmp_path / "series.yaml", code))
    assert steps["one"]["series"]["loss_of_mine"] == [[1, 1.0], [2, 0.0], [3, 0.0]]
    assert steps["one"]["losses"] == [1.0, 0.0, 0.0]


@in_the_kernels_loop
async def test_run_json_tells_what_a_step_plots_and_its_texts(kernel: KernelSession, tmp_path: Path) -> None:
    path = tmp_path / "plotted.yaml"
    lesson_of(
        path,
        "w = torch.ones(2, requires_grad=True)\nsamples = []\n"
        "for step in range(3):\n    (w ** 2).sum().backward()\n    samples.append((step + 1, f'text {step}'))",
    )
    drawn = "    plot: {x: range(2), y: w.detach(), text: samples}\n"
    path.write_text(path.read_text("utf-8") + drawn, "utf-8")
    well, steps = await run_json(kernel, path)
    assert well and steps["one"]["plot"]["series"][0]["points"] == [[0.0, 1.0], [1.0, 1.0]]
    assert steps["one"]["plot"]["matrices"] == [] and steps["one"]["plot"]["problem"] is None
    texts = [(one["step"], one["text"]) for one in steps["one"]["texts"]]
    assert texts == [(1, "text 0"), (2, "text 1"), (3, "text 2")]


@in_the_kernels_loop
async def test_run_json_writes_figures_into_files(kernel: KernelSession, tmp_path: Path) -> None:
    drawn = png(4, 3)
    data = base64.b64encode(drawn).decode()
    code = f"from IPython.display import display\ndisplay({{'image/png': '{data}', 'text/plain': 'it'}}, raw=True)"
    _, steps = await run_json(kernel, lesson_of(tmp_path / "figures.yaml", code))
    [path] = map(Path, steps["one"]["figures"])
    assert path.read_bytes() == drawn
    shutil.rmtree(path.parent)


@in_the_kernels_loop
async def test_a_figure_that_cannot_be_written_is_left_out_in_a_sentence(
    kernel: KernelSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))
    data = base64.b64encode(png(4, 3)).decode()
    code = f"from IPython.display import display\ndisplay({{'image/png': '{data}', 'text/plain': 'it'}}, raw=True)"
    _, steps = await run_json(kernel, lesson_of(tmp_path / "figures.yaml", code))
    assert (steps["one"]["figures"], steps["one"]["status"]) == ([], "ok")
    said = capsys.readouterr().err
    assert said.startswith("tui-torch: a figure cannot be written: [Errno 2] No such file or directory")
    assert "Set TMPDIR to a folder that has room for it." in said


@in_the_kernels_loop
async def test_input_reads_standard_input_and_ends_with_it(
    kernel: KernelSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code = "print('hello', input('who? '))\ntry:\n    input()\nexcept EOFError:\n    print('no more')"
    lesson = load_lesson(lesson_of(tmp_path / "asks.yaml", code))
    for as_json in (True, False):
        monkeypatch.setattr(sys, "stdin", io.StringIO("Ada\n"))
        if as_json:
            lines: list[str] = []
            await play_as_json(kernel, lesson, lesson.steps, lines.append)
            said = json.loads(lines[0])["output"]
        else:
            await play_in_terminal(kernel, lesson, lesson.steps, Console(width=80), ascii_only=False)
            said = capsys.readouterr().out
        assert "hello Ada\nno more\n" in said


@in_the_kernels_loop
async def test_run_json_stays_json_when_the_loss_is_not_a_number(kernel: KernelSession, tmp_path: Path) -> None:
    path = tmp_path / "nan.yaml"
    path.write_text(
        "schema: 1\nid: nan\ntitle: NaN\nsummary: NaN.\nminutes: 1\nsetup: import torch\nsteps:\n"
        "  - id: one\n    kind: example\n    title: One\n    text: One.\n    code: |\n"
        "      w = torch.tensor(float('nan'), requires_grad=True)\n      (w * 1).backward()\n",
        "utf-8",
    )
    _, steps = await run_json(kernel, path)
    assert steps["one"]["losses"] == ["nan"]
    assert not math.isfinite(float(steps["one"]["losses"][0]))


@in_the_kernels_loop
async def test_run_json_and_a_plain_terminal_explain_an_error(kernel: KernelSession, tmp_path: Path) -> None:
    path = tmp_path / "shapes.yaml"
    path.write_text(
        "schema: 1\nid: shapes\ntitle: Shapes\nsummary: Shapes.\nminutes: 1\nsetup: import torch\nsteps:\n"
        "  - id: one\n    kind: example\n    title: One\n    text: One.\n"
        "    expect: {raises: RuntimeError}\n    code: |\n"
        "      x = torch.ones(15, 3)\n      w = torch.ones(2, 3)\n      x @ w\n",
        "utf-8",
    )
    _, steps = await run_json(kernel, path)
    explanation = steps["one"]["explanation"]
    assert "inner sizes 3 and 2 must match" in explanation["meaning"]
    assert explanation["names"] == {"x": "[15, 3] float32", "w": "[2, 3] float32"}
    assert (explanation["mend"], explanation["mend_gives"]) == ("x @ w.t()", "[15, 2]")
    console = Console(file=io.StringIO(), width=80)
    lesson = load_lesson(path)
    assert await play_in_terminal(kernel, lesson, lesson.steps, console, ascii_only=True)
    assert "Try: x @ w.t()   gives [15, 2]" in console.file.getvalue()  # type: ignore[attr-defined]


@in_the_kernels_loop
async def test_a_step_that_differs_from_its_lesson_is_failed_and_says_how(
    kernel: KernelSession, tmp_path: Path
) -> None:
    path = tmp_path / "gradients.yaml"
    path.write_text(GRADIENTS.read_text("utf-8").replace("dy/dx: None", "dy/dx: tensor(4.)"), "utf-8")
    well, steps = await run_json(kernel, path)
    assert not well
    assert steps["three-scalars"]["status"] == "failed"
    assert "'dy/dx: None', expected 'dy/dx: tensor(4.)'" in steps["three-scalars"]["error"]
    assert steps["a-square"]["status"] == "ok"


@in_the_kernels_loop
async def test_a_plain_terminal_shows_code_output_checks_and_gradients(kernel: KernelSession) -> None:
    console = Console(file=io.StringIO(), width=80)
    lesson = load_lesson(GRADIENTS)
    assert await play_in_terminal(kernel, lesson, lesson.steps, console, ascii_only=False)
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    for words in (
        "y = w * x + b",
        "dy/dw: tensor(3.)",
        "grad 3.0",
        "✓ w.grad is 6",
        "Every step did what the lesson says.",
    ):
        assert words in shown
    assert "\x1b" not in shown


@in_the_kernels_loop
@pytest.mark.parametrize("is_terminal", [False, True])
async def test_the_chart_stays_below_the_output_whole(kernel: KernelSession, is_terminal: bool) -> None:
    lesson = course_in(COURSE).lesson("fit-a-plane")
    console = Console(file=io.StringIO(), width=80, height=40, force_terminal=is_terminal, color_system=None)
    assert await play_in_terminal(kernel, lesson, [lesson.step("the-loop")], console, ascii_only=False)
    lines = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    caption = max(number for number, line in enumerate(lines) if " last · " in line)
    chart = lines[caption - CHART_HEIGHT : caption]
    assert all("│" in line or "┤" in line for line in chart[:-2])
    assert chart[-1].split()[:2] == ["epoch", "1"]


@in_the_kernels_loop
async def test_a_plain_terminal_in_ascii_shows_nothing_else(kernel: KernelSession) -> None:
    lesson = course_in(COURSE).lesson("fit-a-plane")
    console = Console(file=io.StringIO(), width=80, force_terminal=True, color_system=None)
    assert await play_in_terminal(kernel, lesson, [lesson.step("the-loop")], console, ascii_only=True)
    chart = console.file.getvalue().rpartition("epoch")[0]  # type: ignore[attr-defined]
    assert "*" in chart
    assert not any(0x2800 <= ord(character) < 0x2900 for character in chart)


@pytest.mark.parametrize(
    ("written", "instead", "place", "words"),
    [
        ("dy/dw: tensor(3.)", "dy/dw: tensor(5.)", 'output: "dy/dx', "`three-scalars`: line 2 of the output is"),
        ("y = w ** 2\n", "y = w ** 3\n", "solution: |", "`a-square`: the solution fails the check “y is 9”"),
        ("y = w * 2\n", "y = w * w\n", "- code: |", "`a-square`: the mistake is not caught by its check “y is 9”"),
    ],
    ids=["an expectation", "a solution", "a mistake"],
)
@in_the_kernels_loop
async def test_check_finds_what_is_not_so_and_says_where(
    kernel: KernelSession, tmp_path: Path, written: str, instead: str, place: str, words: str
) -> None:
    text = GRADIENTS.read_text("utf-8")
    assert text.count(f"  {written}") <= 1
    path = tmp_path / "gradients.yaml"
    path.write_text(text.replace(written, instead), "utf-8")
    error, *_ = await verify(kernel, load_lesson(path), path)
    assert error.path == path
    assert error.line == line_of(text, place)
    assert words in error.message


@in_the_kernels_loop
async def test_check_finds_a_starter_that_passes(kernel: KernelSession, tmp_path: Path) -> None:
    text = GRADIENTS.read_text("utf-8")
    starter = "    starter: |\n      w = torch.tensor(3., requires_grad=True)\n      y = w ** 2\n      y.backward()\n"
    path = tmp_path / "gradients.yaml"
    begin, end = text.index("    starter: |"), text.index("    solution: |")
    path.write_text(text[:begin] + starter + text[end:], "utf-8")
    [error] = await verify(kernel, load_lesson(path), path)
    assert "the starter passes every check already" in error.message


@in_the_kernels_loop
async def test_a_new_lesson_does_all_that_it_says_and_lacks_nothing(kernel: KernelSession, tmp_path: Path) -> None:
    path = lesson_file(str(tmp_path / "my-lesson"))
    write_lesson(path)
    lesson = load_lesson(path)
    assert (lesson.id, lesson.title) == ("my-lesson", "My lesson")
    assert await verify(kernel, lesson, path, of_course=True) == ()


async def test_a_course_is_proved_lesson_by_lesson(zygote: Zygote) -> None:
    found, broken = lessons_at(COURSE)
    assert broken == []
    verdicts = [verdict async for verdict in prove(found, zygote=zygote)]
    by_name = {verdict.path.stem: verdict for verdict in verdicts}
    assert by_name.keys() == {"gradients", "fit-a-plane"}
    assert by_name["gradients"].errors == ()
    assert re.fullmatch(r"\S+gradients\.yaml: 3 steps do what the lesson says \(\d+\.\d s\)", str(by_name["gradients"]))
    # That lesson has a line which the editor cuts off, to show how it does.
    [error] = by_name["fit-a-plane"].errors
    assert "takes 80 cells, expected at most 73" in error.message
    assert re.fullmatch(r"\S+fit-a-plane\.yaml: 1 thing to fix in 1 step \(\d+\.\d s\)", str(by_name["fit-a-plane"]))


async def test_the_doctor_sees_torch_through_a_real_kernel(
    tmp_path: Path, zygote: Zygote, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TUI_TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(KernelSession, "__init__", forked_by(zygote))
    findings = {finding.about: finding for finding in await examine(Console(file=io.StringIO()))}
    assert "threads" in findings["torch"].seen
    assert findings["kernel"].seen == "starts, and runs code"
    assert not any(finding.serious for finding in findings.values())
    assert findings["terminal"].remedy == "run `tui-torch run LESSON` here"


async def test_a_newer_pytorch_than_the_proved_ones_starts_and_the_doctor_says_so(
    tmp_path: Path, zygote: Zygote, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TUI_TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(KernelSession, "__init__", forked_by(zygote))
    monkeypatch.setattr(doctor, "_DEVICES", "import torch\ntorch.__version__ = '2.99.0+cpu'\n" + doctor._DEVICES)
    findings = {finding.about: finding for finding in await examine(Console(file=io.StringIO()))}
    assert findings["kernel"].seen == "starts, and runs code"
    assert findings["torch"].seen.startswith("2.99.0+cpu, ")
    assert (findings["torch"].remedy or "").startswith("newer than proved")
    assert not findings["torch"].serious
