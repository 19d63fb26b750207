"""Figures as characters: in their own proportions, in their own colours, and without a word to the terminal."""

from __future__ import annotations

import fcntl
import struct
import sys
import termios

import pexpect
import pytest
from rich.color import ColorSystem

from tests.pictures import BLACK, BLUE, GREEN, RED, WHITE, curve, png
from tui_torch.drawing.figures.blocks import cells_of, dots, half_blocks
from tui_torch.drawing.figures.picture import read_picture


@pytest.mark.parametrize(
    ("size", "room", "cells"),
    [
        ((640, 480), (80, 100), (80, 30)),
        ((640, 480), (200, 20), (53, 20)),
        ((480, 640), (200, 20), (30, 20)),
        ((28, 28), (80, 24), (28, 14)),
        ((1000, 10), (80, 24), (80, 1)),
        ((10, 1000), (80, 24), (1, 24)),
        ((1, 1), (80, 24), (1, 1)),
        ((640, 480), (1, 1), (1, 1)),
    ],
)
def test_a_cell_is_as_wide_as_half_its_height(
    size: tuple[int, int], room: tuple[int, int], cells: tuple[int, int]
) -> None:
    assert cells_of(read_picture(png(*size)), *room) == cells


def test_a_small_picture_fills_the_room_where_that_is_asked_for() -> None:
    assert cells_of(read_picture(png(8, 8)), 80, 24, enlarged=True) == (48, 24)


def colours(row: list) -> list[tuple[str, object, object]]:  # type: ignore[type-arg]
    return [(segment.text, segment.style.color.triplet, segment.style.bgcolor.triplet) for segment in row]


def test_each_cell_has_the_colours_of_two_pixels_and_neighbours_alike_are_one() -> None:
    pixels = [[RED, RED, BLUE], [GREEN, GREEN, BLUE], [WHITE, BLACK, RED], [WHITE, BLACK, GREEN]]
    picture = read_picture(png(3, 4, lambda x, y: pixels[y][x]))
    first, second = half_blocks(picture, 3, 2)
    assert colours(first) == [("▀▀", RED, GREEN), ("▀", BLUE, BLUE)]
    assert colours(second) == [("▀", WHITE, WHITE), ("▀", BLACK, BLACK), ("▀", RED, GREEN)]


@pytest.mark.parametrize("columns", [1, 2, 37, 160])
@pytest.mark.parametrize("draw", [half_blocks, dots])
def test_every_row_is_as_wide_as_asked_for(draw, columns: int) -> None:  # type: ignore[no-untyped-def]
    rows = draw(read_picture(png(160, 120, curve)), columns, 7)
    assert [sum(segment.cell_length for segment in row) for row in rows] == [columns] * 7


def test_lines_on_a_white_ground_are_dots_on_none() -> None:
    picture = read_picture(png(8, 8, lambda x, y: BLACK if x == y else WHITE))
    assert ["".join(segment.text for segment in row) for row in dots(picture, 4, 2)] == ["⠑⢄⠀⠀", "⠀⠀⠑⢄"]


def test_light_on_a_dark_ground_is_dots_on_none_as_well() -> None:
    picture = read_picture(png(8, 8, lambda x, y: WHITE if x == y else BLACK))
    assert ["".join(segment.text for segment in row) for row in dots(picture, 4, 2)] == ["⠑⢄⠀⠀", "⠀⠀⠑⢄"]


def test_a_photograph_without_colours_has_shades() -> None:
    picture = read_picture(png(64, 64, lambda x, y: (4 * x, 4 * x, 4 * x)))
    counts = [sum(bin(ord(cell) - 0x2800).count("1") for cell in row[0].text) for row in dots(picture, 32, 16)]
    assert all(8 * 32 * 0.35 < count < 8 * 32 * 0.65 for count in counts)


def test_white_stays_the_whitest_that_a_terminal_of_256_colours_has() -> None:
    (row,) = half_blocks(read_picture(png(1, 2, lambda x, y: WHITE)), 1, 1)
    assert row[0].style is not None and row[0].style.color is not None
    assert row[0].style.color.downgrade(ColorSystem.EIGHT_BIT).number == 231


DRAWS = """
import os, sys
assert sys.__stdout__.isatty() and sys.__stdin__.isatty()
os.write(1, b"begins ")
from tui_torch.drawing.figures.blocks import half_blocks
from tui_torch.drawing.figures.picture import read_picture
from tests.pictures import png
rows = half_blocks(read_picture(png(40, 40)), 20, 10)
rows = half_blocks(read_picture(png(40, 40)), 10, 5)
assert len(rows) == 5
from textual_image._terminal import get_cell_size
os.write(1, b"cells of %d x %d" % get_cell_size())
"""


@pytest.mark.parametrize(("pixels", "cells"), [((0, 0), "10 x 20"), ((640, 384), "8 x 16")])
def test_nothing_is_asked_of_the_terminal_by_what_draws_figures(pixels: tuple[int, int], cells: str) -> None:
    child = pexpect.spawn(
        "/bin/sh", ["-c", 'read go; exec "$0" -c "$1"', sys.executable, DRAWS], echo=False, timeout=60
    )
    fcntl.ioctl(child.child_fd, termios.TIOCSWINSZ, struct.pack("4H", 24, 80, *pixels))
    child.sendline("go")
    child.expect(pexpect.EOF)
    assert child.before == f"begins cells of {cells}".encode()
