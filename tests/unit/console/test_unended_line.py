"""What is written again below a line of ours is what a command has left in the line of the cursor."""

from __future__ import annotations

import pytest

from tui_torch.console.training.unended_line import UnendedLine


@pytest.mark.parametrize(
    ("output", "left"),
    [
        ((b"name? ",), "name? "),
        ((b"one\n", b"two: "), "two: "),
        ((b"one\ntw", b"o"), "two"),
        ((b"all\r\n",), ""),
        ((b" 10%", b"\r 20%", b"\r 30%"), "\r 30%"),
        ((b" 10%\r",), " 10%\r"),
        (("größe: ".encode()[:3],), "gr"),
    ],
)
def test_a_line_without_an_end_is_known_as_it_stands(output: tuple[bytes, ...], left: str) -> None:
    line = UnendedLine()
    for piece in output:
        line.add(piece)
    assert line.text == left
