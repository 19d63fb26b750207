"""Correct loops beside the mistakes of `mistakes_of_lost_steps`."""

from __future__ import annotations

from textwrap import dedent

from tests.unit.probe.coach.mistakes_of_parameters import FOUR

WITH_LOST_STEPS = {
    "gradients of four batches that add up": FOUR
    + dedent("""\
        model = nn.Linear(4, 1)
        opt = torch.optim.SGD(model.parameters(), lr=0.05)
        for epoch in range(5):
            for i in range(8):
                loss = F.mse_loss(model(x[4 * i : 4 * i + 4]), y[4 * i : 4 * i + 4]) / 4
                loss.backward()
                if (i + 1) % 4 == 0:
                    opt.step()
                    opt.zero_grad()
    """),
    "gradients of each sample, clipped, and added up by hand": FOUR
    + dedent("""\
        model = nn.Linear(4, 1)
        opt = torch.optim.SGD(model.parameters(), lr=0.05)
        for step in range(8):
            sums = [torch.zeros_like(p) for p in model.parameters()]
            for i in range(4):
                opt.zero_grad()
                loss = F.mse_loss(model(x[i : i + 1]), y[i : i + 1])
                loss.backward()
                nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                for total, p in zip(sums, model.parameters()):
                    total += p.grad
            for total, p in zip(sums, model.parameters()):
                p.grad = total / 4
            opt.step()
    """),
    "an attack in three steps before each step of the model": FOUR
    + dedent("""\
        model = nn.Linear(4, 1)
        opt = torch.optim.SGD(model.parameters(), lr=0.05)
        for step in range(10):
            delta = torch.zeros_like(x, requires_grad=True)
            for _ in range(3):
                F.mse_loss(model(x + delta), y).backward()
                delta.data += 0.01 * delta.grad.sign()
                delta.grad.zero_()
                opt.zero_grad()
            loss = F.mse_loss(model(x + delta.detach()), y)
            loss.backward()
            opt.step()
            opt.zero_grad()
    """),
    "steps that are skipped where a batch is unusable": FOUR
    + dedent("""\
        model = nn.Linear(4, 1)
        opt = torch.optim.SGD(model.parameters(), lr=0.05)
        for i in range(30):
            opt.zero_grad()
            loss = F.mse_loss(model(x[i : i + 2]), y[i : i + 2])
            loss.backward()
            if i % 7 == 3:
                continue
            opt.step()
    """),
    "a closure of LBFGS that computes anew": FOUR
    + dedent("""\
        model = nn.Linear(4, 1)
        opt = torch.optim.LBFGS(model.parameters(), max_iter=4)

        def closure():
            opt.zero_grad()
            loss = F.mse_loss(model(x), y)
            loss.backward()
            return loss

        for step in range(4):
            opt.step(closure)
    """),
    "a closure of LBFGS whose gradients are set by hand": FOUR
    + dedent("""\
        w = torch.zeros(4, 1, requires_grad=True)
        opt = torch.optim.LBFGS([w], max_iter=3)

        def closure():
            loss = F.mse_loss(x @ w, y)
            (w.grad,) = torch.autograd.grad(loss, [w])
            return loss

        for step in range(4):
            opt.step(closure)
    """),
    "a closure of SGD that returns the loss": FOUR
    + dedent("""\
        model = nn.Linear(4, 1)
        opt = torch.optim.SGD(model.parameters(), lr=0.05)
        for step in range(8):
            opt.zero_grad()
            loss = F.mse_loss(model(x), y)
            loss.backward()
            opt.step(lambda: loss)
    """),
    "weights in bfloat16 that take large steps": FOUR
    + dedent("""\
        model = nn.Linear(4, 1).bfloat16()
        opt = torch.optim.Adam(model.parameters(), lr=0.02)
        for step in range(40):
            loss = F.mse_loss(model(x.bfloat16()).float(), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
    """),
    "weights in bfloat16 beside those that are stepped": FOUR
    + dedent("""\
        model = nn.Linear(4, 1).bfloat16()
        masters = [p.detach().float().clone().requires_grad_() for p in model.parameters()]
        opt = torch.optim.SGD(masters, lr=1e-4)
        for step in range(30):
            loss = F.mse_loss(model(x.bfloat16()).float(), y)
            model.zero_grad()
            loss.backward()
            for master, p in zip(masters, model.parameters()):
                master.grad = p.grad.float()
            opt.step()
            with torch.no_grad():
                for master, p in zip(masters, model.parameters()):
                    p.copy_(master)
    """),
    "a factor that is 0, and one that is not": FOUR
    + dedent("""\
        base = nn.Linear(4, 1).requires_grad_(False)
        a, b = nn.Parameter(torch.randn(2, 4)), nn.Parameter(torch.zeros(1, 2))
        opt = torch.optim.Adam([a, b], lr=0.05)
        for step in range(20):
            opt.zero_grad()
            loss = F.mse_loss(base(x) + x @ a.T @ b.T, y)
            loss.backward()
            opt.step()
    """),
    "a hinge that everything satisfies": FOUR
    + dedent("""\
        model = nn.Linear(4, 1)
        opt = torch.optim.SGD(model.parameters(), lr=0.05)
        for step in range(20):
            opt.zero_grad()
            loss = (model(x).abs() - 100).clamp(min=0).mean()
            loss.backward()
            opt.step()
    """),
    "a rounding with a slope of its own": FOUR
    + dedent("""\
        model = nn.Linear(4, 1)
        opt = torch.optim.Adam(model.parameters(), lr=0.05)
        for step in range(20):
            out = model(x)
            loss = F.mse_loss(out + (torch.round(out) - out).detach(), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
    """),
    "a policy that is compared with what it was": FOUR
    + dedent("""\
        policy = nn.Linear(4, 3)
        opt = torch.optim.Adam(policy.parameters(), lr=0.05)
        actions, advantage = torch.randint(0, 3, (32, 1)), torch.randn(32, 1)
        for update in range(4):
            old = copy.deepcopy(policy)
            for step in range(4):
                with torch.no_grad():
                    before = old(x).log_softmax(1).gather(1, actions)
                ratio = (policy(x).log_softmax(1).gather(1, actions) - before).exp()
                loss = -torch.min(ratio * advantage, ratio.clamp(0.8, 1.2) * advantage).mean()
                opt.zero_grad()
                loss.backward()
                opt.step()
    """),
}
