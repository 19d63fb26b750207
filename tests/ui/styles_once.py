"""Styles are parsed, and looked for, once for all the apps of a test process.

Each app parses all of its styles again, Textual's and ours, and then looks through them for every widget: a third of
what a test of the app takes. All apps have the same styles, and most widgets stand in the same place.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from textual.css.model import RuleSet, SelectorType
from textual.css.styles import RulesMap
from textual.css.stylesheet import Stylesheet
from textual.dom import DOMNode
from textual.widget import Widget

from tui_torch.ui.textual_internals import RememberingStylesheet

FLAGS = ("_has_hover_style", "_has_focus_within", "_has_order_style", "_has_odd_or_even")
"""What a stylesheet notes in each node besides its styles."""

OF_APP = {"dark", "light", "inline", "ansi", "nocolor"}
"""Pseudo-classes that an app and all of its widgets have, or none."""
OF_ALL_AROUND = {"disabled", "enabled"}
"""Pseudo-classes for which Textual asks each widget around a widget, up to the app."""

TOLD = {"display", "overflow_x", "overflow_y", "pointer"}
"""Rules of which somebody is told though the widget is not mounted."""

apply, replace_rules = Stylesheet.apply, Stylesheet.replace_rules
parse_rules, parse = Stylesheet._parse_rules, Stylesheet.parse
asked_by = RememberingStylesheet._asked_by


class AskedByRules:
    """What some rules may ask of a node and of those around it, besides their types."""

    def __init__(self, rules: set[RuleSet]) -> None:
        chosen = [one for rule in rules for selectors in rule.selector_set for one in selectors.selectors]
        self._classes = {one.name for one in chosen if one.type is SelectorType.CLASS}
        self._ids = {one.name for one in chosen if one.type is SelectorType.ID}
        asked = set[str]().union(*(one.pseudo_classes for one in chosen))
        self._of_app = sorted(asked & OF_APP)
        self._is_of_all_around = not asked.isdisjoint(OF_ALL_AROUND)
        self._pseudo_classes = sorted(asked - OF_APP - OF_ALL_AROUND)

    def answers(self, node: DOMNode) -> Hashable:
        """Nodes with equal answers have the same styles."""
        path = node.css_path_nodes
        return (
            tuple(path[0].has_pseudo_class(name) for name in self._of_app),
            tuple(
                (
                    type(one),
                    one.id if one.id in self._ids else None,
                    frozenset(one._classes & self._classes),
                    tuple(one.has_pseudo_class(name) for name in self._pseudo_classes),
                    self._is_of_all_around and isinstance(one, Widget) and one.disabled,
                )
                for one in path
            ),
        )


class RulesFound:
    """What has been found in the rules of some apps.

    Args:
        sheet: The stylesheet of one of them. All have the same list of rules, for `parse_once` sees to it.
    """

    def __init__(self, sheet: Stylesheet) -> None:
        self.rules = sheet.rules
        self._rules_map = sheet.rules_map
        self._asked: dict[Hashable, AskedByRules] = {}
        self._found: dict[Hashable, tuple[RulesMap | None, list[bool]]] = {}
        self._first: dict[Hashable, RulesMap] = {}
        """What the rules that were found are in a widget, but for those that are told."""

    def apply(self, sheet: Stylesheet, node: DOMNode, animate: bool) -> None:
        kind = (type(node), node.id, frozenset(node._classes))
        asked = self._asked.get(kind)
        if asked is None:
            named = {rule for name in node._selector_names for rule in self._rules_map.get(name, ())}
            asked = self._asked[kind] = AskedByRules(named)
        key = (kind, asked.answers(node))
        if key not in self._found:
            self._found[key] = self._look(sheet, node, animate)
            return
        rules, flags = self._found[key]
        for name, flag in zip(FLAGS, flags, strict=True):
            setattr(node, name, flag)
        if rules is not None:
            if animate or node._is_mounted or node.styles.base._rules:
                sheet.replace_rules(node, rules, animate=animate)
            else:
                self._begin(sheet, node, rules, key)
        sheet._process_component_classes(node)

    def _begin(self, sheet: Stylesheet, node: DOMNode, rules: RulesMap, key: Hashable) -> None:
        """Give a widget its first rules, before it is mounted: each is set and checked for the first widget alone."""
        base = node.styles.base
        if key not in self._first:
            sheet.replace_rules(node, rules)
            self._first[key] = {name: value for name, value in base.get_rules().items() if name not in TOLD}  # type: ignore
            return
        base.merge_rules(self._first[key])
        for name in rules.keys() & TOLD:
            setattr(base, name, rules.get(name))
        node.notify_style_update()

    def _look(self, sheet: Stylesheet, node: DOMNode, animate: bool) -> tuple[RulesMap | None, list[bool]]:
        """Have Textual do it, and see what it finds."""
        found: list[RulesMap] = []

        def replace(_: type[Stylesheet], target: DOMNode, rules: RulesMap, animate: bool = False) -> None:
            if target is node:
                found.append(rules)
            replace_rules(target, rules, animate)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Stylesheet, "replace_rules", classmethod(replace))
            apply(sheet, node, animate=animate)
        return found[0] if found else None, [getattr(node, name) for name in FLAGS]


@contextmanager
def styled_once() -> Iterator[None]:
    """Meanwhile, an app has the styles of the apps before it."""
    parsed: dict[object, list[RuleSet]] = {}
    sorted_out: dict[object, tuple[list[RuleSet], dict[str, list[RuleSet]]]] = {}
    found: dict[int, RulesFound] = {}

    def parse_rules_once(sheet: Stylesheet, *given: Any, **named: Any) -> list[RuleSet]:
        key = (given, frozenset(named.items()), frozenset(sheet._variables.items()))
        if key not in parsed:
            parsed[key] = parse_rules(sheet, *given, **named)
        return parsed[key]

    def parse_once(sheet: Stylesheet) -> None:
        key = (tuple(sheet.source.items()), frozenset(sheet._variables.items()))
        if key in sorted_out:
            sheet._rules, sheet._rules_map = sorted_out[key]
            sheet._require_parse = False
        else:
            parse(sheet)
            sorted_out[key] = sheet.rules, sheet.rules_map

    def apply_once(sheet: Stylesheet, node: DOMNode, *, animate: bool = False, cache: object = None) -> None:
        rules = sheet.rules
        if id(rules) not in found:  # which holds them, so that no other list has the number
            found[id(rules)] = RulesFound(sheet)
        found[id(rules)].apply(sheet, node, animate)

    asked: dict[tuple[int, object], Any] = {}
    asked_for_rules: dict[tuple[object, frozenset[RuleSet]], Any] = {}

    def asked_by_once(sheet: RememberingStylesheet, kind: object, names: Callable[[], Iterable[str]]) -> Any:
        key = (id(sheet.rules), kind)  # lists of rules are kept in `sorted_out`
        if key not in asked:
            one = asked_by(sheet, kind, names)
            asked[key] = asked_for_rules.setdefault((kind, frozenset(one.rules)), one)
        return asked[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RememberingStylesheet, "_asked_by", asked_by_once)
        patch.setattr(Stylesheet, "_parse_rules", parse_rules_once)
        patch.setattr(Stylesheet, "parse", parse_once)
        patch.setattr(Stylesheet, "apply", apply_once)
        yield
