"""What the `plot:` of a step draws: the values of its expressions as they are at one moment of a run."""

from __future__ import annotations

from tui_torch.protocol.late_dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Fitted:
    """The current values of one series of a step's `plot:`: at most 500 points, and 500 of the fit."""

    points: tuple[tuple[float, float], ...]
    """(x, y) pairs."""
    fit: tuple[tuple[float, float], ...] = ()
    """(x, prediction) pairs by growing x, to be joined by a line; empty while there is no prediction."""
    problem: str | None = None
    """Why it cannot be drawn, in a sentence."""
    classes: tuple[int, ...] = ()
    """The class of each point; empty where they have none."""
    words: tuple[str, ...] = ()
    """The text beside each point; empty where they have none."""


@dataclass(frozen=True, slots=True)
class PlotField:
    """What a function gives on a grid behind the points, row by row from the top."""

    columns: int
    rows: int
    xlim: tuple[float, float]
    ylim: tuple[float, float]
    """What the grid spans; its points are the centres of its cells."""
    cells: bytes
    """One byte a cell: the place of its class in `classes`, or its level from 1 for `low` to 255 for `high`, and 0
    where the number is not finite."""
    classes: tuple[int, ...] = ()
    """The classes that there are, ascending; empty for numbers."""
    low: float = 0.0
    high: float = 0.0
    """The smallest and the largest finite number."""


@dataclass(frozen=True, slots=True)
class LabelledMatrix:
    """The cells of a matrix, row by row, and the labels at its edges."""

    cells: tuple[tuple[float, ...], ...]
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    are_whole: bool
    """Whether its dtype holds whole numbers or bools."""
    title: str = ""
    """What it is called, where there are several."""


@dataclass(frozen=True, slots=True)
class ImageGrid:
    """The first of a number of images, all of one size."""

    count: int
    """Number of all of them."""
    numbers: tuple[int, ...]
    """The index of each that is here, counted from 0 in the learner's own tensor."""
    height: int
    width: int
    """Of each, in pixels: of large ones, each is the mean of several."""
    channels: int
    """1 for grey, 3 for red, green and blue."""
    pixels: bytes
    """Image after image, row by row, a byte for each channel: 0 for `low`, 255 for `high`."""
    low: float
    high: float
    labels: tuple[int, ...] = ()
    """The class of each that is here; empty where they have none."""
    predictions: tuple[int, ...] = ()
    """The class that was predicted for each; empty where none was."""
    wrong: int | None = None
    """For how many of all images it is another one; None without labels and predictions."""
    flawed: int = 0
    """Number of elements here that are NaN or infinite, which are drawn as `low`."""


@dataclass(frozen=True, slots=True)
class Plotted:
    """The current values of a step's `plot:`."""

    series: tuple[Fitted, ...]
    """As many as the plot has; one whose names are not there yet has no points."""
    field: PlotField | None = None
    field_problem: str | None = None
    """Why the field cannot be drawn, in a sentence."""
    matrices: tuple[LabelledMatrix, ...] = ()
    """One, or several of one size and with the same labels."""
    matrix_problem: str | None = None
    """Why the matrix cannot be drawn, in a sentence."""
    cell_problem: str | None = None
    """Why a cell of a confusion matrix has not the images that it counts, in a sentence. The matrix can be drawn."""
    images: ImageGrid | None = None
    images_problem: str | None = None
    """Why the images cannot be drawn, in a sentence."""

    @property
    def problem(self) -> str | None:
        """Why a part of it cannot be drawn, in a sentence; None when all can be."""
        found = (
            *(series.problem for series in self.series),
            self.field_problem,
            self.matrix_problem,
            self.images_problem,
        )
        return next((problem for problem in found if problem is not None), None)
