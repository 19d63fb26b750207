"""What the session asks of the probe, and the run of a learner's code that it asks for."""

from __future__ import annotations

from typing import Literal, get_args

from tui_torch.protocol.code_help import Binding
from tui_torch.protocol.events import Failed
from tui_torch.protocol.grading.asked import GradedBy
from tui_torch.protocol.late_dataclass import dataclass

COMM_TARGET = "tui_torch"
"""The name of the Jupyter comm by which the orders come."""

STOPPED = "stopped before it came to an end"
"""What is said of a check, or of the value of an expression, that was interrupted."""


@dataclass(frozen=True, slots=True)
class Portion:
    """Code of the lesson that runs before a step, so that the step finds the names it uses."""

    step: str
    """The id of the step that the code is from; `setup` for the lesson's setup."""
    code: str
    may_raise: bool = False
    """The step shows an error: the code is expected to raise, and what ran before it counts."""


PlotAxis = Literal["left", "right"]


@dataclass(frozen=True, slots=True)
class PlotSeries:
    """Expressions whose values are drawn: `x` and `y` as points, and `fit` over `x` as a line."""

    x: str
    y: str
    fit: str | None = None
    line: bool = False
    """Join the points by a line, in their order, in place of a mark for each."""
    by: str | None = None
    """The class of each point, a whole number or a bool: the points of a class are drawn alike."""
    words: str | None = None
    """The text beside each point."""
    label: str | None = None
    """What it is called; None: its expressions."""
    axis: PlotAxis | None = None
    """The value axis; None: the left one, and of what is named like an accuracy beside others the right one."""


@dataclass(frozen=True, slots=True)
class PlotMatrix:
    """A matrix whose cells are drawn with labels at its edges, such as a confusion matrix, or what attends to what.

    Of a value with three axes, the matrices along the first are drawn beside each other.
    """

    values: str
    rows: str | None = None
    """The labels of its rows, a list; None: their numbers."""
    columns: str | None = None
    """The labels of its columns; None: those of its rows, if there are as many, and else their numbers."""
    each: str = ""
    """What one of several matrices is called, before its number: `head`."""


@dataclass(frozen=True, slots=True)
class PlotImages:
    """Images that are drawn beside each other, with the class of each, and the one that a model takes it for."""

    values: str
    """The images, along the first axis: of height and width, with or without 1 or 3 channels."""
    labels: str | None = None
    """The class of each, a whole number."""
    predictions: str | None = None
    """The class that was predicted for each, a whole number."""


AxisScale = Literal["linear", "log"]


@dataclass(frozen=True, slots=True)
class Plot:
    """What is drawn of the values of a run, while it goes on and after it."""

    series: tuple[PlotSeries, ...]
    field: str | None = None
    """What is drawn behind: an expression of `grid`, an (n, 2) tensor of points, or a function of it, with one class or
    one number for each point."""
    names: tuple[str, ...] = ()
    """The names of the classes from 0; those without a name are called by their number."""
    xlim: tuple[float, float] | None = None
    ylim: tuple[float, float] | None = None
    """The limits of the axes; None: those of the points."""
    xscale: AxisScale = "linear"
    yscale: AxisScale = "linear"
    equal: bool = False
    """Whether 1 is as long on one axis as on the other."""
    matrix: PlotMatrix | None = None
    """A matrix in place of axes; `series` is empty then."""
    text: str | None = None
    """What has the texts that the run makes, which stand below its loss: a text, a list of them, or of (step, text)."""
    images: str | None = None
    """Images in place of axes; beside a matrix, which is a confusion matrix then, what its cells count."""
    labels: str | None = None
    predictions: str | None = None
    """The class of each image, and the one that was predicted."""

    @property
    def is_drawn(self) -> bool:
        """Whether there is anything to draw besides the texts."""
        return bool(self.series) or self.matrix is not None or self.images is not None

    @property
    def classified_images(self) -> PlotImages | None:
        """The images with their classes; None if none are plotted."""
        return None if self.images is None else PlotImages(self.images, self.labels, self.predictions)

    @property
    def opens_cells(self) -> bool:
        """Whether it is a confusion matrix, each of whose cells has images to show."""
        return self.matrix is not None and self.images is not None

    @property
    def is_fit(self) -> bool:
        """Whether a line is fitted to points."""
        return any(series.fit is not None for series in self.series)


@dataclass(frozen=True, slots=True)
class ProgramCall:
    """What the code of a run is the text of, so that it is run as `python FILE ARGUMENTS` would run it."""

    file: str
    """The absolute path of the file."""
    arguments: tuple[str, ...]
    """What `sys.argv` holds; the first is the path of the file as it was typed."""
    folder: str
    """The folder that it runs in."""


