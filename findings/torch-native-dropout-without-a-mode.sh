#!/usr/bin/env bash
# PyTorch 2.13.0: `native_dropout(x, p, None)` scales what it keeps, and its gradient is not scaled.
#
# Expected: `train` is optional; whatever None means, the gradient of what is kept is the factor that it was multiplied by.
# Seen: The forward pass takes None for True: it drops, and multiplies by 1 / (1 - p). The backward pass takes it for
# False, and passes the gradient on unscaled: with p = 0.75 it is a quarter of the true one, without an error.
# Output seen:
#   train=True : kept 1.0 became 4.0, its gradient is 4.0; dropped: some
#   train=None : kept 1.0 became 4.0, its gradient is 1.0; dropped: some
#   train=False: kept 1.0 became 1.0, its gradient is 1.0; dropped: none
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.3.5
cat > "$folder/dropout.py" <<'PY'
import torch

for train in (True, None, False):
    x = torch.ones(1000, requires_grad=True)
    result, kept = torch.native_dropout(x, 0.75, train)
    (gradient,) = torch.autograd.grad(result.sum(), x)
    (became,), (passed,) = result[kept].unique().tolist(), gradient[kept].unique().tolist()
    dropped = "none" if kept.all() else "some"
    print(f"train={train!s:5}: kept 1.0 became {became}, its gradient is {passed}; dropped: {dropped}")
PY
"$folder/venv/bin/python" "$folder/dropout.py" | tee "$folder/seen"
diff "$folder/seen" - <<'SEEN'
train=True : kept 1.0 became 4.0, its gradient is 4.0; dropped: some
train=None : kept 1.0 became 4.0, its gradient is 1.0; dropped: some
train=False: kept 1.0 became 1.0, its gradient is 1.0; dropped: none
SEEN
echo "as described: $("$folder/venv/bin/python" --version), torch 2.13.0"
