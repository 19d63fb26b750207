"""Correct loops beside the mistakes of `mistakes_of_scores`."""

from __future__ import annotations

from textwrap import dedent

from tests.unit.probe.coach.mistakes_of_scores import CODES, PAIRS

WITH_SCORES = {
    "cosines that are divided by a temperature": PAIRS
    + dedent("""\
        for step in range(10):
            logits = F.normalize(one(first), dim=1) @ F.normalize(other(second), dim=1).t() / 0.1
            loss = F.cross_entropy(logits, torch.arange(32))
            opt.zero_grad()
            loss.backward()
            opt.step()
    """),
    "cosines times a scale that is learned": PAIRS
    + dedent("""\
        scale = nn.Parameter(torch.tensor(0.0))
        opt.add_param_group({"params": [scale]})
        for step in range(10):
            logits = F.normalize(one(first), dim=1) @ F.normalize(other(second), dim=1).t() * scale.exp()
            loss = F.cross_entropy(logits, torch.arange(32))
            opt.zero_grad()
            loss.backward()
            opt.step()
    """),
    "products that are scaled down as in attention": PAIRS
    + dedent("""\
        for step in range(10):
            logits = one(first) @ other(second).t() * 16**-0.5
            loss = F.cross_entropy(logits, torch.arange(32))
            opt.zero_grad()
            loss.backward()
            opt.step()
    """),
    "cosines with a few classes, as they are": PAIRS
    + dedent("""\
        labels = torch.arange(32) % 4
        centers = nn.Parameter(torch.randn(4, 16))
        for step in range(10):
            logits = F.normalize(one(first), dim=1) @ F.normalize(centers, dim=1).t()
            loss = F.cross_entropy(logits, labels)
            opt.zero_grad()
            loss.backward()
            opt.step()
    """),
}


def _coded(loss: str) -> str:
    code = """\
for step in range(12):
    mu, logvar = encode(x).chunk(2, 1)
    z = mu + torch.randn_like(mu) * (0.5 * logvar).exp()
    {}
    opt.zero_grad()
    loss.backward()
    opt.step()
"""
    return CODES + code.format(loss.replace("; ", "\n    "))


WITH_SCORES |= {
    "a divergence with its minus": _coded(
        "kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()); loss = F.mse_loss(decode(z), x) + 0.1 * kl"
    ),
    "a bound of which the loss is minus": _coded(
        "minus_kl = 0.5 * (1 + logvar - mu**2 - logvar.exp()).sum(1).mean(); "
        "fit = -F.mse_loss(decode(z), x); bound = fit + minus_kl; loss = -bound"
    ),
    "a divergence that is taken away by its own sign": _coded(
        "inner = (1 + logvar - mu**2 - logvar.exp()).mean(); loss = F.mse_loss(decode(z), x) - 0.5 * inner"
    ),
    "a divergence written the other way round": _coded(
        "kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).mean(); loss = F.mse_loss(decode(z), x) + kl"
    ),
}
