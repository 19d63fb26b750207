"""What is said of a picture: what its elements are taken for, why, and how much of it is on the screen."""

from __future__ import annotations

from tui_torch.drawing.text import numbers
from tui_torch.protocol.orders import Reading
from tui_torch.protocol.views import PictureView

_NEXT: dict[Reading, str] = {
    "heatmap": "as a heatmap",
    "strip": "its matrices side by side",
    "image": "as an image",
    "image-last": "as an image, channels last",
    "grey": "as a grey image",
    "grid": "as images",
    "grid-last": "as images, channels last",
    "grey-grid": "as grey images",
}
"""What a key changes a picture to."""


def reading_sentence(view: PictureView, key: str, times: str) -> str:
    """What the elements are taken for, why, and what the key does: `read as an image: 3×32×32, values 0 to 1; m: …`.

    Empty for a matrix that is nothing else, of which its size is enough.

    Args:
        view: The picture.
        key: The key that goes on to the next reading.
        times: The sign between two sizes.
    """
    if not view.readings or _is_plain(view):
        return ""
    said = _taken_for(view, times)
    # Of what the learner chose, that is the reason.
    if view.why and view.reading == view.readings[0]:
        said += f", {view.why}"
    following = next_reading(view)
    return f"{said}; {key}: {next_words(view.reading, following)}" if following is not None else said


def next_reading(view: PictureView) -> Reading | None:
    """The reading that a key goes on to; None if there is only one."""
    if len(view.readings) < 2:
        return None
    return view.readings[(view.readings.index(view.reading) + 1) % len(view.readings)]


def next_words(now: Reading, following: Reading) -> str:
    """What a key changes a picture to."""
    is_one_of = (now, following) in (("grid", "image"), ("grid-last", "image-last"), ("strip", "heatmap"))
    return "one at a time" if is_one_of else _NEXT[following]


def _taken_for(view: PictureView, times: str) -> str:
    size = times.join(map(str, view.size))
    own = 2 if view.reading.startswith("grey") else 3
    each = size if own == 2 else times.join(map(str, view.shape[-own:]))
    total = view.tiles.total if view.tiles is not None else 1
    last = ", channels last" if view.reading.endswith("-last") and "channels last" not in view.why else ""
    match view.reading:
        case "heatmap" if len(view.shape) < 3:
            return size
        case "heatmap":
            return f"drawn as a heatmap: {size} of {times.join(map(str, view.shape))}"
        case "strip":
            return f"drawn as {numbers.counted(total, 'heatmap')}: {size} each"
        case "image" | "image-last":
            return f"read as an image: {each}{last}"
        case "grey":
            return f"read as a grey image: {each}"
        case "grid" | "grid-last":
            return f"read as {numbers.counted(total, 'image')}: {each} each{last}"
        case "grey-grid":
            return f"read as {numbers.counted(total, 'grey image')}: {each} each"


def _is_plain(view: PictureView) -> bool:
    return len(view.readings) < 2 and len(view.shape) < 3


def detail_sentence(view: PictureView, times: str) -> str:
    """How many elements a cell stands for, and what is black and white; empty where nothing is reduced.

    Of a matrix that is nothing else, it is its size, too.
    """
    rows, columns = view.size
    parts: list[str] = []
    if _is_plain(view):
        parts.append(f"{rows:,}{times}{columns:,}")
    height = view.tiles.height if view.tiles is not None else len(view.rows)
    cells = height, len(view.rows[0]) // (6 if view.image else 2)
    if cells != view.size:
        each = f"{_ratio(rows, cells[0])}{times}{_ratio(columns, cells[1])}"
        parts.append(f"a cell is the mean of {each}" if view.exact else f"a cell is the mean of some of {each}")
    is_usual = (view.low, view.high) in ((0, 1), (0, 255))
    if view.image and view.low is not None and view.high is not None and not is_usual:
        parts.append(f"black is {numbers.rounded(view.low)}, white {numbers.rounded(view.high)}")
    return ", ".join(parts)


def shown_tiles(view: PictureView, ascii: bool) -> str:
    """Which of several pictures are on the screen, where they are not all: `0–27 of 64`."""
    tiles = view.tiles
    if tiles is None or tiles.pages < 2:
        return ""
    last = tiles.first + len(view.rows) // tiles.height - 1
    numbers_shown = f"{tiles.first}" if last == tiles.first else f"{tiles.first}{'-' if ascii else '–'}{last}"
    return f"{numbers_shown} of {tiles.total:,}"


def _ratio(size: int, cells: int) -> str:
    return f"{size / cells:.3g}"
