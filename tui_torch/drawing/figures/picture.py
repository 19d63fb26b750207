"""Reads the bytes of a picture, small enough to be kept and drawn."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from tui_torch.protocol.late_dataclass import dataclass

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFile import ImageFile

KEPT = 512
"""Maximum width and height in pixels of what is kept: more than the half cells of any terminal."""


class UnreadablePictureError(Exception):
    """What was displayed as a picture cannot be drawn; the message is a sentence that says why."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that can be drawn."""

    width: int
    """Pixels of the picture itself, of which fewer may be kept."""
    height: int
    image: Image
    """RGB, at most so many pixels wide and high as were asked for; what is transparent is white, as in a notebook."""


def read_picture(data: bytes, most: int = KEPT) -> Picture:
    """Read a PNG, a JPEG or the first frame of a GIF, whatever it was said to be.

    Takes milliseconds for a usual figure and seconds for the largest pictures: a thread may call it.

    Args:
        data: Its bytes.
        most: Maximum width and height in pixels of what is kept.

    Raises:
        UnreadablePictureError: It is broken, of another kind, or larger than Pillow's limit.
    """
    opened = _opened(data)
    width, height = opened.size
    try:
        if opened.format == "JPEG":
            opened.draft("RGB", (most, most))
        image = _reduced(opened, most)
    except Exception as error:  # Pillow raises some dozen kinds for broken data
        raise UnreadablePictureError(_broken(error)) from error
    # A photograph on its side is turned by what its camera wrote down.
    if (image.width < image.height) != (width < height) and image.width != image.height:
        width, height = height, width
    return Picture(width, height, image)


def as_png(data: bytes) -> bytes:
    """A picture as the bytes of a PNG: the same bytes, if it is one.

    Raises:
        UnreadablePictureError: As `read_picture`.
    """
    opened = _opened(data)
    if opened.format == "PNG":
        return data
    written = io.BytesIO()
    try:
        opened.convert("RGBA" if "transparency" in opened.info else "RGB").save(written, "PNG")
    except Exception as error:
        raise UnreadablePictureError(_broken(error)) from error
    return written.getvalue()


def _opened(data: bytes) -> ImageFile:
    """The picture with its size and format known, and not one pixel decoded."""
    from PIL import Image
    from PIL.GifImagePlugin import GifImageFile
    from PIL.JpegImagePlugin import JpegImageFile
    from PIL.PngImagePlugin import PngImageFile

    kinds = {b"\x89PNG\r\n\x1a\n": PngImageFile, b"\xff\xd8\xff": JpegImageFile, b"GIF8": GifImageFile}
    kind = next((kind for start, kind in kinds.items() if data.startswith(start)), None)
    if kind is None:
        raise UnreadablePictureError("A figure cannot be drawn: it is no PNG, JPEG or GIF.")
    try:
        # Not `Image.open`, which warns of large pictures on stderr, and tries dozens of formats.
        opened = kind(io.BytesIO(data))
    except Exception as error:
        raise UnreadablePictureError(_broken(error)) from error
    width, height = opened.size
    limit = Image.MAX_IMAGE_PIXELS
    if limit is not None and width * height > limit:
        raise UnreadablePictureError(
            f"A figure of {width:,} x {height:,} pixels is not drawn: up to {limit:,} are. Make it with a lower `dpi`."
        )
    return opened


def _broken(error: Exception) -> str:
    reason = " ".join(str(error).split()).rstrip(".")
    return f"A figure cannot be drawn: its data is broken ({reason or type(error).__name__})."


def _reduced(opened: ImageFile, most: int) -> Image:
    """RGB of at most so many pixels a side, upright and on white."""
    from PIL import Image, ImageOps
    from PIL.Image import Image as AnyImage

    image: AnyImage = opened
    if image.mode.startswith("I") or image.mode == "F":  # 16 bits a pixel
        image = image.convert("I").point(lambda level: level * (1 / 256)).convert("L")
    elif image.mode not in ("L", "RGB", "RGBA"):
        image = image.convert("RGBA" if "A" in image.mode or "transparency" in image.info else "RGB")
    image.thumbnail((most, most), Image.Resampling.LANCZOS)
    image = ImageOps.exif_transpose(image)
    if image.mode == "RGBA":
        white = Image.new("RGBA", image.size, "white")
        white.alpha_composite(image)
        image = white
    return image.convert("RGB")
