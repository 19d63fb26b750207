"""What a tensor of a shape can be a picture of, and what it looks like by its elements.

An image has 1 or 3 channels, sides that are long enough and near to each other, and numbers as files and PyTorch's
transforms have them: 0 to 255, 0 to 1, or normalized. Where that holds for much else, neighbours have to be alike, too.
"""

from __future__ import annotations

from dataclasses import dataclass

from tui_torch.probe.inspector.pictures.evidence import Evidence
from tui_torch.protocol.orders import Reading

SIDE, LONG_SIDE = 8, 16
"""Minimum rows and columns of an image; the second where its numbers say less."""
CHANNELS = (1, 3, 4)
"""Numbers of channels that an image has: grey, colours, colours with opacity."""
BYTE_RATIO, UNIT_RATIO, NORMALIZED_RATIO = 8.0, 4.0, 2.0
"""How many times as long as the other a side may be; less than the last where the numbers are as layers return them."""
LABELS = 32
"""Integers up to which are labels and not brightness."""
NORMALIZED = (0.9, 6.0)
"""The magnitude that the largest number of a normalized image has: its numbers have a deviation of about 1."""
UNIT = 1 + 1e-6
"""The largest number of an image from 0 to 1, which arithmetic may have rounded."""
WHITE = 0.99
"""The least that the brightest pixel of grey images has, from 0 to 1."""
OPAQUE = 0.5
"""The share of a picture's pixels that are opaque, if its fourth channel is opacity; with channels first, all are."""


@dataclass(frozen=True, slots=True)
class Readings:
    """What elements can be taken for."""

    possible: tuple[Reading, ...]
    """In the order in which a key goes through it, the likeliest first."""
    why: str
    """What speaks for the likeliest, or against an image; empty where nothing does."""
    are_bytes: bool = False
    """Whether it is an image of numbers from 0 to 255 that are no bytes."""


_ONE_OF: dict[Reading, Reading] = {"grid": "image", "grid-last": "image-last"}


def readings_of(
    shape: tuple[int, ...], evidence: Evidence, *, is_parameter: bool = False, is_computed: bool = False
) -> Readings:
    """What elements of a shape can be taken for, the likeliest first.

    Args:
        shape: At least one dimension, none of size 0.
        evidence: What a sample of the elements is like.
        is_parameter: Whether it is a parameter of a module, which is learned and no picture.
        is_computed: Whether it has a graph, so that matrices without a dimension of channels are rather activations.
    """
    found, why = _image(shape, evidence, is_parameter, is_computed)
    one = _ONE_OF.get(found) if found is not None else None
    others: list[Reading] = [reading for reading in _possible(shape, evidence) if reading != found]
    # The images of a grid one by one, the numbers as they are, then what they could be, too.
    others.sort(key=lambda reading: (reading != one, reading not in ("strip", "heatmap")))
    are_bytes = found is not None and _numbers(evidence) == "byte"
    return Readings(tuple([found, *others] if found is not None else others), why, are_bytes)


def tile_axis(shape: tuple[int, ...]) -> int | None:
    """The last dimension before the last two along which there are several matrices; None without one."""
    return next((axis for axis in range(len(shape) - 3, -1, -1) if shape[axis] > 1), None)


def _possible(shape: tuple[int, ...], evidence: Evidence) -> list[Reading]:
    """What elements can be taken for at all, images first."""
    found: list[Reading] = []
    has_colours = evidence.kind not in ("bool", "complex") and evidence.low <= evidence.high
    if has_colours and len(shape) > 2:
        several = any(size > 1 for size in shape[:-3])
        is_opaque, is_opaque_last = evidence.opaque >= 1.0, evidence.opaque_last >= OPAQUE
        if min(shape[-2:]) >= (SIDE if shape[-3] == 4 else 2) and shape[-3] in ((1, 3, 4) if is_opaque else (1, 3)):
            found.extend(("grid", "image") if several else ("image",))
        if min(shape[-3:-1]) >= SIDE and shape[-1] in ((1, 3, 4) if is_opaque_last else (1, 3)):
            found.extend(("grid-last", "image-last") if several else ("image-last",))
    if has_colours and min(shape[-2:], default=0) >= SIDE and len(shape) > 1 and shape[-3:-2] != (1,):
        found.append("grey" if tile_axis(shape) is None else "grey-grid")
    if tile_axis(shape) is not None and min(shape[-2:]) > 1:
        found.append("strip")
    found.append("heatmap")
    return found


def _image(
    shape: tuple[int, ...], evidence: Evidence, is_parameter: bool, is_computed: bool
) -> tuple[Reading | None, str]:
    """The kind of image that the elements look like, None if they do not; and why."""
    if len(shape) < 2 or (len(shape) < 3 and evidence.kind != "uint8"):
        return None, ""
    against = _against(shape, evidence, is_parameter)
    if against:
        return None, against
    several = any(size > 1 for size in shape[:-3])
    if len(shape) > 2:
        if shape[-3] in CHANNELS and (why := _looks(shape[-3], shape[-2:], False, evidence)):
            return "grid" if several else "image", why
        if shape[-1] in CHANNELS and (why := _looks(shape[-1], shape[-3:-1], True, evidence)):
            return "grid-last" if several else "image-last", f"{why}, channels last"
    if len(shape) < 4 and not is_computed and (why := _looks_grey(shape[-2:], evidence)):
        return "grey" if tile_axis(shape) is None else "grey-grid", why
    return None, _missing(shape, evidence)


