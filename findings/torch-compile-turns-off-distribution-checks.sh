#!/usr/bin/env bash
# PyTorch 2.13.0: compiling any function turns off the checks of distributions' parameters, in the whole process.
#
# Expected: torch.compile changes how the compiled function runs, and nothing of code that is not compiled. (`python -O` is
# the documented way to do without the checks; `Distribution.set_default_validate_args` the explicit one.)
# Seen: The first call of a compiled function, whatever it computes and whichever the backend, sets the class's default to
# not validate. From then on a normal distribution of a negative scale is accepted, and gives the logarithm of a density
# that is NaN. An optimizer's step, which imports torch._dynamo too, does not do so.
# Output seen:
#   at first              : refused, default True
#   after optimizer.step(): refused, default True
#   after torch.compile   : accepted, log_prob nan, default False
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.3.5
cat > "$folder/checks.py" <<'PY'
import torch


def said():
    try:
        normal = torch.distributions.Normal(0.0, torch.tensor(-1.0))
    except ValueError:
        result = "refused"
    else:
        result = f"accepted, log_prob {normal.log_prob(torch.tensor(0.5)).item()}"
    return f"{result}, default {torch.distributions.Distribution._validate_args}"


print(f"at first              : {said()}")
weight = torch.ones(2, requires_grad=True)
weight.sum().backward()
torch.optim.SGD([weight], lr=0.1).step()
print(f"after optimizer.step(): {said()}")
torch.compile(lambda x: x + 1, backend="eager")(torch.ones(2))
print(f"after torch.compile   : {said()}")
PY
"$folder/venv/bin/python" "$folder/checks.py" | tee "$folder/seen"
diff "$folder/seen" - <<'SEEN'
at first              : refused, default True
after optimizer.step(): refused, default True
after torch.compile   : accepted, log_prob nan, default False
SEEN
echo "as described: $("$folder/venv/bin/python" --version), torch 2.13.0"