CELL_NAME = "<In ["
"""How the names begin under which the cells of a notebook are compiled: `<In [3]>`."""


@dataclass(frozen=True, slots=True)
class NotebookCall:
    """What the code of a run is a cell of, so that it finds the names that the cells before it left."""

    folder: str
    """The folder that it runs in, and a notebook's cells import from."""
    number: int
    """Its `In [3]`."""
    goes_on: bool
    """Whether all is as the run before left it. Otherwise, and in a fresh process, nothing has run."""
    script: ProgramCall | None = None
    """The script that it is a cell of, whose `__file__`, `sys.argv` and folder it finds; None in a notebook."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the learner's code, and all that it needs. The session makes orders of it."""

    code: str
    standing: tuple[Portion, ...] = ()
    """Replayed before the code, silently and seeded, in a namespace that holds nothing else."""
    pins: tuple[str, ...] = ()
    """Expressions that the inspection puts on top."""
    checks: tuple[tuple[str, str], ...] | None = None
    """(name, code) of an exercise's checks, graded when the code ran without an error; None: nothing to grade."""
    graded_by: GradedBy | None = None
    """What the answer is held to besides: drawn inputs, rules, measures. A check with drawn inputs may have no code."""
    values: tuple[str, ...] = ()
    """Expressions to evaluate after the run; they come back as `Evaluated`."""
    plot: Plot | None = None
    """What to draw while it runs, and after it; it comes back as `Fitted`."""
    trace: bool = False
    """Record the run line by line; the recording comes back as `Traced`. The run takes longer."""
    inspect: bool = True
    """Look at the namespace before and after the run, and send an inspection of it, as `Inspected`."""
    apart: bool = False
    """Run the code in a fork of the kernel process where that is safe and saves time. The process itself keeps what the
    code stands on for the next run."""
    program: ProgramCall | None = None
    """The program that the code is; None for code that is in no file."""
    notebook: NotebookCall | None = None
    """What the code is a cell of; None for code that is none."""


PREPARE_KEY = "tui_torch"
"""The key of a run's `Prepare` in the metadata of its `execute_request`."""


@dataclass(frozen=True, slots=True)
class Prepare:
    """Make the namespace hold what a run stands on. It comes with the code, in one message.

    Answered by `Prepared`. When a portion fails, the code does not run.
    """

    standing: tuple[Portion, ...]
    pins: tuple[str, ...]
    plot: Plot | None
    trace: bool
    known: int = 0
    """The number of the last inspection that came; 0 if none did."""
    inspect: bool = True
    """Whether an inspection is to follow the run."""
    apart: bool = False
    """Whether a fork may run the code, and follow the orders about what it leaves."""
    program: ProgramCall | None = None
    """The program to become; None for code that is in no file."""
    notebook: NotebookCall | None = None
    """The notebook to be in; None for code that is no cell of one."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a run stands on has run, or has failed to."""

    failure: Failed | None
    """None: the code runs now. Otherwise nothing runs."""
    put_back: tuple[str, ...] = ()
    """Words for what earlier code had left otherwise than it was; see `PutBack`."""
    beyond: tuple[str, ...] = ()
    """Words for what nothing in the process puts back: nothing runs, and a fresh process is to be asked instead."""


@dataclass(frozen=True, slots=True)
class Greeting:
    """The first word of the probe, once torch is imported."""

    problem: str | None
    """Why no code can run, and what to do, in a sentence or two; None when all is well."""


# The orders. Each is answered before the next one is read, except for those that say that they are not answered.


@dataclass(frozen=True, slots=True)
class Grade:
    """Run an exercise's checks on what the run left. Answered by `Graded`."""

    checks: tuple[tuple[str, str], ...]
    """(name, code) pairs."""
    source: str
    """The code that was run."""
    output: str
    """What it printed: the last 100,000 characters."""
    by: GradedBy | None = None
    """What it is held to besides."""


@dataclass(frozen=True, slots=True)
class Evaluate:
    """Give the values of expressions as plain data. Answered by `Evaluated`."""

    expressions: tuple[str, ...]


Side = Literal[
    "values", "picture", "distribution", "memory", "graph", "layers", "activity", "items", "code", "cell", "plot"
]
"""The kind of a view: a page of the inspector; a value as code, or as a plot; a cell of a confusion matrix."""

LIVE_SIDES: tuple[Side, ...] = ("values", "picture", "distribution", "activity", "plot")
"""The views that follow a value while a loop changes it."""

PICTURE_ROWS, PICTURE_COLUMNS = 100, 160
"""Maximum number of cells of a picture."""

