"""Without PyTorch, names are told without running a line of their code."""

from __future__ import annotations

from typing import Any

from tui_torch.probe.attached.plain_names import NAMES, plain_inspection


class Hostile:
    """Raises at whatever is asked of it."""

    def __getattribute__(self, name: str) -> Any:
        raise AssertionError(name)

    def __repr__(self) -> str:
        raise AssertionError

    def __len__(self) -> int:
        raise AssertionError


def told(**names: object) -> dict[str, tuple[str, str]]:
    return {one.name: (one.type, one.text) for one in plain_inspection(names).variables}


def test_plain_values_have_their_text_and_containers_their_size() -> None:
    assert told(n=3, x=0.5, s="ab\n", none=None, items=[1], more={1: 2, 3: 4}) == {
        "n": ("int", "3"),
        "x": ("float", "0.5"),
        "s": ("str", r"'ab\n'"),
        "none": ("NoneType", "None"),
        "items": ("list", "1 item"),
        "more": ("dict", "2 items"),
    }


def test_what_is_ipythons_a_function_a_class_or_a_module_is_left_out() -> None:
    assert told(In=[], Out={}, _=1, f=told, cls=Hostile, os=__import__("os"), x=1) == {"x": ("int", "1")}


def test_what_raises_is_told_by_its_class() -> None:
    assert told(it=Hostile()) == {"it": ("Hostile", "")}


def test_what_is_huge_takes_no_time() -> None:
    assert told(n=1 << 10**6, s="x" * 10**7) == {"n": ("int", "a large integer"), "s": ("str", "'" + "x" * 198 + "…")}
    many = plain_inspection({f"n{at}": at for at in range(NAMES + 3)})
    assert (len(many.variables), many.omitted) == (NAMES, 3)


def test_a_text_that_is_no_unicode_is_told() -> None:
    assert told(s="\ud800") == {"s": ("str", r"'\ud800'")}
