"""The pane of figures: where a training is, how fast it goes, how long it takes still, what it needs."""

from __future__ import annotations

from collections.abc import Iterator

from textual.content import Content

from tui_torch.drawing.charts.captions import speed_text, value_text
from tui_torch.drawing.text.cells import one_cell_each
from tui_torch.drawing.text.numbers import bytes_text, duration
from tui_torch.drawing.text.visible import visible
from tui_torch.ui.common.cut_text import cut
from tui_torch.ui.watching.listing_pane import ListingPane
from tui_torch.watching.kept_runs import KeptRun
from tui_torch.watching.record_reader import RecordReader
from tui_torch.watching.time_left import ProgressBar, epochs_asked_for, seconds_left

MOST_OF_A_KIND = 3
"""Maximum number of series of one kind whose last values are shown."""
VALUES_OF = ("loss", "validation", "logged", "gradient norm")
"""The kinds of series whose last values are shown, in their order."""

FigureRow = tuple[str, str]
"""What it is, and its value."""


def figure_rows(
    run: KeptRun, *, memory: int | None = None, bar: ProgressBar | None = None, waits_since: float | None = None
) -> tuple[FigureRow, ...]:
    """The figures of a run, of the process that tells for all.

    Args:
        memory: Bytes of main memory that the process has; None where that is not known.
        bar: The program's own progress bar, as it is now.
        waits_since: Seconds since the last step was recorded, where that is worth a word.
    """
    record = run.main_record
    if record is None or record.latest is None or record.begun is None:
        return ()
    return tuple(_rows(run, record, memory, bar, waits_since))


def _rows(
    run: KeptRun, record: RecordReader, memory: int | None, bar: ProgressBar | None, waits_since: float | None
) -> Iterator[FigureRow]:
    latest, begun = record.latest, record.begun
    assert latest is not None and begun is not None
    yield "step", f"{latest.step:,}"
    if latest.epoch is not None:
        asked = epochs_asked_for(begun.arguments)
        yield "epoch", f"{latest.epoch:,}" + (f" of {asked:,}" if asked and asked >= latest.epoch else "")
    yield from _values(record)
    if latest.learning_rate is not None:
        yield "lr", f"{latest.learning_rate:.4g}"
    runs = run.state == "running" and record.ended is None
    took = record.seconds_per_step()
    if took:
        yield "steps/s", speed_text(1 / took)
    if runs:
        if waits_since is not None:
            yield "no step for", duration(waits_since)
        left = seconds_left(record)
        if left is not None:
            yield "time left", duration(left)
        if bar is not None:
            yield "its bar", f"{bar.done}/{bar.total}"
            yield "its bar ends in", bar.left
        if memory is not None:
            yield "memory", bytes_text(memory)
    if (on_gpu := record.gpu_memory) is not None:
        if runs:
            yield "GPU memory", f"{bytes_text(on_gpu.allocated)} of {bytes_text(on_gpu.total)}"
        yield "GPU at most", bytes_text(on_gpu.peak)
    if begun.device != "cpu":
        yield "device", begun.device


def _values(record: RecordReader) -> Iterator[FigureRow]:
    latest = record.latest
    assert latest is not None
    # A step is one `backward()`, and each loss of a loop has its own.
    turn = max(sum(kind == "loss" for kind, _ in record.series), 1)
    for shown in VALUES_OF:
        of_kind = [(name, series.last) for (kind, name), series in record.series.items() if kind == shown]
        for name, last in of_kind[:MOST_OF_A_KIND]:
            if last is not None:
                step, value = last
                is_old = latest.step - step >= turn and shown not in ("validation", "gradient norm")
                yield name, value_text(value) + (f" (step {step:,})" if is_old else "")


class FiguresPane(ListingPane):
    """Figures in two columns: what each is, and its value."""

    def __init__(self, *, ascii_only: bool = False) -> None:
        super().__init__(ascii_only=ascii_only)
        self._rows: tuple[FigureRow, ...] = ()
        self._why_none = ""
        self.say_what_is_out_of_sight()

    def show(self, rows: tuple[FigureRow, ...], why_none: str = "") -> None:
        """Show figures, or why there are none."""
        if (rows, why_none) != (self._rows, self._why_none):
            taller = len(rows) != len(self._rows)
            self._rows, self._why_none = rows, why_none
            self.refresh(layout=taller)
            self.say_what_is_out_of_sight()

    @property
    def title(self) -> str:
        return "Figures"

    @property
    def line_count(self) -> int:
        return len(self._rows)

    @property
    def plain(self) -> str:
        """The figures, a line each."""
        return "\n".join(f"{name}: {value}" for name, value in self._rows)

    def render(self) -> Content:
        """The rows; of a narrow pane, names are cut before values."""
        if not self._rows:
            return Content.styled(self._why_none, "$text-muted")
        width = self.content_size.width or 30
        names = [one_cell_each(visible(name, self._ascii_only), ascii_only=self._ascii_only) for name, _ in self._rows]
        column = min(max(map(len, names)), max(width - max(len(value) for _, value in self._rows) - 1, width // 2))
        lines: list[Content] = []
        for name, (_, value) in zip(names, self._rows, strict=True):
            room = max(width - column - 1, 1)
            label = cut(Content.styled(name, "$text-muted"), column, self._ascii_only)
            gap = " " * (column - label.cell_length + 1)
            lines.append(Content.assemble(label, gap, cut(Content(value), room, self._ascii_only)))
        return Content("\n").join(lines)
