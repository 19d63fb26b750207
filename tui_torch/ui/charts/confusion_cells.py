"""Which cell of a confusion matrix is chosen, and the images of the one that is open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui_torch.drawing.charts.matrices.confusion_matrix import Cell, cell_sentence
from tui_torch.protocol.orders import Request

if TYPE_CHECKING:
    from tui_torch.protocol.orders import Plot
    from tui_torch.protocol.plots.plotted import ImageGrid, LabelledMatrix
    from tui_torch.protocol.views import View

WAITS = "read when no code runs"
UNAVAILABLE = "The kernel cannot give its images now."


class ConfusionCells:
    """The cells of the confusion matrix of one step."""

    def __init__(self, plot: Plot) -> None:
        self._plot = plot
        self._matrix: LabelledMatrix | None = None
        self._chosen: Cell | None = None
        self._asked: Request | None = None
        """What was asked for, and not answered yet."""
        self._note: str | None = None
        self.is_open = False
        self.images: ImageGrid | None = None
        """Those of the open cell; None until they are there, and if they cannot be read."""

    def follow(self, matrix: LabelledMatrix) -> None:
        """Take the matrix as it is now."""
        self._matrix = matrix

    @property
    def cell(self) -> Cell:
        """The chosen cell: at first, that of the commonest mistake."""
        assert self._matrix is not None
        cells = self._matrix.cells
        if self._chosen is None:
            wrong = [(row, column) for row in range(len(cells)) for column in range(len(cells[0])) if row != column]
            return max(wrong, key=lambda at: cells[at[0]][at[1]], default=(0, 0))
        row, column = self._chosen
        return min(row, len(cells) - 1), min(column, len(cells[0]) - 1)

    def choose(self, down: int, right: int) -> None:
        """Go on by so many rows and columns, as far as there are any."""
        assert self._matrix is not None
        row, column = self.cell
        height, width = len(self._matrix.cells), len(self._matrix.cells[0])
        self._chosen = min(max(row + down, 0), height - 1), min(max(column + right, 0), width - 1)

    def open(self) -> None:
        """Open the chosen cell, whose images are not there yet."""
        self._chosen = self.cell
        self.is_open, self.images, self._note = True, None, None

    def leave(self) -> None:
        self.is_open, self._asked = False, None

    def request(self) -> Request | None:
        """What to ask for; None if nothing is open, or that was asked for already and is not there yet."""
        images = self._plot.classified_images
        if not self.is_open or self._asked is not None or images is None:
            return None
        row, column = self.cell
        self._asked = Request("cell", images.values, row=row, column=column, images=images)
        return self._asked

    def answer(self, request: Request, view: View | None) -> None:
        """Take the answer to a request, unless another cell was opened since."""
        from tui_torch.protocol.views import ConfusionCellView  # not imported at the launch

        if request is not self._asked:
            return
        self._asked = None
        if isinstance(view, ConfusionCellView):
            self.images, self._note = view.images, view.note
        else:
            self.images, self._note = None, UNAVAILABLE

    @property
    def sentence(self) -> str:
        """What stands above the images of the open cell."""
        assert self._matrix is not None
        if self._note is not None:
            return self._note
        count = None if self.images is None else self.images.count
        said = cell_sentence(self._matrix.rows, self._matrix.columns, self.cell, count)
        return said if self.images is not None else f"{said}: {WAITS}"

    @property
    def choice(self) -> str:
        """What is chosen, below the matrix."""
        assert self._matrix is not None
        row, column = self.cell
        number = self._matrix.cells[row][column]
        text = f"{number:,.0f}" if self._matrix.are_whole else f"{number:.3g}"
        return f"{cell_sentence(self._matrix.rows, self._matrix.columns, self.cell)}: {text}"
