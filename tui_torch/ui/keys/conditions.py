"""What the keys' working depends on, as the widgets say it."""

from __future__ import annotations

from typing import Literal, Protocol

Place = Literal[
    "text", "quiz", "cells", "editor", "find", "replace", "output", "answer", "tensors", "filter", "value", "chart",
    "replay", "search", "matrix",
]  # fmt: skip
"""Where the focus of a screen on which code runs can be, as far as other keys are needed there.

That is a pane, or a field for one line. `cells` is the list of a program's cells, `find` and `replace` are the fields
of the editor's search, `answer` is what the code asked for by `input()`, `filter` hides rows of the tensors, `value` is
one of them in full, and `search` looks for a value in a replay.
"""


class PaneConditions(Protocol):
    """What the keys of a screen on which code runs depend on."""

    @property
    def place(self) -> Place:
        """Where the focus is; `replay` in every pane while a replay is on show."""
        ...

    @property
    def runs(self) -> bool:
        """Whether code runs."""
        ...

    @property
    def has_selection(self) -> bool:
        """Whether text is selected, to be copied."""
        ...

    @property
    def marks_text(self) -> bool:
        """Whether text is selected in the editor or the field with the focus."""
        ...

    @property
    def types_text(self) -> bool:
        """Whether a letter is text where the focus is: in the editor and in a field."""
        ...

    @property
    def types_line(self) -> bool:
        """Whether the focus is in a field for one line."""
        ...

    @property
    def replays(self) -> bool:
        """Whether a replay is on show."""
        ...

    @property
    def types_pass(self) -> bool:
        """Whether the number of a pass has been begun in a replay."""
        ...

    @property
    def has_code(self) -> bool:
        """Whether the step has code that can be run."""
        ...

    @property
    def has_editor(self) -> bool:
        """Whether the step shows its code in the editor now."""
        ...

    @property
    def has_suggested_fix(self) -> bool:
        """Whether the coach has a suggested fix to show."""
        ...

    @property
    def has_figure(self) -> bool:
        """Whether the run has drawn a figure that is kept."""
        ...

    @property
    def pages(self) -> int:
        """Number of pages that the selected value has; 0 if none is selected."""
        ...

    @property
    def opens_parts(self) -> bool:
        """Whether the page in front has parts that can be opened."""
        ...

    @property
    def slices(self) -> int:
        """Number of dimensions along which the page in front has more than one slice."""
        ...

    @property
    def other_drawing(self) -> Literal["", "picture", "graph"]:
        """What the page in front has that can be drawn in another way; empty if nothing."""
        ...

    @property
    def has_curves(self) -> bool:
        """Whether the loss chart has a curve."""
        ...

    @property
    def one_column(self) -> bool:
        """Whether the panes stand behind tabs."""
        ...


class LessonConditions(PaneConditions, Protocol):
    """What the keys of the lesson screen depend on."""

    @property
    def choices(self) -> int:
        """Number of choices of the quiz; 0 for another step."""
        ...

    @property
    def is_exercise(self) -> bool: ...

    @property
    def is_quiz(self) -> bool: ...


class ProgramConditions(PaneConditions, Protocol):
    """What the keys of one's own program depend on."""

    @property
    def has_cells(self) -> bool:
        """Whether it has cells, rather than being one piece."""
        ...

    @property
    def is_notebook(self) -> bool: ...

    @property
    def choices(self) -> int: ...

    @property
    def is_exercise(self) -> bool: ...

    @property
    def is_quiz(self) -> bool: ...


class EditorConditions(Protocol):
    """What the keys of the editor depend on."""

    @property
    def read_only(self) -> bool:
        """Whether nothing can be typed, as in a replay."""
        ...


class ListConditions(Protocol):
    """What the keys of a list that can be filtered depend on."""

    @property
    def types_text(self) -> bool:
        """Whether what the entries have to have is being typed."""
        ...


class ArenaConditions(ListConditions, Protocol):
    """What the keys of the list of problems depend on."""

    @property
    def shows_grid(self) -> bool:
        """Whether the problems are shown as a grid."""
        ...


class TensorsConditions(Protocol):
    """What the keys of the tensors pane depend on."""

    @property
    def has_locals(self) -> bool:
        """Whether the run trained in a function whose locals can be shown."""
        ...

    @property
    def is_filtered(self) -> bool:
        """Whether a filter is being typed, or hides some of the rows."""
        ...

    @property
    def shows_legend(self) -> bool:
        """Whether the legend stands below the rows, and no filter is typed, which `escape` is for first."""
        ...


class ChartConditions(Protocol):
    """What the keys of the loss chart depend on."""

    @property
    def has_cursor(self) -> bool: ...

    @property
    def has_earlier_runs(self) -> bool: ...

    @property
    def has_other_views(self) -> bool:
        """Whether there is a gradient norm or a learning rate to show besides the loss."""
        ...

    @property
    def is_zoomed(self) -> bool:
        """Whether a part of the steps is shown."""
        ...

    @property
    def has_other_dots(self) -> bool:
        """Whether curves can be drawn with other characters."""
        ...


class MatrixConditions(Protocol):
    """What the keys of a confusion matrix depend on."""

    @property
    def chooses_cell(self) -> bool:
        """Whether there are cells to choose from."""
        ...

    @property
    def shows_cell(self) -> bool:
        """Whether the images of a cell are shown."""
        ...


class FigureConditions(Protocol):
    """What the keys of the screen with a figure depend on."""

    @property
    def has_others(self) -> bool:
        """Whether the run has drawn other figures, too."""
        ...


class PlotConditions(Protocol):
    """What the keys of a value's plot over the whole screen depend on."""

    @property
    def has_other_kinds(self) -> bool:
        """Whether the value can be drawn as something else."""
        ...

    @property
    def has_slices(self) -> bool:
        """Whether there are others than the matrices or images on show."""
        ...

    @property
    def has_dimensions(self) -> bool:
        """Whether these are along several dimensions."""
        ...


class GraphConditions(Protocol):
    """What the keys of a graph depend on."""

    @property
    def can_open(self) -> bool:
        """Whether the selected box has something inside to show."""
        ...

    @property
    def is_inside(self) -> bool:
        """Whether a box is open."""
        ...

    @property
    def has_both_drawings(self) -> bool:
        """Whether the graph can be drawn in boxes and node by node."""
        ...


class WatchConditions(Protocol):
    """What the keys of a watched training depend on."""

    @property
    def is_live(self) -> bool:
        """Whether the command runs, and can be written to from here."""
        ...

    @property
    def is_typing(self) -> bool:
        """Whether keys are passed on to the program."""
        ...


class RunsConditions(Protocol):
    """What the keys of the list of runs depend on."""

    @property
    def has_runs(self) -> bool: ...

    @property
    def can_overlay(self) -> bool:
        """Whether the highlighted run can be drawn behind the one that is watched."""
        ...

    @property
    def can_delete(self) -> bool:
        """Whether the highlighted run is over."""
        ...


class ExercisesConditions(Protocol):
    """What the keys of exercises in an editor of one's own depend on."""

    @property
    def runs(self) -> bool:
        """Whether a file runs."""
        ...

    @property
    def types_text(self) -> bool:
        """Whether letters are text where the focus is: in what the code asked for."""
        ...

    @property
    def has_selection(self) -> bool:
        """Whether text is selected, to be copied."""
        ...

    @property
    def has_suggested_fix(self) -> bool:
        """Whether the coach has a suggested fix to show."""
        ...
