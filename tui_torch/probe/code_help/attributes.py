"""What PyTorch writes about the attributes of a class of its own that has no documentation, as Tensor has none."""

from __future__ import annotations

import inspect
import types

from tui_torch.probe.articles import an
from tui_torch.probe.code_help.known import in_class, names_in_class
from tui_torch.probe.code_help.signatures import documentation_of, name_of

_FIRST = ("shape", "ndim", "device", "requires_grad", "grad", "is_leaf", "T", "mT")
"""Those of a tensor that are needed most."""
_MODULE = type.__dict__["__module__"]
"""Asks the class itself, and no code of its class's."""
_READ = (types.GetSetDescriptorType, types.MemberDescriptorType, property)


def about_attributes(expression: str, cls: type) -> str:
    """The first paragraph about each attribute, below a sentence; empty for a class of others, and where there is none.

    Args:
        expression: What was asked about, an instance of the class.
        cls: Its class.
    """
    if not _is_pytorchs(cls):
        return ""
    names = dict.fromkeys(name for name in (*_FIRST, *names_in_class(cls)) if not name.startswith("_"))
    found = {name: text for name in names if (text := _paragraph(name, cls))}
    if not found:
        return ""
    says = (
        f"{expression} is {an(name_of(cls))}. PyTorch has no text about that class as a whole, but about its "
        "attributes, below, and about each of its methods: ask with the name behind a dot."
    )
    return "\n\n".join((says, *(f"{expression}.{name}\n    {text}" for name, text in found.items())))


def _is_pytorchs(cls: type) -> bool:
    module = _MODULE.__get__(cls)
    return type(module) is str and module.partition(".")[0] == "torch"


def _paragraph(name: str, cls: type) -> str:
    """The first paragraph of what is written about an attribute, in one line, without its signature."""
    held = in_class(cls, name)
    attribute = held[0] if held else None
    if type(attribute) not in _READ:
        return ""
    doc = documentation_of(attribute.fget) if type(attribute) is property else attribute.__doc__
    paragraphs = inspect.cleandoc(doc if type(doc) is str else "").split("\n\n")
    said = (" ".join(one.split()) for one in paragraphs if not one.partition("(")[0].endswith(name))
    return next(filter(None, said), "")
