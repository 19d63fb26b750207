"""The `plot:` of a step: what it may hold, and what is said of one that is wrong."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from tui_torch.course.format.part import problems_in
from tui_torch.course.format.plot import StepPlotSchema
from tui_torch.protocol.orders import Plot, PlotMatrix, PlotSeries

XY = {"x": "a", "y": "b"}


def test_the_keys_of_one_series_stand_beside_how_it_is_shown() -> None:
    written = {**XY, "by": "c", "field": "f(grid)", "names": ["no", "yes"], "xlim": [0, 1.5], "equal": True}
    series = PlotSeries("a", "b", by="c")
    expected = Plot((series,), "f(grid)", ("no", "yes"), xlim=(0.0, 1.5), equal=True)
    assert StepPlotSchema.model_validate(written).plain() == expected


def test_several_series_have_a_list() -> None:
    written = {"series": [{**XY, "label": "one"}, {**XY, "line": True}], "xscale": "log"}
    series = PlotSeries("a", "b", label="one"), PlotSeries("a", "b", line=True)
    assert StepPlotSchema.model_validate(written).plain() == Plot(series, xscale="log")


def test_a_matrix_stands_alone() -> None:
    written = {"matrix": {"values": "c", "rows": "names", "each": "head"}}
    assert StepPlotSchema.model_validate(written).plain() == Plot((), matrix=PlotMatrix("c", "names", each="head"))


@pytest.mark.parametrize(
    ("written", "plot"),
    [
        ({"text": "samples"}, Plot((), text="samples")),
        ({**XY, "text": "samples"}, Plot((PlotSeries("a", "b"),), text="samples")),
        ({"matrix": {"values": "c"}, "text": "samples"}, Plot((), matrix=PlotMatrix("c"), text="samples")),
        ({"images": "x", "text": "samples"}, Plot((), images="x", text="samples")),
    ],
)
def test_a_text_stands_alone_or_beside_anything(written: dict[str, Any], plot: Plot) -> None:
    assert StepPlotSchema.model_validate(written).plain() == plot


def test_images_have_labels_and_predictions_and_may_be_what_a_confusion_matrix_counts() -> None:
    said = {"images": "x", "labels": "y", "predictions": "p"}
    assert StepPlotSchema.model_validate({**said, "names": ["no"]}).plain() == Plot((), names=("no",), **said)
    counted = StepPlotSchema.model_validate({**said, "matrix": {"values": "c"}}).plain()
    assert counted == Plot((), matrix=PlotMatrix("c"), **said) and counted.opens_cells


@pytest.mark.parametrize(
    ("written", "sentences"),
    [
        (
            {"matrix": {"values": "c"}, "x": "a"},
            ["`x` stands beside `matrix`, which has no axes, expected one or the other"],
        ),
        ({"images": "i", **XY}, ["`x` stands beside `images`, which has no axes, expected one or the other"]),
        ({"labels": "y"}, ["`labels` stands without `images`, expected the images that have them"]),
        (
            {"matrix": {"values": "c"}, "images": "i", "labels": "y"},
            ["missing key `predictions`, expected it beside `matrix` and `images`: it says which are in which cell"],
        ),
        (
            {"matrix": {"values": "c", "each": "head"}, "images": "i", "labels": "y", "predictions": "p"},
            ["`each` stands beside `images`, expected one confusion matrix"],
        ),
        ({"x": "a"}, ["missing key `y`, expected the expression whose values are drawn as points"]),
        ({"x": "a", "yy": "b"}, ["unknown key `yy`; did you mean `y`?"]),
        ({"series": []}, ["`series` is empty, expected at least one"]),
        ({"x": "a", "series": [XY]}, ["`x` stands beside `series`, expected it in one of the series"]),
        ({**XY, "xscale": "lin"}, ["`xscale` is `lin`, expected `linear` or `log`"]),
        (
            {**XY, "xlim": [0, 10**400]},
            ["`xlim` has a number that is too large for a float, expected `.inf` for no limit"],
        ),
        ({**XY, "ylim": [0.0, float("inf")]}, ["`ylim` is out of reach, expected limits from -1e300 to 1e300"]),
        ({**XY, "xscale": "log", "xlim": [0, 1]}, ["`xlim` begins at 0, expected more than 0: `xscale` is `log`"]),
        ({**XY, "yscale": "log", "field": "f"}, ["`yscale` is `log`, expected `linear`: a field has even steps"]),
        ({**XY, "xscale": "log", "equal": True}, ["`xscale` is `log`, expected `linear`: `equal` compares lengths"]),
        ({**XY, "by": "c ="}, ["`by` is `c =` (invalid syntax), expected a Python expression"]),
    ],
)
def test_what_is_wrong_is_said(written: dict[str, Any], sentences: list[str]) -> None:
    with pytest.raises(ValidationError) as error:
        StepPlotSchema.model_validate(written)
    assert [problem.sentence for problem in problems_in(error.value)] == sentences
