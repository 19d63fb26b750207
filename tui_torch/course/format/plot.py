"""The `plot:` of a step, as its file has it: one series, or a list of them, and how they are shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from tui_torch.course.format.fields import Expression, Limits, Line
from tui_torch.course.format.part import Part
from tui_torch.course.format.plot_images import image_rules
from tui_torch.course.problem import Problem
from tui_torch.protocol.orders import AxisScale, Plot, PlotAxis, PlotMatrix, PlotSeries

LARGEST_LIMIT = 1e300
"""The largest limit of an axis: beyond it differences overflow."""

_X = "The expression whose values go along the horizontal axis."
_Y = "The expression whose values are drawn as points."

_Fit = Annotated[Expression | None, Field(description="The expression whose values are drawn as a line.")]
_Line = Annotated[bool, Field(description="Whether the points are joined by a line, in their order.")]
_By = Annotated[
    Expression | None,
    Field(description="The expression with the class of each point, a whole number: each class has its own mark."),
]
_Words = Annotated[
    Expression | None, Field(description="The expression with the text beside each point, such as a list of words.")
]
_Axis = Annotated[
    PlotAxis | None,
    Field(
        description="The value axis, `left` or `right`. Without it, what is named like an accuracy beside others has "
        "the right one, from 0 to 1 or to 100."
    ),
]
_Label = Annotated[Line | None, Field(description="What the series is called, in place of its expressions.")]


def _within_reach(limits: tuple[float, float]) -> tuple[float, float]:
    if max(map(abs, limits)) > LARGEST_LIMIT:
        raise ValueError("is out of reach, expected limits from -1e300 to 1e300")
    return limits


AxisLimits = Annotated[Limits, AfterValidator(_within_reach)]


class PlotSeriesSchema(Part):
    """Expressions that are drawn as points or as a line."""

    makes = PlotSeries

    x: Expression = Field(description=_X)
    y: Expression = Field(description=_Y)
    fit: _Fit = None
    line: _Line = False
    by: _By = None
    words: _Words = None
    label: _Label = None
    axis: _Axis = None


class PlotMatrixSchema(Part):
    """A matrix with labels at its edges."""

    makes = PlotMatrix

    values: Expression = Field(
        description="The expression of the matrix, of at most 40 rows and columns, or of up to 16 such matrices, with "
        "three axes."
    )
    rows: Expression | None = Field(default=None, description="The expression with the label of each row, a list.")
    columns: Expression | None = Field(
        default=None, description="The expression with the label of each column, in place of the labels of the rows."
    )
    each: Line = Field(
        default="", description="What one of several matrices is called, before its number, such as `head`."
    )


class StepPlotSchema(Part):
    """What a step draws while it runs, and after it."""

    makes = Plot

    x: Expression | None = Field(default=None, description=_X)
    y: Expression | None = Field(default=None, description=_Y)
    fit: _Fit = None
    line: _Line = False
    by: _By = None
    words: _Words = None
    label: _Label = None
    axis: _Axis = None
    series: tuple[PlotSeriesSchema, ...] = Field(
        default=(), strict=False, description="Several such series, in place of the keys of one."
    )
    field: Expression | None = Field(
        default=None,
        description="What is drawn behind: an expression of `grid`, an (n, 2) tensor of points, or a function of it, "
        "with one class or one number for each point, such as `model(grid).argmax(1)`.",
    )
    names: tuple[Line, ...] = Field(default=(), strict=False, description="The names of the classes, from 0.")
    xlim: AxisLimits | None = Field(default=None, description="The limits of the horizontal axis.")
    ylim: AxisLimits | None = Field(default=None, description="The limits of the vertical axis.")
    xscale: AxisScale = Field(default="linear", description="The horizontal axis: `linear` or `log`.")
    yscale: AxisScale = Field(default="linear", description="The vertical axis: `linear` or `log`.")
    equal: bool = Field(default=False, description="Whether 1 is as long on one axis as on the other.")
    matrix: PlotMatrixSchema | None = Field(
        default=None,
        description="A matrix with labels at its edges, in place of axes: a confusion matrix, or attention.",
    )
    text: Expression | None = Field(
        default=None,
        description="The expression of a text that the code makes now and then, or of a list of texts or of (step, "
        "text) pairs: below the loss stands that of the step at the cursor, and else the last. It may stand alone.",
    )

    images: Expression | None = Field(
        default=None,
        description="The expression of images, drawn beside each other in place of axes: n x height x width, or n x "
        "channels x height x width with 1 or 3 channels. Beside a `matrix`, which is a confusion matrix then, a key "
        "shows those of one cell.",
    )
    labels: Expression | None = Field(
        default=None, description="The expression with the class of each image, a whole number."
    )
    predictions: Expression | None = Field(
        default=None,
        description="The expression with the class predicted for each image, such as `model(x).argmax(1)`.",
    )

    @classmethod
    def rules(cls, written: Mapping[str, object]) -> Iterator[Problem]:
        if found := list(image_rules(written)):
            yield from found
            return
        if written.get("images") is not None and written.get("matrix") is None:
            beside = cls.model_fields.keys() - {"images", "labels", "predictions", "names", "text"}
            for name in [name for name in cls.model_fields if name in beside and name in written][:1]:
                yield Problem((name,), f"`{name}` stands beside `images`, which has no axes, expected one or the other")
            return
        if written.get("matrix") is not None:
            beside = cls.model_fields.keys() - {"matrix", "text", "images", "labels", "predictions"}
            for name in [name for name in cls.model_fields if name in beside and name in written][:1]:
                yield Problem((name,), f"`{name}` stands beside `matrix`, which has no axes, expected one or the other")
            return
        of_one = [name for name in PlotSeriesSchema.model_fields if name in written]
        if "series" in written and of_one:
            sentence = f"`{of_one[0]}` stands beside `series`, expected it in one of the series"
            yield Problem((of_one[0],), sentence, at_key=True)
        elif written.get("series") == []:
            yield Problem(("series",), "`series` is empty, expected at least one")
        elif "series" not in written and set(written) <= cls.model_fields.keys() and set(written) != {"text"}:
            for name, what in (("x", _X), ("y", _Y)):
                if written.get(name) is None:
                    yield Problem((name,), f"missing key `{name}`, expected t{what[1:].rstrip('.')}")
        for name, limits in (("xscale", "xlim"), ("yscale", "ylim")):
            if written.get(name) != "log":
                continue
            if written.get("field") is not None:
                yield Problem((name,), f"`{name}` is `log`, expected `linear`: a field has even steps")
            if written.get("equal") is True:
                yield Problem((name,), f"`{name}` is `log`, expected `linear`: `equal` compares lengths")
            match written.get(limits):
                case [int() | float() as low, int() | float()] if low <= 0:
                    yield Problem((limits,), f"`{limits}` begins at {low:g}, expected more than 0: `{name}` is `log`")
                case _:
                    pass

    def plain(self) -> Any:
        one = PlotSeries(self.x or "", self.y or "", self.fit, self.line, self.by, self.words, self.label, self.axis)
        if self.matrix is not None or self.images is not None:
            return Plot(
                (),
                names=self.names,
                matrix=None if self.matrix is None else self.matrix.plain(),
                text=self.text,
                images=self.images,
                labels=self.labels,
                predictions=self.predictions,
            )
        if self.text is not None and not self.series and self.x is None:
            return Plot((), text=self.text)
        series = tuple(series.plain() for series in self.series) or (one,)
        limits = self.xlim, self.ylim
        return Plot(series, self.field, self.names, *limits, self.xscale, self.yscale, self.equal, text=self.text)
