"""Correct loops beside the mistakes of `mistakes_of_permutations`."""

from __future__ import annotations

from tests.unit.probe.coach.mistakes import program
from tests.unit.probe.coach.mistakes_of_permutations import LINE


def _trained(draw: str, loss: str) -> str:
    return program(
        f"""
        net = nn.Linear(1, 1)
        opt = torch.optim.SGD(net.parameters(), lr=0.05)
        for step in range(8):
            {draw}
            loss = {loss}
            opt.zero_grad()
            loss.backward()
            opt.step()
        """,
        LINE,
    )


WITH_PERMUTATIONS = {
    "one permutation for both": _trained("p = torch.randperm(48)", "F.mse_loss(net(x[p]), y[p])"),
    "two permutations of the same seed": _trained(
        "torch.manual_seed(step); p = torch.randperm(48); torch.manual_seed(step); q = torch.randperm(48)",
        "F.mse_loss(net(x[p]), y[q])",
    ),
    "mixed with others": _trained(
        "p = torch.randperm(48); q = torch.randperm(48)",
        "F.mse_loss(net(0.7 * x[p] + 0.3 * x[q]), 0.7 * y[p] + 0.3 * y[q])",
    ),
    "negatives of another permutation": _trained(
        "p = torch.randperm(48); q = torch.randperm(48)",
        "F.mse_loss(net(x[p]), y[p]) + F.softplus(net(x[p]) * net(x[q])).mean()",
    ),
    "views of the same data by two permutations": _trained(
        "p = torch.randperm(48); q = torch.randperm(48)",
        "F.mse_loss(net(x[p]).sort(0).values, net(x[q]).sort(0).values.detach()) + F.mse_loss(net(x), y)",
    ),
    "a bootstrap": _trained("p = torch.randint(0, 48, (48,))", "F.mse_loss(net(x[p]), y[p])"),
    "noise and data paired anew": _trained(
        "p = torch.randperm(48); q = torch.randperm(48); a, b = x[p], y[q]",
        "F.mse_loss(net((a + b) / 2), b - a)",
    ),
    "two permutations without a name, of the same seed": _trained(
        "torch.manual_seed(step); a = x[torch.randperm(48)]; torch.manual_seed(step); b = y[torch.randperm(48)]",
        "F.mse_loss(net(a), b)",
    ),
    "two permutations without a name, of unpaired data": _trained(
        "a = x[torch.randperm(48)]; b = y[torch.randperm(48)]",
        "(net(a).mean() - b.mean()) ** 2 + F.mse_loss(net(a), 2 * a)",
    ),
    "other samples of the same data": _trained(
        "a = x[torch.randperm(48)]; b = x[torch.randperm(48)]",
        "F.mse_loss(net(a), 2 * a) + 0 * net(b).mean()",
    ),
    "arrays that are shuffled alike": _trained(
        "import random; pairs = list(zip(x, y)); random.shuffle(pairs); a = torch.stack([p[0] for p in pairs])",
        "F.mse_loss(net(a), torch.stack([p[1] for p in pairs]))",
    ),
}
