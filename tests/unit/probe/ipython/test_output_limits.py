"""What is printed in turn to two streams is sent within bounds, its first and its last part whole."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tui_torch.probe.ipython.output_limits import DATA_LIMIT, PIECE_SIZE, shortened_pieces, shortened_value

PIECES = st.lists(
    st.tuples(st.sampled_from(["stdout", "stderr"]), st.integers(0, 300).map(lambda size: "x" * size)), min_size=1
)


@settings(deadline=None)
@given(PIECES, st.integers(200, 2_000))
def test_pieces_are_left_as_they_are_or_shortened_to_the_limit(pieces: list[tuple[str, str]], limit: int) -> None:
    seen = shortened_pieces(pieces, limit)
    size = sum(len(text) + PIECE_SIZE for _, text in pieces)
    if size <= limit or (len(pieces) == 1 and len(pieces[0][1]) <= limit):
        assert seen == pieces
        return
    # What says how much is left out has 40 characters itself.
    assert sum(len(text) for _, text in seen) <= limit + 2 * 50
    if len(seen) < len(pieces):
        [(_, said)] = [piece for piece in seen if "left out" in piece[1]][:1]
        assert said.startswith("\n[") or len(said) < limit


def test_of_many_pieces_the_first_and_the_last_stay() -> None:
    pieces = [(("stdout", "stderr")[number % 2], f"{number}\n") for number in range(1_000)]
    seen = shortened_pieces(pieces, 4_000)
    first = [piece for piece in seen if piece in pieces]
    assert first[0] == pieces[0] and first[-1] == pieces[-1]
    left = sum(len(text) for piece in pieces if piece not in seen for text in [piece[1]])
    assert [text for _, text in seen if "left out" in text] == [f"\n[{left:,} characters are left out here]\n"]


def test_of_a_value_texts_are_shortened_and_data_that_is_too_large_is_left_out_and_said() -> None:
    png, json = b"\x89PNG", {"a": 1}
    assert shortened_value({"text/plain": "a", "image/png": png, "application/json": json, "text/x": 5}) == {
        "text/plain": "a",
        "image/png": png,
        "application/json": json,
        "text/x": 5,
    }
    large = bytes(DATA_LIMIT + 1)
    said = "[image/png of 50 MB is left out: up to 50 MB are shown]"
    assert shortened_value({"text/plain": "<Figure>", "image/png": large}) == {"text/plain": f"<Figure>\n{said}"}
    assert shortened_value({"image/png": large}) == {"text/plain": said}
    assert len(shortened_value({"text/html": "x" * 1_000_000})["text/html"]) < 210_000
