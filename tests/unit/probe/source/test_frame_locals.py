"""Which names a frame has, on every Python."""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any

import pytest

from tui_torch.probe.source.frame_locals import has_own_names, local_names


def frames_within(code: str, *namespaces: Any) -> dict[str, tuple[bool, dict[str, object]]]:
    """Whether each frame from where the code calls `look()` has names of its own, and which, by its function's name."""
    found: dict[str, tuple[bool, dict[str, object]]] = {}

    def look() -> None:
        frame: FrameType | None = sys._getframe(1)
        while frame is not None and frame.f_code.co_filename == "<code>":
            found[frame.f_code.co_name] = has_own_names(frame), local_names(frame)
            frame = frame.f_back

    exec(compile(code, "<code>", "exec"), {"look": look}, *namespaces)
    return found


@pytest.mark.parametrize("code", ["look()", "[look() for n in range(1)]", "[[look() for m in '1'] for n in '2']"])
def test_a_module_has_no_names_of_its_own_within_a_comprehension_either(code: str) -> None:
    assert frames_within(f"n = 1\n{code}")["<module>"][0] is False


@pytest.mark.parametrize("code", ["look()", "[look() for n in range(1)]"])
def test_a_function_and_a_class_body_have_names_of_their_own(code: str) -> None:
    within = frames_within(f"def f(x):\n    {code}\nclass A:\n    y = 2\n    {code}\n    f(1)")
    assert within["f"][0] is True and within["f"][1]["x"] == 1
    assert within["A"][0] is True


def test_code_that_was_given_names_has_names_of_its_own() -> None:
    assert frames_within("a = 1\nlook()", {"b": 2})["<module>"] == (True, {"a": 1, "b": 2})


def test_a_mapping_that_code_was_given_is_not_asked() -> None:
    class Names(dict[str, Any]):
        def __contains__(self, name: object) -> bool:
            raise AssertionError("asked")

        def keys(self) -> Any:
            raise AssertionError("asked")

    assert frames_within("a = 1\nlook()", Names())["<module>"] == (True, {})
