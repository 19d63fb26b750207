"""An accuracy beside losses: the axis at the right, and which quantities it is for."""

from __future__ import annotations

import pytest

from tests.unit.drawing.charts.test_loss_plot import add, decay, text
from tui_torch.drawing.charts.loss_plot import draw_runs
from tui_torch.drawing.charts.run_history import RunHistory
from tui_torch.drawing.charts.score_axis import full_score
from tui_torch.drawing.charts.step_plot import draw_plot
from tui_torch.drawing.charts.value_axis import asks_for_log
from tui_torch.protocol.orders import Plot, PlotSeries
from tui_torch.protocol.plots.plotted import Fitted, Plotted


@pytest.mark.parametrize(
    ("name", "high", "full"),
    [
        *(
            (name, 0.9, 1.0)
            for name in ("accuracy", "val_acc", "Accuracy/test", "testAcc", "top1", "f1_macro", "valacc")
        ),
        ("acc", 91.0, 100.0),
        ("acc", 9810.0, None),
        *((name, 0.9, None) for name in ("val_loss", "account", "inaccuracy", "half1", "place")),
    ],
)
def test_a_score_is_known_by_its_name_and_its_range(name: str, high: float, full: float | None) -> None:
    assert full_score(name, 0.0, high) == full


@pytest.mark.parametrize(("full", "ends"), [(1.0, ("1.0", "0.0")), (100.0, ("100%", "0%"))])
def test_an_accuracy_has_an_axis_at_the_right_and_the_two_losses_share_the_other(full: float, ends: tuple[str, str]):
    runs = RunHistory()
    add(runs, decay(200))
    add(runs, [full] * 200, name="accuracy", kind="logged")
    add(runs, [value + 0.5 for value in decay(200)], name="val_loss", kind="logged")
    lines = [line.rstrip() for line in text(runs, 76, 18)]
    legend, plot, foot = lines[0], lines[1:-2], lines[-2]
    assert legend.index(" loss ") < legend.index("val_loss") < legend.index("accuracy")
    assert legend.endswith("→") and foot.endswith("┘")
    assert plot[0].endswith(f"├{ends[0]}") and plot[-1].endswith(f"├{ends[1]}")
    # The losses go from 0.2 to 2.7: neither axis is stretched by the other's values.
    assert {"0.5", "1.0", "2.5"} <= {line.split("┤")[0].strip() for line in plot}
    styles = {str(span.style) for line in draw_runs(runs, 76, 18)[:1] for span in line.spans}
    assert {"cyan", "dim cyan", "magenta"} <= styles


def test_accuracies_alone_have_the_value_axis_and_an_accuracy_asks_for_no_logarithm():
    runs = RunHistory()
    add(runs, [0.1, 0.5, 0.9], name="accuracy", kind="logged")
    assert "→" not in "".join(text(runs)) and "├" not in "".join(text(runs))
    add(runs, [2.0] * 12)
    assert not asks_for_log(runs.current.of("loss"))
    assert "├" in "".join(text(runs)) and "+0.0" in "".join(text(runs, dots="ascii"))


def test_a_lessons_plot_has_the_axis_at_the_right_for_an_accuracy_and_for_what_the_lesson_says():
    losses = Fitted(tuple((float(x), 3.0 - x / 10) for x in range(21)))
    accuracies = Fitted(tuple((float(x), x / 20) for x in range(21)))
    pair = (PlotSeries("x", "losses", line=True), PlotSeries("x", "accuracies", line=True))
    lines = [line.plain.rstrip() for line in draw_plot(Plotted((losses, accuracies)), Plot(pair), 60, 16)]
    assert lines[0].endswith("accuracies →") and lines[1].endswith("├1.0") and lines[-3].endswith("├0.0")
    assert lines[1][0] == "3", "the accuracies do not stretch the axis of the losses down to 0"
    rates = Plot((pair[0], PlotSeries("x", "rates", line=True, axis="right")))
    values = Fitted(tuple((float(x), 200.0 + x) for x in range(21)))
    assert "├210" in "".join(line.plain for line in draw_plot(Plotted((losses, values)), rates, 60, 16))
    kept = Plot((pair[0], PlotSeries("x", "accuracies", line=True, axis="left")))
    assert "├" not in "".join(line.plain for line in draw_plot(Plotted((losses, accuracies)), kept, 60, 16))