Reading = Literal["heatmap", "strip", "image", "image-last", "grey", "grid", "grid-last", "grey-grid"]
"""What a picture takes the elements for.

`heatmap`: the matrix of the last two dimensions, at one index of those before. `strip`: the matrices along the last of
those before. `image`: the last three dimensions as one image, channels first; `image-last`: channels last. `grey`: the
last two as a grey image. `grid`, `grid-last`, `grey-grid`: all the images of that kind.
"""


PlotKind = Literal["curve", "points", "matrix", "images"]
"""What a value is drawn as: its numbers in their order, pairs as points, matrices (one of each head), or images."""


@dataclass(frozen=True, slots=True)
class Request:
    """Look at one value. Answered by the `View` of the side, which holds the request that it answers."""

    side: Side
    expression: str
    """A name, a pinned expression, or a path into a container: `params["w"]`, `batch[0]`."""
    index: tuple[int, ...] = ()
    """The index along each dimension before the last two; missing ones are 0. Of a graph, the box to open."""
    row: int = 0
    column: int = 0
    """The first element of a window; in `items`, `row` is the first item."""
    height: int = PICTURE_ROWS
    width: int = PICTURE_COLUMNS
    """Maximum number of rows and columns of a picture's cells; of a graph, `height` is that of boxes."""
    reading: Reading | None = None
    """What a picture is to take the elements for, if they can be that; None: what they look like."""
    frame: int | None = None
    """The place among the frames of the last `LocalsRead` whose locals are meant; None for the namespace."""
    images: PlotImages | None = None
    """Of a cell, which is that of `row` and `column`: what it counts."""
    kind: PlotKind | None = None
    """What a plot is to draw the value as, if it can be drawn so; None: what suits it best."""


@dataclass(frozen=True, slots=True)
class ReadOn:
    """Read for a moment what the last inspection had no time for.

    Answered by an `InspectionUpdate` with what was read besides, or by nothing if nothing is left.
    """

    known: int
    """The number of the last inspection that came."""


@dataclass(frozen=True, slots=True)
class ImportAhead:
    """Import in a thread what the first error or the first optimizer would. Not answered."""


@dataclass(frozen=True, slots=True)
class Watch:
    """Send the values of these expressions as `Watched` while loops run, in place of those of the order before.

    It comes by the control channel, which is read while code runs. Not answered.
    """

    names: tuple[str, ...]
    locals_too: bool = False
    """Send the locals of the functions that train, too, as `LocalsRead`."""
    pages: tuple[Request, ...] = ()
    """Send these views, too, as `PagesRead`: the pages in sight, of which those of LIVE_SIDES are read."""


@dataclass(frozen=True, slots=True)
class Insist:
    """Interrupt a run, and again whenever its code goes on, until it ends. Nothing once it has ended. Not answered.

    It comes by the control channel, too.
    """

    run: str
    """Id of the message that asked for the run."""


@dataclass(frozen=True, slots=True)
class Complete:
    """Say how what is being typed may go on. Answered by `Completions`, on the control channel by which it comes."""

    bindings: tuple[Binding, ...]
    """The names that the code binds where the cursor is."""
    prefix: str
    """What is written of the name."""
    of: str | None = None
    """The expression whose attribute is being typed; None for a name."""
    module: str | None = None
    """The module from which it is imported."""
    package: str | None = None
    """The package of which a module's name is being typed in an import; empty for a module in none."""
    keys_of: str | None = None
    """The expression whose key is being typed."""
    call: str = ""
    """The function of which an argument begins there; empty if none does."""
    given: tuple[str, ...] = ()
    """Names of the arguments that the call has already."""
    goes_on: bool = False
    """Whether the code finds all names that what ran has left, as a cell does, and not only those of the bindings."""


@dataclass(frozen=True, slots=True)
class DescribeCall:
    """Say what a function takes. Answered by `Signatures`, on the control channel by which it comes."""

    bindings: tuple[Binding, ...]
    function: str
    goes_on: bool = False
    """As of `Complete`."""


@dataclass(frozen=True, slots=True)
class DescribeExpression:
    """Give the documentation of an expression. Answered by `Documentation`, on the control channel."""

    bindings: tuple[Binding, ...]
    expression: str
    goes_on: bool = False
    """As of `Complete`."""


Question = Complete | DescribeCall | DescribeExpression
"""An order about code that is being written."""

Order = Grade | Evaluate | Request | ReadOn | ImportAhead | Watch | Insist | Question
"""An order, one of the classes above."""

ORDERS: tuple[type[Order], ...] = get_args(Order)
