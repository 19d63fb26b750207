"""Programs whose scores of classes are all alike."""

from __future__ import annotations

from textwrap import dedent

from tests.unit.probe.coach.mistakes import Mistake

PAIRS = dedent("""\
    torch.manual_seed(0)
    first = torch.randn(32, 8)
    second = first + 0.05 * torch.randn(32, 8)
    one, other = nn.Linear(8, 16), nn.Linear(8, 16)
    opt = torch.optim.Adam([*one.parameters(), *other.parameters()], lr=0.01)
    """)

SCORES: dict[str, Mistake] = {
    "cosines times a temperature": Mistake(
        "flat-scores",
        "logits = a @ b.t() * temperature",
        "logits = a @ b.t() / temperature",
        PAIRS
        + dedent("""\
            def contrast(a, b, temperature=0.05):
                logits = a @ b.t() * temperature
                labels = torch.arange(len(a))
                return (F.cross_entropy(logits, labels) + F.cross_entropy(logits.t(), labels)) / 2

            for step in range(40):
                loss = contrast(F.normalize(one(first), dim=1), F.normalize(other(second), dim=1))
                opt.zero_grad()
                loss.backward()
                opt.step()
        """),
        ("cosines times 0.05", "log(32) = 3.47", "cannot fall below 3.37"),
    ),
    "cosines times a constant": Mistake(
        "flat-scores",
        "logits *= TAU",
        "logits /= TAU",
        PAIRS
        + dedent("""\
            TAU = 0.1
            for step in range(40):
                a, b = F.normalize(one(first), dim=-1), F.normalize(other(second), dim=-1)
                logits = a @ b.T
                logits *= TAU
                loss = F.cross_entropy(logits, torch.arange(32))
                opt.zero_grad()
                loss.backward()
                opt.step()
        """),
    ),
    "cosines with classes, times a number": Mistake(
        "flat-scores",
        "scores = 0.1 * F.linear(F.normalize(net(x)), F.normalize(centers))",
        "scores = F.linear(F.normalize(net(x)), F.normalize(centers)) / 0.1",
        dedent("""\
            torch.manual_seed(0)
            labels = torch.arange(40) % 10
            x = F.one_hot(labels, 10).float() + 0.05 * torch.randn(40, 10)
            net, centers = nn.Linear(10, 8), nn.Parameter(torch.randn(10, 8))
            opt = torch.optim.Adam([*net.parameters(), centers], lr=0.02)
            for step in range(60):
                scores = 0.1 * F.linear(F.normalize(net(x)), F.normalize(centers))
                loss = F.cross_entropy(scores, labels)
                opt.zero_grad()
                loss.backward()
                opt.step()
        """),
        ("log(10)",),
    ),
}

CODES = dedent("""\
    torch.manual_seed(0)
    x = torch.randn(32, 6)
    encode, decode = nn.Linear(6, 4), nn.Linear(2, 6)
    opt = torch.optim.Adam([*encode.parameters(), *decode.parameters()], lr=0.05)
    """)

SCORES |= {
    "a divergence without its minus": Mistake(
        "kl-sign",
        "kl = 0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())",
        "kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())",
        CODES
        + dedent("""\
            for step in range(20):
                mu, logvar = encode(x).chunk(2, 1)
                z = mu + torch.randn_like(mu) * (0.5 * logvar).exp()
                recon = F.mse_loss(decode(z), x, reduction="sum")
                kl = 0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
                loss = recon + 20 * kl
                opt.zero_grad()
                loss.backward()
                opt.step()
        """),
        ("is never above 0",),
    ),
    "a mean divergence without its minus, in a function": Mistake(
        "kl-sign",
        "return error + 0.5 * (1 + s - m**2 - torch.exp(s)).sum(1).mean()",
        "return error + -0.5 * (1 + s - m**2 - torch.exp(s)).sum(1).mean()",
        CODES
        + dedent("""\
            def vae_loss(out, target, m, s):
                error = F.mse_loss(out, target)
                return error + 0.5 * (1 + s - m**2 - torch.exp(s)).sum(1).mean()

            for step in range(20):
                m, s = encode(x).chunk(2, 1)
                loss = vae_loss(decode(m + torch.randn_like(m) * torch.exp(s / 2)), x, m, s)
                opt.zero_grad()
                loss.backward()
                opt.step()
        """),
    ),
    "a divergence that is taken away": Mistake(
        "kl-sign",
        "kl = torch.distributions.kl_divergence(q, prior).sum(1).mean()",
        "loss = recon + kl",
        CODES
        + dedent("""\
            prior = torch.distributions.Normal(torch.zeros(2), torch.ones(2))
            for step in range(20):
                mu, raw = encode(x).chunk(2, 1)
                q = torch.distributions.Normal(mu, F.softplus(raw) + 0.01)
                recon = F.mse_loss(decode(q.rsample()), x)
                kl = torch.distributions.kl_divergence(q, prior).sum(1).mean()
                loss = recon - kl
                opt.zero_grad()
                loss.backward()
                opt.step()
        """),
        ("is taken away from the loss",),
    ),
}
