#!/usr/bin/env bash
# torch 2.13.0: the first operation on the `meta` device imports hundreds of modules, sympy among them; which hundreds
# depends on the operation, and a sum imports none.
#
# Expected: shapes are computed in C++; `meta` holds no numbers, so that the first operation on it costs what the second
# does. (That compiling imports much is known.)
# Seen: operations whose shape function is written in Python bring torch._refs, the decompositions or fake tensors along,
# and with them sympy, at the first call in a process: 823 modules for an addition, 487 for a matrix product, none for a
# sum. Later calls import nothing. A program that checks shapes on `meta` while it answers a key waits for that once.
# Output seen:
#   add: more than 400 modules, sympy among them; again: 0
#   matmul: more than 400 modules, sympy among them; again: 0
#   softmax: more than 400 modules, sympy among them; again: 0
#   sum: 0; again: 0
#   empty: 0; again: 0
#   add on the cpu: 0; again: 0
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 numpy
cat > "$folder/program.py" <<'PY'
import sys

import torch

OPERATIONS = {
    "add": lambda x: x + 1,
    "matmul": lambda x: x @ x,
    "softmax": lambda x: x.softmax(-1),
    "sum": lambda x: x.sum(),
    "empty": lambda x: torch.empty(3, 3, device="meta"),
    "add on the cpu": lambda x: torch.ones(3, 3) + 1,
}
name = sys.argv[1]
x = torch.empty(3, 3, device="meta")
counts = []
for _ in range(2):
    before = set(sys.modules)
    OPERATIONS[name](x)
    counts.append(len(set(sys.modules) - before))
first = f"{counts[0]}" if counts[0] <= 400 else "more than 400 modules"
if "sympy" in sys.modules:
    first += ", sympy among them"
print(f"{name}: {first}; again: {counts[1]}")
PY
for name in add matmul softmax sum empty "add on the cpu"; do
    "$folder/venv/bin/python" "$folder/program.py" "$name"
done | tee "$folder/seen"
diff "$folder/seen" - <<'SEEN'
add: more than 400 modules, sympy among them; again: 0
matmul: more than 400 modules, sympy among them; again: 0
softmax: more than 400 modules, sympy among them; again: 0
sum: 0; again: 0
empty: 0; again: 0
add on the cpu: 0; again: 0
SEEN
echo "as described: $("$folder/venv/bin/python" --version), torch 2.13.0"