def _against(shape: tuple[int, ...], evidence: Evidence, is_parameter: bool) -> str:
    """What rules an image out, whatever its shape; empty if nothing does."""
    if is_parameter:
        return "a parameter"
    if evidence.kind == "bool":
        return "True is 1, False 0"
    if evidence.kind == "complex":
        return "magnitudes of complex numbers"
    if evidence.low > evidence.high:
        return "no finite number"
    if evidence.infinite:
        return "some numbers are infinite"
    if evidence.kind != "uint8" and evidence.rows_sum_to_one:
        return "each row sums to 1"
    if evidence.kind != "uint8" and evidence.mirrored:
        return "symmetric or triangular"
    return ""


def _missing(shape: tuple[int, ...], evidence: Evidence) -> str:
    """What an image would have and this has not, where that is one thing."""
    if len(shape) < 3 or shape[-3] not in (1, 3):
        return ""
    shorter, longer = min(shape[-2:]), max(shape[-2:])
    if shorter < SIDE:
        return "too small for an image"
    if longer / shorter > UNIT_RATIO:
        return "too long for an image"
    if not _numbers(evidence):
        return f"{_range(evidence)}: unlike an image's"
    return "" if evidence.smooth or evidence.low == evidence.high else "neighbours are not alike"


def _looks(channels: int, sides: tuple[int, ...], last: bool, evidence: Evidence) -> str:
    """Why channels and sides are those of an image; empty if they are not."""
    smooth = evidence.smooth_last if last else evidence.smooth
    shorter, ratio = min(sides), max(sides) / min(sides)
    if shorter < SIDE:
        return ""
    if channels == 4 and (evidence.opaque_last < OPAQUE if last else evidence.opaque < 1.0):
        return ""
    is_ambiguous = last or channels == 1
    is_constant = evidence.low == evidence.high
    match _numbers(evidence):
        case "uint8":
            # One number alone says nothing, and a shape like that is an image's.
            least = LABELS if channels == 1 else 2
            is_one = ratio <= BYTE_RATIO and (evidence.high >= least or (is_constant and channels > 1))
        case "byte":
            is_one = ratio <= UNIT_RATIO and shorter >= LONG_SIDE and evidence.high >= LABELS
            is_one = is_one and (smooth or (evidence.whole and not is_ambiguous))
        case "unit" if evidence.kind == "float" and not evidence.whole:
            is_one = ratio <= UNIT_RATIO and (not last or smooth)
        case "unit" if evidence.kind == "float" and is_constant:
            is_one = ratio < NORMALIZED_RATIO and channels == 3 and not last and shorter >= LONG_SIDE
        case "unit" if evidence.kind == "float":
            is_one = ratio <= UNIT_RATIO and smooth
        case "normalized":
            is_one = ratio < NORMALIZED_RATIO and shorter >= LONG_SIDE and (smooth or not is_ambiguous)
        case _:
            is_one = False
    if not is_one:
        return ""
    return f"{_range(evidence)}{', normalized' if _numbers(evidence) == 'normalized' else ''}"


def _looks_grey(sides: tuple[int, ...], evidence: Evidence) -> str:
    """Why matrices of these sides are grey images; empty if they are not."""
    if min(sides) < SIDE or max(sides) / min(sides) > UNIT_RATIO or not evidence.smooth:
        return ""
    match _numbers(evidence):
        case "uint8":
            is_one = evidence.high >= LABELS
        case "unit":
            # An image has a white pixel, and an activation that happens to lie in that range ends anywhere.
            is_one = evidence.kind == "float" and evidence.high >= WHITE
        case _:
            is_one = False
    return _range(evidence) if is_one else ""


def _numbers(evidence: Evidence) -> str:
    """How the numbers lie: `uint8`, `byte` (0 to 255), `unit` (0 to 1), `normalized`, or empty."""
    low, high = evidence.low, evidence.high
    if evidence.kind == "uint8":
        return "uint8"
    if low >= 0:
        return "unit" if high <= UNIT else "byte" if high <= 255 else ""
    largest = max(-low, high)
    return "normalized" if evidence.kind == "float" and NORMALIZED[0] <= largest <= NORMALIZED[1] else ""


def _range(evidence: Evidence) -> str:
    low, high = evidence.low, evidence.high
    about = "about " if evidence.sampled else ""
    if low == high:
        return f"all values {about}{_short(low)}"
    return f"values {about}{_short(low)} to {_short(high)}"


def _short(number: float) -> str:
    return f"{number:.0f}" if number == round(number) and abs(number) < 1e6 else f"{number:.3g}"
