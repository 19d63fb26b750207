"""Which names of a namespace are the learner's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tui_torch.probe.values.summary import ALWAYS_SHOWN, is_shown

# IPython's own names, which every namespace of its has.
_IPYTHON = {"In", "Out", "exit", "quit", "get_ipython", "open"}


def may_be_learners(name: str) -> bool:
    """Whether a name is shown if it is bound to a value that is."""
    return name[:1] != "_" and name not in _IPYTHON


def learner_variables(namespace: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """Names and values that an inspection shows, in the order in which the names were first bound."""
    for name, value in tuple(namespace.items()):
        if type(name) is str and may_be_learners(name) and (type(value) in ALWAYS_SHOWN or is_shown(value)):
            yield name, value
