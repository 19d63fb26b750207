"""Correct loops beside the mistakes of `mistakes_of_clipping`."""

from __future__ import annotations

from tests.unit.probe.coach.mistakes import program

CLIPPED = {
    "the norm measured after the step": program("""
        model = nn.Linear(1, 1)
        opt = torch.optim.SGD(model.parameters(), lr=0.01)
        norms = []
        for step in range(10):
            opt.zero_grad()
            F.mse_loss(model(x), y).backward()
            opt.step()
            norms.append(nn.utils.clip_grad_norm_(model.parameters(), math.inf))
    """),
    "each of two networks clipped before its step": program("""
        G, D = nn.Linear(4, 2), nn.Linear(2, 1)
        opt_g, opt_d = torch.optim.Adam(G.parameters(), lr=1e-3), torch.optim.Adam(D.parameters(), lr=1e-3)
        for step in range(10):
            fake = G(torch.randn(8, 4))
            opt_d.zero_grad()
            (F.softplus(-D(torch.randn(8, 2) + 1)).mean() + F.softplus(D(fake.detach())).mean()).backward()
            nn.utils.clip_grad_norm_(D.parameters(), 1.0)
            opt_d.step()
            opt_g.zero_grad()
            F.softplus(-D(fake)).mean().backward()
            nn.utils.clip_grad_norm_(G.parameters(), 1.0)
            opt_g.step()
    """),
    "clipped once for several batches": program("""
        model = nn.Linear(1, 1)
        opt = torch.optim.SGD(model.parameters(), lr=0.01)
        for epoch in range(6):
            for number, (xb, yb) in enumerate(DataLoader(TensorDataset(x, y), batch_size=2)):
                (F.mse_loss(model(xb), yb) / 4).backward()
                nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                if number == 3:
                    opt.step()
                    opt.zero_grad()
    """),
    "clipped in a hook of each parameter": program("""
        model = nn.Linear(1, 1)
        for p in model.parameters():
            p.register_post_accumulate_grad_hook(lambda p: nn.utils.clip_grad_value_([p], 0.5))
        opt = torch.optim.SGD(model.parameters(), lr=0.01)
        for step in range(10):
            opt.zero_grad()
            F.mse_loss(model(x), y).backward()
            opt.step()
    """),
    "a filtered generator, made anew": program("""
        model = nn.Sequential(nn.Linear(1, 4), nn.Tanh(), nn.Linear(4, 1))
        model[0].requires_grad_(False)
        opt = torch.optim.SGD(model[2].parameters(), lr=0.01)
        for step in range(10):
            opt.zero_grad()
            F.mse_loss(model(x), y).backward()
            nn.utils.clip_grad_norm_((p for p in model.parameters() if p.requires_grad), 1.0)
            opt.step()
    """),
    "unscaled, clipped, and stepped by hand": program("""
        model = nn.Linear(1, 1)
        opt = torch.optim.SGD(model.parameters(), lr=0.05)
        scaler = torch.amp.GradScaler("cpu")
        for step in range(10):
            opt.zero_grad()
            scaler.scale(F.mse_loss(model(x), y)).backward()
            scaler.unscale_(opt)
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            opt.step()
            scaler.update()
    """),
    "a scaler that is switched off": program("""
        model = nn.Linear(1, 1)
        opt = torch.optim.SGD(model.parameters(), lr=0.05)
        scaler = torch.amp.GradScaler("cpu", enabled=False)
        for step in range(10):
            opt.zero_grad()
            scaler.scale(F.mse_loss(model(x), y)).backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            scaler.step(opt)
            scaler.update()
    """),
    "a scaled loss, divided once more": program("""
        model = nn.Linear(1, 1)
        opt = torch.optim.SGD(model.parameters(), lr=0.05)
        scaler = torch.amp.GradScaler("cpu")
        for epoch in range(6):
            for number, (xb, yb) in enumerate(DataLoader(TensorDataset(x, y), batch_size=2)):
                (scaler.scale(F.mse_loss(model(xb), yb)) / 4).backward()
                if number == 3:
                    scaler.unscale_(opt)
                    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                    scaler.step(opt)
                    scaler.update()
                    opt.zero_grad()
    """),
    "gradients divided by hand": program("""
        model = nn.Linear(1, 1)
        opt = torch.optim.SGD(model.parameters(), lr=0.05)
        scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
        for step in range(10):
            opt.zero_grad()
            scaler.scale(F.mse_loss(model(x), y)).backward()
            for p in model.parameters():
                p.grad /= scaler.get_scale()
            opt.step()
    """),
    "two losses, one scaler": program("""
        model = nn.Linear(1, 2)
        opt = torch.optim.SGD(model.parameters(), lr=0.05)
        scaler = torch.amp.GradScaler("cpu")
        for step in range(10):
            opt.zero_grad()
            out = model(x)
            first, second = F.mse_loss(out[:, :1], y), F.l1_loss(out[:, 1:], y)
            scaler.scale(first).backward(retain_graph=True)
            scaler.scale(second).backward()
            scaler.unscale_(opt)
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            scaler.step(opt)
            scaler.update()
    """),
}
