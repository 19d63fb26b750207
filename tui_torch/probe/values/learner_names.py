"""Which names of a namespace are the learner's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tui_torch.probe.values.summary import is_shown

# IPython's own names, which every namespace of its has.
_IPYTHON = {"In", "Out", "exit", "quit", "get_ipython", "open"}


def learner_variables(namespace: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """Names and values that an inspection shows, in the order in which the names were first bound."""
    for name, value in tuple(namespace.items()):
        if type(name) is str and not name.startswith("_") and name not in _IPYTHON and is_shown(value):
            yield name, value
