#!/usr/bin/env bash
# PyTorch 2.13.0: a product of a meta tensor and a CPU tensor is no error, and which of the two gives its device depends
# on the operation.
#
# Expected: two devices in one operation are an error, as they are for `+`, `cat`, `mv` and `mse_loss`.
# Seen: mm, addmm and linear return a tensor on the device of the first operand, bmm on that of the second, so that
# einsum and matmul of three dimensions, which call bmm, swap it too. Where the result is on the CPU it is an ordinary
# tensor whose numbers nothing has computed. Half a model left on `meta` after loading can pass that way unnoticed.
# Output seen:
#   a + b        meta, cpu: RuntimeError    cpu, meta: RuntimeError
#   mv           meta, cpu: RuntimeError    cpu, meta: RuntimeError
#   mm           meta, cpu: meta            cpu, meta: cpu
#   addmm        meta, cpu: meta            cpu, meta: cpu
#   linear       meta, cpu: meta            cpu, meta: cpu
#   bmm          meta, cpu: cpu             cpu, meta: meta
#   matmul in 3D meta, cpu: cpu             cpu, meta: meta
#   einsum       meta, cpu: cpu             cpu, meta: meta
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.3.5
cat > "$folder/devices.py" <<'PY'
import torch
from torch.nn.functional import linear

OPERATIONS = {
    "a + b": lambda a, b: a + b,
    "mv": lambda a, b: torch.mv(a, b[0]),
    "mm": torch.mm,
    "addmm": lambda a, b: torch.addmm(torch.zeros(3, device=a.device), a, b),
    "linear": linear,
    "bmm": lambda a, b: torch.bmm(a[None], b[None]),
    "matmul in 3D": lambda a, b: a.expand(2, 3, 3) @ b.expand(2, 3, 3),
    "einsum": lambda a, b: torch.einsum("ij,jk->ik", a, b),
}


def device_of(operation, a, b):
    try:
        return operation(a, b).device.type
    except RuntimeError as error:
        assert "is not on the expected device" in str(error), error
        return "RuntimeError"


meta, cpu = torch.ones(3, 3, device="meta"), torch.ones(3, 3)
for name, operation in OPERATIONS.items():
    first, second = device_of(operation, meta, cpu), device_of(operation, cpu, meta)
    print(f"{name:12} meta, cpu: {first:15} cpu, meta: {second}")
PY
"$folder/venv/bin/python" "$folder/devices.py" | tee "$folder/seen"
diff "$folder/seen" - <<'SEEN'
a + b        meta, cpu: RuntimeError    cpu, meta: RuntimeError
mv           meta, cpu: RuntimeError    cpu, meta: RuntimeError
mm           meta, cpu: meta            cpu, meta: cpu
addmm        meta, cpu: meta            cpu, meta: cpu
linear       meta, cpu: meta            cpu, meta: cpu
bmm          meta, cpu: cpu             cpu, meta: meta
matmul in 3D meta, cpu: cpu             cpu, meta: meta
einsum       meta, cpu: cpu             cpu, meta: meta
SEEN
echo "as described: torch 2.13.0"
