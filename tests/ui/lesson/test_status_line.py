"""The status line: the kernel's state in words, and the note beside it."""

from __future__ import annotations

import pytest
from textual.app import ComposeResult
from textual.geometry import Region

from tui_torch.kernel.session import KernelState
from tui_torch.ui.colours.themed_app import ThemedApp
from tui_torch.ui.lesson.running.code_run import GATHERED
from tui_torch.ui.lesson.status_line import StatusLine


class Harness(ThemedApp):
    def __init__(self, *, ascii_only: bool = False) -> None:
        super().__init__()
        self.status = StatusLine(ascii_only=ascii_only)

    def compose(self) -> ComposeResult:
        yield self.status

    @property
    def line(self) -> str:
        (strip,) = self.status.render_lines(Region(0, 0, *self.status.outer_size))
        return strip.text.strip()


@pytest.mark.parametrize("ascii_only", [False, True])
async def test_every_state_of_the_kernel_has_a_sign_and_words_of_its_own(ascii_only: bool) -> None:
    app = Harness(ascii_only=ascii_only)
    lines: list[str] = []
    async with app.run_test(size=(80, 3)) as pilot:
        for state in KernelState:
            app.status.state = state
            await pilot.pause()
            lines.append(app.line)
    assert [line.split(" ", 1)[1] for line in lines] == [
        "starting PyTorch",
        "ready",
        "running 0.0 s",
        "interrupting",
        "restarting",
        "dead",
        "closed",
    ]
    assert all(len(line.split(" ")[0]) == 1 for line in lines)
    assert "".join(lines).isascii() is ascii_only


async def test_a_run_is_told_with_its_time_its_loss_and_the_note() -> None:
    app = Harness()
    async with app.run_test(size=(80, 3)) as pilot:
        app.status.state = KernelState.RUNNING
        app.status.seconds = 12.34
        app.status.loss = "loss 0.4987"
        app.status.note = "It is running: press i."
        await pilot.pause()
        assert app.line == "▶ running 12.3 s · loss 0.4987 · It is running: press i."


async def test_how_threads_run_is_said_before_the_note_where_it_is_not_as_usual() -> None:
    app = Harness()
    async with app.run_test(size=(90, 3)) as pilot:
        app.status.state = KernelState.RUNNING
        app.status.threads = GATHERED
        app.status.note = "It is running."
        await pilot.pause()
        assert app.line == "▶ running 0.0 s · threads share a core: other programs are busy · It is running."


@pytest.mark.parametrize(
    ("ascii_only", "line"), [(False, "● · It raised an error: se…"), (True, "* | It raised an error: ...")]
)
async def test_a_note_that_does_not_fit_is_cut_at_its_end(ascii_only: bool, line: str) -> None:
    app = Harness(ascii_only=ascii_only)
    async with app.run_test(size=(29, 3)) as pilot:
        app.status.state = KernelState.READY
        app.status.note = "It raised an error: see the output."
        await pilot.pause()
        assert app.line == line


@pytest.mark.parametrize(
    ("columns", "line"),
    [
        (
            112,
            f"● ready · loss = 0.5 · {GATHERED} · It raised an error: see the output.",
        ),
        (80, "● ready · loss = 0.5 · It raised an error: see the output."),
        (50, "● ready · It raised an error: see the output."),
        (44, "● · It raised an error: see the output."),
    ],
)
async def test_a_sentence_has_the_room_of_what_matters_less(columns: int, line: str) -> None:
    app = Harness()
    async with app.run_test(size=(columns, 3)) as pilot:
        app.status.state = KernelState.READY
        app.status.loss, app.status.threads = "loss = 0.5", GATHERED
        app.status.note = "It raised an error: see the output."
        await pilot.pause()
        assert app.line == line


async def test_the_loss_is_told_only_while_the_chart_is_out_of_sight() -> None:
    app = Harness()
    async with app.run_test(size=(80, 3)) as pilot:
        app.status.state, app.status.loss = KernelState.READY, "loss = 0.5"
        app.status.shows_loss = False
        await pilot.pause()
        assert app.line == "● ready"
        app.status.shows_loss = True
        await pilot.pause()
        assert app.line == "● ready · loss = 0.5"


async def test_square_brackets_in_a_note_are_no_markup() -> None:
    app = Harness()
    async with app.run_test(size=(80, 3)) as pilot:
        app.status.note = "Cannot save in /home/[bold]/x[/b]."
        await pilot.pause()
        assert app.line.endswith("Cannot save in /home/[bold]/x[/b].")


async def test_code_in_a_note_stands_without_its_backticks() -> None:
    app = Harness()
    async with app.run_test(size=(80, 3)) as pilot:
        app.status.note = "The next lesson cannot be read: `tui-torch check` says why."
        await pilot.pause()
        assert app.line.endswith("The next lesson cannot be read: tui-torch check says why.")


async def test_an_answer_to_a_key_stands_in_place_of_the_note_until_the_note_is_another() -> None:
    app = Harness()
    async with app.run_test(size=(80, 3)) as pilot:
        app.status.note = "Ran in 3 ms."
        app.status.remark = "There is no text to copy here."
        await pilot.pause()
        assert app.line.endswith("There is no text to copy here.")
        app.status.remark = ""
        await pilot.pause()
        assert app.line.endswith("Ran in 3 ms.")
        app.status.remark = "There is no text to copy here."
        app.status.note = "The kernel was restarted."
        await pilot.pause()
        assert app.line.endswith("The kernel was restarted.")
