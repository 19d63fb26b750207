"""What Textual is given instead of every name of a class is what it looks for among them."""

from __future__ import annotations

import inspect

import pytest
from textual import dom
from textual.app import App
from textual.binding import Binding, BindingsMap
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input, TextArea

from tui_torch.ui.widget_classes import KeptBindings, make_them_faster, names_of_computes


class _Computed:
    def _compute_depth(self) -> int:
        return 1


class _Wide(_Computed, Input):
    def compute_breadth(self) -> int:
        return 2


@pytest.mark.parametrize("cls", [Widget, App, Screen, Input, TextArea, _Wide])
def test_a_class_computes_what_it_and_its_bases_have_a_method_for(cls: type) -> None:
    every = [name for name in dir(cls) if name.startswith(("compute_", "_compute_"))]
    assert names_of_computes(cls) == every
    assert cls is not _Wide or {"compute_breadth", "_compute_depth"} <= set(every)


def test_textual_asks_for_every_name_of_a_class_where_it_looks_for_computes_and_nowhere_else() -> None:
    source = inspect.getsource(dom)
    assert source.count("dir(") == 1, "Textual uses `dir` for something else: give it all names, in widget_classes.py"
    where = inspect.getsource(dom.DOMNode.__init_subclass__)
    assert "in dir(cls)" in where and '("_compute_", "compute_")' in where


def test_a_widget_that_is_made_then_computes_and_binds_as_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    # What was there is there again afterwards.
    monkeypatch.setattr(dom, "dir", dir, raising=False)
    monkeypatch.setattr(dom, "BindingsMap", BindingsMap)
    make_them_faster()

    class Deep(_Wide):
        def compute_height(self) -> int:
            return 3

    assert {"breadth", "depth", "height"} <= Deep._computes
    assert list(Deep._merged_bindings or ()) == list(Input._merged_bindings or ()) != []


def test_bindings_are_made_once_of_a_list_and_again_of_one_that_has_changed() -> None:
    declared = [Binding("a,b", "go", "Go"), ("c", "stay", "Stay"), Binding("a", "halt", "Halt")]
    first, again = KeptBindings(declared), KeptBindings(declared)
    assert list(first) == list(again) == list(BindingsMap(declared))
    assert first.key_to_bindings["a"][0] is again.key_to_bindings["a"][0]
    first.key_to_bindings["a"].clear()
    assert list(KeptBindings(declared)) == list(BindingsMap(declared))
    declared[1] = ("c", "leave", "Leave")
    assert list(KeptBindings(declared)) == list(BindingsMap(declared))
    assert list(KeptBindings()) == list(KeptBindings([])) == []
