#!/usr/bin/env bash
# torch 2.13.0: clip_grad_value_ raises where no parameter has a gradient; clip_grad_norm_ takes that for a norm of 0.
#
# Expected: both leave parameters without gradients alone, as their loops (`if p.grad is not None`) say: a frozen part
# of a model, or a model before its first backward, has nothing to clip.
# Seen: clip_grad_norm_ gives tensor(0.). clip_grad_value_ hands an empty list on to the grouping by device, which
# raises a RuntimeError that speaks of tensors nobody passed. One parameter with a gradient among them is enough for
# it to pass over the others.
# Output seen:
#   no gradient yet: clip_grad_norm_ gives 0.0
#   no gradient yet: clip_grad_value_ raises RuntimeError
#   a frozen layer: clip_grad_norm_ gives 0.0
#   a frozen layer: clip_grad_value_ raises RuntimeError
#   one of two layers has a gradient: clip_grad_norm_ gives 2.0
#   one of two layers has a gradient: clip_grad_value_ gives None
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 numpy
cat > "$folder/clips.py" <<'PY'
import torch
from torch import nn
from torch.nn.utils import clip_grad_norm_, clip_grad_value_


def say(where, model):
    for clip in (clip_grad_norm_, clip_grad_value_):
        try:
            given = clip(model.parameters(), 1.0)
            print(f"{where}: {clip.__name__} gives {given if given is None else float(given)}")
        except RuntimeError as error:
            print(f"{where}: {clip.__name__} raises {type(error).__name__}")


say("no gradient yet", nn.Linear(2, 1))
frozen = nn.Linear(2, 1).requires_grad_(False)
(frozen(torch.ones(1, 2)).sum() + torch.zeros(1, requires_grad=True)).backward()
say("a frozen layer", frozen)
half = nn.ModuleList([nn.Linear(2, 1).requires_grad_(False), nn.Linear(3, 1)])
half[1](torch.ones(1, 3)).sum().backward()
say("one of two layers has a gradient", half)
PY
"$folder/venv/bin/python" "$folder/clips.py" | tee "$folder/seen"
diff "$folder/seen" - <<'SEEN'
no gradient yet: clip_grad_norm_ gives 0.0
no gradient yet: clip_grad_value_ raises RuntimeError
a frozen layer: clip_grad_norm_ gives 0.0
a frozen layer: clip_grad_value_ raises RuntimeError
one of two layers has a gradient: clip_grad_norm_ gives 2.0
one of two layers has a gradient: clip_grad_value_ gives None
SEEN
echo "as described: $("$folder/venv/bin/python" --version), torch 2.13.0"
