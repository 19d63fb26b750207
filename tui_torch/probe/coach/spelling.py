"""How the learner's code can say a name of PyTorch's, with what it has imported."""

from __future__ import annotations

import torch

from tui_torch.probe.source.names_in_scope import NamedValues


def spelled(names: NamedValues, path: str) -> str | None:
    """Return code for something of PyTorch's: `F.nll_loss` of `torch.nn.functional.nll_loss`; None without an import.

    Args:
        names: The names that the code can use.
        path: The full name, which begins with `torch`.
    """
    parts = path.split(".")
    values: list[object] = [torch]
    for part in parts[1:]:
        values.append(getattr(values[-1], part))
    for known in range(len(parts), 0, -1):
        for name, value in list(names.items()):
            if value is values[known - 1] and not name.startswith("_"):
                return ".".join([name, *parts[known:]])
    return None
