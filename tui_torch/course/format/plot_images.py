"""What may stand beside the images of a step's `plot:`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tui_torch.course.problem import Problem


def image_rules(written: Mapping[str, object]) -> Iterator[Problem]:
    """What is wrong with `images`, `labels` and `predictions` as a file has them."""
    has_images, matrix = written.get("images") is not None, written.get("matrix")
    for name in ("labels", "predictions"):
        if written.get(name) is not None and not has_images:
            yield Problem((name,), f"`{name}` stands without `images`, expected the images that have them")
        elif has_images and matrix is not None and written.get(name) is None:
            sentence = (
                f"missing key `{name}`, expected it beside `matrix` and `images`: it says which are in which cell"
            )
            yield Problem((name,), sentence)
    if has_images and isinstance(matrix, Mapping) and "each" in matrix:
        yield Problem(("matrix", "each"), "`each` stands beside `images`, expected one confusion matrix", at_key=True)
