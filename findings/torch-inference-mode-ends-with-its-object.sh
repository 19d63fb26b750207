#!/usr/bin/env bash
# PyTorch 2.13.0: inference mode entered by hand ends when its object is freed; no_grad entered by hand does not.
#
# Expected: both change a state of the thread that __enter__ sets and __exit__ puts back, so `torch.inference_mode()
# .__enter__()` at the top of a script or a notebook turns gradients off for the rest of it.
# Seen: inference_mode holds a guard on its object. Without a variable that keeps the object, the mode is over at once,
# with no warning, and tensors made afterwards record gradients; with one, it is over at `del` or when the variable is
# bound again. no_grad stays on until somebody leaves it.
# Output seen:
#   inference mode, object not kept: False
#   inference mode, object kept: True, after del: False
#   grad mode after no_grad, object not kept: False
#   a tensor made then requires grad: False
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.3.5
cat > "$folder/modes.py" <<'PY'
import torch

torch.inference_mode().__enter__()
print(f"inference mode, object not kept: {torch.is_inference_mode_enabled()}")

mode = torch.inference_mode()
mode.__enter__()
kept = torch.is_inference_mode_enabled()
del mode
print(f"inference mode, object kept: {kept}, after del: {torch.is_inference_mode_enabled()}")

torch.no_grad().__enter__()
print(f"grad mode after no_grad, object not kept: {torch.is_grad_enabled()}")
weight = torch.ones(2, requires_grad=True)
print(f"a tensor made then requires grad: {(2 * weight).requires_grad}")
PY
"$folder/venv/bin/python" "$folder/modes.py" | tee "$folder/seen"
diff "$folder/seen" - <<'SEEN'
inference mode, object not kept: False
inference mode, object kept: True, after del: False
grad mode after no_grad, object not kept: False
a tensor made then requires grad: False
SEEN
echo "as described: torch 2.13.0"
