"""A picture that code displays is read whatever its kind, and what is none is told in a sentence."""

from __future__ import annotations

import io
import struct
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.pictures import RED, WHITE, chunk, png, png_of
from tui_torch.drawing.figures.picture import KEPT, UnreadablePictureError, as_png, read_picture


def written(kind: str, image: Image.Image, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def test_a_png_has_its_size_and_its_colours() -> None:
    picture = read_picture(png(3, 2, lambda x, y: (10 * x, 100 * y, 7)))
    assert (picture.width, picture.height) == (3, 2)
    assert [picture.image.getpixel((x, y)) for y in range(2) for x in range(3)] == [
        (0, 0, 7),
        (10, 0, 7),
        (20, 0, 7),
        (0, 100, 7),
        (10, 100, 7),
        (20, 100, 7),
    ]


@pytest.mark.parametrize("kind", ["JPEG", "GIF", "PNG"])
def test_each_kind_that_notebooks_send_is_read_by_its_bytes(kind: str) -> None:
    picture = read_picture(written(kind, Image.new("RGB", (40, 20), (200, 30, 30))))
    red, green, blue = picture.image.getpixel((20, 10))  # type: ignore[misc]
    assert (picture.width, picture.height) == (40, 20)
    assert abs(red - 200) < 8 and abs(green - 30) < 8 and abs(blue - 30) < 8


@pytest.mark.parametrize(
    ("data", "seen"),
    [
        pytest.param(png_of(1, 1, 8, 6, bytes((0, 255, 0, 0, 0))), WHITE, id="nothing but transparent"),
        pytest.param(png_of(1, 1, 8, 6, bytes((0, 0, 0, 0, 128))), (127, 127, 127), id="half transparent"),
        pytest.param(png_of(1, 1, 8, 4, bytes((0, 0, 0))), WHITE, id="grey and transparent"),
        pytest.param(png_of(1, 1, 16, 0, bytes((0, 128, 0))), (128, 128, 128), id="grey in 16 bits"),
        pytest.param(png_of(1, 1, 1, 0, bytes((0, 128))), WHITE, id="one bit"),
        pytest.param(
            png_of(1, 1, 8, 3, bytes((0, 1)), chunk(b"PLTE", bytes((9, 9, 9, 255, 0, 0)))), RED, id="a palette"
        ),
        pytest.param(
            png_of(1, 1, 8, 3, bytes((0, 0)), chunk(b"PLTE", bytes((9, 9, 9))), chunk(b"tRNS", b"\0")),
            WHITE,
            id="a transparent palette",
        ),
        pytest.param(written("JPEG", Image.new("CMYK", (16, 16), (0, 0, 0, 0))), WHITE, id="inks"),
    ],
)
def test_every_way_to_store_a_pixel_is_a_colour_on_white(data: bytes, seen: tuple[int, int, int]) -> None:
    assert read_picture(data).image.getpixel((0, 0)) == seen


def test_of_a_large_picture_no_more_is_kept_than_a_terminal_shows() -> None:
    picture = read_picture(written("PNG", Image.new("RGB", (3000, 1000), "red")))
    assert (picture.width, picture.height) == (3000, 1000)
    assert picture.image.size == (KEPT, KEPT // 3 + 1)


def test_a_photograph_on_its_side_is_turned() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    picture = read_picture(written("JPEG", Image.new("RGB", (40, 20)), exif=exif))
    assert (picture.width, picture.height) == picture.image.size == (20, 40)


def reason(data: bytes) -> str:
    with pytest.raises(UnreadablePictureError) as caught:
        read_picture(data)
    return str(caught.value)


@pytest.mark.parametrize("data", [b"", b"no picture", b"<svg/>", b"BM" + bytes(60), b"\x89PNG"])
def test_what_is_of_another_kind_is_told_so(data: bytes) -> None:
    assert reason(data) == "A figure cannot be drawn: it is no PNG, JPEG or GIF."


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_a_picture_that_is_cut_or_altered_is_a_picture_or_a_sentence(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(["PNG", "JPEG", "GIF"]))
    whole = written(kind, Image.linear_gradient("L").resize((24, 24)))
    place = data.draw(st.integers(0, len(whole) - 1))
    altered = whole[:place] if data.draw(st.booleans()) else whole[:place] + b"\xff" + whole[place + 1 :]
    try:
        picture = read_picture(altered)
    except UnreadablePictureError as error:
        assert str(error).startswith(("A figure cannot be drawn: ", "A figure of "))
        assert str(error).endswith(".") and "\n" not in str(error)
    else:
        assert max(picture.image.size) <= KEPT


def test_a_picture_of_more_pixels_than_pillow_takes_is_refused_before_one_is_decoded() -> None:
    header = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    huge = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")
    said = reason(huge)
    assert said == (
        f"A figure of 100,000 x 100,000 pixels is not drawn: up to {Image.MAX_IMAGE_PIXELS:,} are. "
        "Make it with a lower `dpi`."
    )


def test_a_png_is_saved_as_it_is_and_others_become_one() -> None:
    red = png(4, 4)
    assert as_png(red) is red
    for kind in ("JPEG", "GIF"):
        saved = Image.open(io.BytesIO(as_png(written(kind, Image.new("RGB", (4, 4), "red")))))
        assert (saved.format, saved.size) == ("PNG", (4, 4))
    with pytest.raises(UnreadablePictureError):
        as_png(b"none")
