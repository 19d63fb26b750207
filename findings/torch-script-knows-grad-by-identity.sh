#!/usr/bin/env bash
# torch 2.13.0: torch.jit.script compiles a call of torch.autograd.grad only while the name leads to PyTorch's own
# function object. A wrapper by functools.wraps, as tracers and profilers put in its place, is compiled as Python code,
# which fails in PyTorch's own source, far from the script and from the wrapper.
#
# Expected: a wrapper made by functools.wraps is taken for what it wraps, or refused with its own name.
# Seen: the compiler goes on into torch/autograd/__init__.py and refuses an annotation there. A script that was compiled
# before the wrapper came goes on working.
# Output seen:
#   PyTorch's own: gives [2.0, 2.0]
#   a wrapper: UnsupportedNodeError
#   the sentence names the wrapper: False
#   it names a line of PyTorch's: True
#   the script compiled before: gives [2.0, 2.0]
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 numpy
cat > "$folder/scripts.py" <<'PY'
import functools
import warnings

import torch

warnings.simplefilter("ignore")


def slope(x: torch.Tensor):
    return torch.autograd.grad([(x * x).sum()], [x])


def slope_again(x: torch.Tensor):
    return torch.autograd.grad([(x * x).sum()], [x])


first = torch.jit.script(slope)
print("PyTorch's own: gives", first(torch.ones(2, requires_grad=True))[0].tolist())
own = torch.autograd.grad


@functools.wraps(own)
def counted(*arguments, **options):
    return own(*arguments, **options)


torch.autograd.grad = counted
try:
    torch.jit.script(slope_again)
    print("a wrapper: is compiled")
except Exception as error:
    print("a wrapper:", type(error).__name__)
    print("the sentence names the wrapper:", "counted" in str(error))
    print("it names a line of PyTorch's:", "inputs_tuple" in str(error))
print("the script compiled before: gives", first(torch.ones(2, requires_grad=True))[0].tolist())
PY
"$folder/venv/bin/python" "$folder/scripts.py" | tee "$folder/seen"
diff "$folder/seen" - <<'SEEN'
PyTorch's own: gives [2.0, 2.0]
a wrapper: UnsupportedNodeError
the sentence names the wrapper: False
it names a line of PyTorch's: True
the script compiled before: gives [2.0, 2.0]
SEEN
echo "as described: $("$folder/venv/bin/python" --version), torch 2.13.0"
