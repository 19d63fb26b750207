#!/usr/bin/env bash
# PyTorch 2.13.0: samples of torch.normal, torch.bernoulli and torch.poisson have a gradient, and it is 0.
#
# Expected: a sample that says `requires_grad=True`, with a grad_fn, leads back to what it was drawn by: for a normal one
# by reparameterisation, mean + std * noise, whose derivative by the mean is 1. Where there is no derivative, as of a
# sample that is 0 or 1, the result says that it has none, or backward() does.
# Seen: torch.normal(mean, std), torch.bernoulli(p) and torch.poisson(rate) have the grad_fns NormalBackward3 and so on,
# backward() runs, and the gradients are exactly 0: a variational autoencoder that samples by torch.normal trains its
# decoder and never its encoder, without a word. torch.multinomial and Tensor.normal_ say that they have no gradient, and
# so does distributions.Normal.sample(), which calls torch.normal.
# Output seen:
#   torch.normal: requires_grad True, NormalBackward3, gradient 0.0
#   torch.bernoulli: requires_grad True, BernoulliBackward0, gradient 0.0
#   torch.poisson: requires_grad True, PoissonBackward0, gradient 0.0
#   torch.multinomial: requires_grad False
#   Normal.sample: requires_grad False
#   Normal.rsample: requires_grad True, AddBackward0, gradient 1.0
#   by hand: requires_grad True, AddBackward0, gradient 1.0
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.3.5
cat > "$folder/program.py" <<'PY'
import torch
from torch.distributions import Normal

DRAWN = {
    "torch.normal": lambda mean: torch.normal(mean, torch.ones(1)),
    "torch.bernoulli": lambda mean: torch.bernoulli(torch.sigmoid(mean)),
    "torch.poisson": lambda mean: torch.poisson(mean.exp()),
    "torch.multinomial": lambda mean: torch.multinomial(torch.softmax(mean.repeat(3), 0), 1),
    "Normal.sample": lambda mean: Normal(mean, 1.0).sample(),
    "Normal.rsample": lambda mean: Normal(mean, 1.0).rsample(),
    "by hand": lambda mean: mean + torch.randn(1),
}
for name, draw in DRAWN.items():
    mean = torch.zeros(1, requires_grad=True)
    sample = draw(mean)
    said = f"{name}: requires_grad {sample.requires_grad}"
    if sample.requires_grad:
        sample.sum().backward()
        said += f", {type(sample.grad_fn).__name__}, gradient {mean.grad.item()}"
    print(said)
PY
"$folder/venv/bin/python" "$folder/program.py" | tee "$folder/seen"
diff "$folder/seen" - <<'SEEN'
torch.normal: requires_grad True, NormalBackward3, gradient 0.0
torch.bernoulli: requires_grad True, BernoulliBackward0, gradient 0.0
torch.poisson: requires_grad True, PoissonBackward0, gradient 0.0
torch.multinomial: requires_grad False
Normal.sample: requires_grad False
Normal.rsample: requires_grad True, AddBackward0, gradient 1.0
by hand: requires_grad True, AddBackward0, gradient 1.0
SEEN
echo "as described: $("$folder/venv/bin/python" --version), torch 2.13.0"
