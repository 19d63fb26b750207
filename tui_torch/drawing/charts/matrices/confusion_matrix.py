"""A confusion matrix whose cells can be chosen, and the images that one of them counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rich.style import StyleType
from rich.text import Text

from tui_torch.drawing.canvas.canvas import Canvas
from tui_torch.drawing.charts.matrices.labelled_matrix import draw_matrices
from tui_torch.drawing.pictures.image_grid import draw_images
from tui_torch.drawing.text.cells import clipped, one_cell_each
from tui_torch.drawing.text.numbers import counted

if TYPE_CHECKING:
    from tui_torch.protocol.plots.plotted import ImageGrid, LabelledMatrix

WHAT_IS_WHERE = "rows: what it is; columns: what was predicted"

Cell = tuple[int, int]
"""A row and a column, from 0."""


def draw_confusion(
    matrix: LabelledMatrix,
    width: int,
    height: int,
    styles: Mapping[str, StyleType],
    heat: tuple[str, str] | None,
    *,
    ascii_only: bool,
    cell: Cell | None = None,
    below: str = WHAT_IS_WHERE,
) -> tuple[Text, ...]:
    """Draw a confusion matrix on `height` lines of `width` cells, the last of which has a sentence.

    Args:
        matrix: The matrix.
        width: Cells of a line.
        height: Number of lines.
        styles: The style of each part: `text`, `axis`, `wrong`, `cursor`.
        heat: The grounds of the smallest and the largest cell; None where there are no colours.
        ascii_only: Whether the terminal has no Unicode.
        cell: The one that is chosen, which is marked and always in sight.
        below: The sentence.
    """
    if width < 1 or height < 2:
        return ()
    canvas = Canvas(width, height - 1)
    draw_matrices(canvas, (matrix,), heat, ascii_only=ascii_only, cell=cell)
    text = clipped(one_cell_each(below, ascii_only=ascii_only), width, ascii_only)
    return (*canvas.lines(styles), _line(text, width, styles["axis"]))


def draw_items(
    grid: ImageGrid | None,
    sentence: str,
    width: int,
    height: int,
    styles: Mapping[str, StyleType],
    heat: tuple[str, str] | None,
    *,
    ascii_only: bool,
) -> tuple[Text, ...]:
    """Draw the images of one cell on `height` lines of `width` cells, the first of which says which they are.

    Args:
        grid: The images; None as long as they are not there, or if they cannot be read.
        sentence: What stands above them.
        width: Cells of a line.
        height: Number of lines.
        styles: The style of each part: `text`, `axis`, `wrong`, `cursor`.
        heat: The grounds of the smallest and the largest cell; None where there are no colours.
        ascii_only: Whether the terminal has no Unicode.
    """
    if width < 1 or height < 2:
        return ()
    canvas = Canvas(width, height - 1)
    if grid is not None:
        draw_images(canvas, grid, (), has_colours=heat is not None, ascii_only=ascii_only, numbered=True)
    text = clipped(one_cell_each(sentence, ascii_only=ascii_only), width, ascii_only)
    return (_line(text, width, styles["text"]), *canvas.lines(styles))


def cell_sentence(rows: Sequence[str], columns: Sequence[str], cell: Cell, count: int | None = None) -> str:
    """What a cell counts: `3 predicted as 8: 5 images`; without a count `3 predicted as 8`."""
    row, column = cell
    said = f"{rows[row]} predicted as {columns[column]}"
    return said if count is None else f"{said}: {counted(count, 'image')}"


def _line(text: str, width: int, style: StyleType) -> Text:
    """A line of one span, which is what a pane draws."""
    return Text.assemble((text + " " * (width - len(text)), style), no_wrap=True, end="")
