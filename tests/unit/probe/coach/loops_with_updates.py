"""Correct loops that detach, compute new tensors from gradients, or update by hand."""

from __future__ import annotations

from textwrap import dedent

from tests.unit.probe.coach.mistakes_of_parameters import FOUR

WITH_UPDATES = {
    "a generator whose fakes are detached for the other side only": dedent("""\
        torch.manual_seed(0)
        real = torch.randn(64, 1) * 0.5 + 2
        G = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1))
        D = nn.Sequential(nn.Linear(1, 8), nn.Tanh(), nn.Linear(8, 1))
        opt_g = torch.optim.Adam(G.parameters(), lr=1e-3)
        opt_d = torch.optim.Adam(D.parameters(), lr=1e-3)
        bce = nn.BCEWithLogitsLoss()
        for step in range(20):
            fake = G(torch.randn(64, 2))
            opt_d.zero_grad()
            loss_d = bce(D(real), torch.ones(64, 1)) + bce(D(fake.detach()), torch.zeros(64, 1))
            loss_d.backward()
            opt_d.step()
            opt_g.zero_grad()
            loss_g = bce(D(fake), torch.ones(64, 1))
            loss_g.backward()
            opt_g.step()
    """),
    "an encoder that is detached for the first steps": FOUR
    + dedent("""\
        encoder, head = nn.Linear(4, 8), nn.Linear(8, 1)
        enc_opt = torch.optim.SGD(encoder.parameters(), lr=0.01)
        head_opt = torch.optim.SGD(head.parameters(), lr=0.01)
        for step in range(20):
            enc_opt.zero_grad()
            head_opt.zero_grad()
            z = encoder(x)
            loss = F.mse_loss(head(z.detach() if step < 5 else z), y)
            loss.backward()
            enc_opt.step()
            head_opt.step()
    """),
    "updates in place, of all kinds": FOUR
    + dedent("""\
        model = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 1))
        for step in range(20):
            model.zero_grad()
            loss = F.mse_loss(model(x), y)
            loss.backward()
            with torch.no_grad():
                for p in model[0].parameters():
                    p.copy_(p - 0.01 * p.grad)
                for p in model[1].parameters():
                    p.data = p - 0.01 * p.grad
    """),
    "new weights that are written back": FOUR
    + dedent("""\
        model = nn.Linear(4, 1)
        for step in range(20):
            model.zero_grad()
            loss = F.mse_loss(model(x), y)
            loss.backward()
            new = {}
            for name, p in model.named_parameters():
                p = p.detach() - 0.05 * p.grad
                new[name] = p
            model.load_state_dict(new)
    """),
    "a step that is only looked at": FOUR
    + dedent("""\
        w = torch.zeros(4, 1, requires_grad=True)
        for part in range(4):
            w.grad = None
            loss = ((x[8 * part : 8 * part + 8] @ w - y[8 * part : 8 * part + 8]) ** 2).mean()
            loss.backward()
        following = w - 0.1 * w.grad
        w - 0.2 * w.grad
    """),
    "gradients of inputs that are made anew, beside training": FOUR
    + dedent("""\
        model = nn.Linear(4, 1)
        opt = torch.optim.SGD(model.parameters(), lr=0.05)
        for step in range(20):
            noisy = torch.tensor((x + 0.1 * torch.randn(32, 4)).tolist(), requires_grad=True)
            F.mse_loss(model(noisy), y).backward()
            worse = (noisy + 0.1 * noisy.grad.sign()).detach()
            opt.zero_grad()
            loss = F.mse_loss(model(worse), y)
            loss.backward()
            opt.step()
    """),
}
