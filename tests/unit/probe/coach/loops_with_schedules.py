"""Correct loops beside the mistakes of `mistakes_of_schedules`."""

from __future__ import annotations

from tests.unit.probe.coach.mistakes import program

SCHEDULED = {
    "the schedule of an optimizer that holds the one that steps": program("""
        class Prepared(torch.optim.Optimizer):
            def __init__(self, optimizer):
                self.optimizer = optimizer

            @property
            def param_groups(self):
                return self.optimizer.param_groups

            @property
            def defaults(self):
                return self.optimizer.defaults

            def step(self, closure=None):
                self.optimizer.step(closure)

            def zero_grad(self):
                self.optimizer.zero_grad()

        model = nn.Linear(1, 1)
        opt = Prepared(torch.optim.SGD(model.parameters(), lr=0.1))
        sched = torch.optim.lr_scheduler.LambdaLR(opt, lambda step: 1 - step / 30)
        for step in range(30):
            opt.zero_grad()
            F.mse_loss(model(x), y).backward()
            opt.step()
            sched.step()
    """),
    "one cycle, stepped at each batch": program("""
        model = nn.Linear(1, 1)
        opt = torch.optim.SGD(model.parameters(), lr=0.01)
        loader = DataLoader(TensorDataset(x, y), batch_size=2)
        sched = torch.optim.lr_scheduler.OneCycleLR(opt, max_lr=0.1, epochs=10, steps_per_epoch=len(loader))
        for epoch in range(10):
            for xb, yb in loader:
                opt.zero_grad()
                F.mse_loss(model(xb), yb).backward()
                opt.step()
                sched.step()
    """),
    "warm-up from 0, then a decay to 0, at each batch": program("""
        model = nn.Linear(1, 1)
        opt = torch.optim.AdamW(model.parameters(), lr=0.1)
        loader, epochs = DataLoader(TensorDataset(x, y), batch_size=2), 10
        total = epochs * len(loader)

        def factor(step):
            return step / 4 if step < 4 else max(0.0, (total - step) / (total - 4))

        sched = torch.optim.lr_scheduler.LambdaLR(opt, factor)
        for epoch in range(epochs):
            for xb, yb in loader:
                opt.zero_grad()
                F.mse_loss(model(xb), yb).backward()
                opt.step()
                sched.step()
    """),
    "cosine over all batches": program("""
        model = nn.Linear(1, 1)
        opt = torch.optim.SGD(model.parameters(), lr=0.1)
        loader = DataLoader(TensorDataset(x, y), batch_size=2)
        sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, T_max=8 * len(loader))
        for epoch in range(8):
            for xb, yb in loader:
                opt.zero_grad()
                F.mse_loss(model(xb), yb).backward()
                opt.step()
                sched.step()
    """),
    "cosine with restarts, by fractions of an epoch": program("""
        model = nn.Linear(1, 1)
        opt = torch.optim.SGD(model.parameters(), lr=0.1)
        loader = DataLoader(TensorDataset(x, y), batch_size=2)
        sched = torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(opt, T_0=2)
        for epoch in range(8):
            for i, (xb, yb) in enumerate(loader):
                opt.zero_grad()
                F.mse_loss(model(xb), yb).backward()
                opt.step()
                sched.step(epoch + i / len(loader))
    """),
    "decay once an epoch, by way of a plateau": program("""
        model = nn.Linear(1, 1)
        opt = torch.optim.SGD(model.parameters(), lr=0.1)
        plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(opt, patience=0)
        for epoch in range(40):
            total = 0.0
            for xb, yb in DataLoader(TensorDataset(x, y), batch_size=2):
                opt.zero_grad()
                loss = F.mse_loss(model(xb), yb)
                loss.backward()
                opt.step()
                total += loss.item()
            plateau.step(total)
    """),
    "one schedule after another": program("""
        from torch.optim.lr_scheduler import ExponentialLR, LinearLR, SequentialLR

        model = nn.Linear(1, 1)
        opt = torch.optim.SGD(model.parameters(), lr=0.1)
        warmup, decay = LinearLR(opt, 0.1, total_iters=30), ExponentialLR(opt, 0.9)
        both = SequentialLR(opt, [warmup, decay], milestones=[30])
        for step in range(25):
            opt.zero_grad()
            F.mse_loss(model(x), y).backward()
            opt.step()
            both.step()
    """),
    "two schedules at once": program("""
        schedules = torch.optim.lr_scheduler
        model = nn.Linear(1, 1)
        opt = torch.optim.SGD(model.parameters(), lr=0.1)
        both = schedules.ChainedScheduler([schedules.ConstantLR(opt, 0.1, 5), schedules.ExponentialLR(opt, 0.95)])
        for step in range(25):
            opt.zero_grad()
            F.mse_loss(model(x), y).backward()
            opt.step()
            both.step()
    """),
    "brought forward to where training stopped": program("""
        model = nn.Linear(1, 1)
        opt = torch.optim.SGD(model.parameters(), lr=0.1)
        sched = torch.optim.lr_scheduler.StepLR(opt, 10)
        start = 1
        for _ in range(start):
            sched.step()
        for epoch in range(start, 12):
            for xb, yb in DataLoader(TensorDataset(x, y), batch_size=2):
                opt.zero_grad()
                F.mse_loss(model(xb), yb).backward()
                opt.step()
            sched.step()
    """),
    "a schedule that begins after a warm-up": program("""
        model = nn.Linear(1, 1)
        opt = torch.optim.SGD(model.parameters(), lr=0.1)
        sched = torch.optim.lr_scheduler.ExponentialLR(opt, 0.9)
        for epoch in range(25):
            opt.zero_grad()
            F.mse_loss(model(x), y).backward()
            opt.step()
            if epoch >= 30:
                sched.step()
    """),
    "a trainer that is given its schedule": program("""
        def fit(model, optimizer, lr_scheduler, epochs=12):
            for epoch in range(epochs):
                for xb, yb in DataLoader(TensorDataset(x, y), batch_size=4, shuffle=True):
                    optimizer.zero_grad()
                    F.mse_loss(model(xb), yb).backward()
                    optimizer.step()
                lr_scheduler.step()

        model = nn.Linear(1, 1)
        opt = torch.optim.Adam(model.parameters(), lr=0.01)
        fit(model, opt, torch.optim.lr_scheduler.MultiStepLR(opt, [6, 9]))
    """),
    "a schedule for each of two optimizers": program("""
        G, D = nn.Linear(4, 2), nn.Linear(2, 1)
        opt_g, opt_d = torch.optim.Adam(G.parameters(), lr=1e-3), torch.optim.Adam(D.parameters(), lr=1e-3)
        sched_g = torch.optim.lr_scheduler.ExponentialLR(opt_g, 0.95)
        sched_d = torch.optim.lr_scheduler.ExponentialLR(opt_d, 0.95)
        for step in range(25):
            opt_d.zero_grad()
            fake = G(torch.randn(8, 4))
            (F.softplus(-D(torch.randn(8, 2) + 1)).mean() + F.softplus(D(fake.detach())).mean()).backward()
            opt_d.step()
            opt_g.zero_grad()
            F.softplus(-D(fake)).mean().backward()
            opt_g.step()
            sched_g.step()
            sched_d.step()
    """),
    "rates and schedules compared": program("""
        for gamma in (0.5, 0.9, 0.99):
            model = nn.Linear(1, 1)
            opt = torch.optim.SGD(model.parameters(), lr=0.1)
            sched = torch.optim.lr_scheduler.ExponentialLR(opt, gamma)
            for step in range(40):
                opt.zero_grad()
                F.mse_loss(model(x), y).backward()
                opt.step()
                sched.step()
    """),
    "a schedule that is left out, and said so": program("""
        model = nn.Linear(1, 1)
        opt = torch.optim.SGD(model.parameters(), lr=0.1)
        use_schedule = False
        sched = torch.optim.lr_scheduler.StepLR(opt, 5)
        for step in range(30):
            opt.zero_grad()
            F.mse_loss(model(x), y).backward()
            opt.step()
            if use_schedule:
                sched.step()
    """),
    "a group that stands still": program("""
        model = nn.Sequential(nn.Linear(1, 4), nn.Tanh(), nn.Linear(4, 1))
        opt = torch.optim.SGD([{"params": model[0].parameters(), "lr": 0.0}, {"params": model[2].parameters()}], lr=0.1)
        for step in range(30):
            opt.zero_grad()
            F.mse_loss(model(x), y).backward()
            opt.step()
    """),
    "averaged weights and their schedule": program("""
        from torch.optim.swa_utils import SWALR, AveragedModel

        model = nn.Linear(1, 1)
        opt = torch.optim.SGD(model.parameters(), lr=0.1)
        averaged, swa = AveragedModel(model), SWALR(opt, 0.05)
        sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, 30)
        for epoch in range(25):
            opt.zero_grad()
            F.mse_loss(model(x), y).backward()
            opt.step()
            if epoch > 28:
                averaged.update_parameters(model)
                swa.step()
            else:
                sched.step()
    """),
    "a schedule that returns the rate, of an optimizer whose own is 1": program("""
        model = nn.Linear(1, 1)
        opt = torch.optim.Adam(model.parameters(), lr=1.0)
        scheduler = torch.optim.lr_scheduler.LambdaLR(opt, lambda step: 0.01 / (1 + step) ** 0.5)
        for step in range(30):
            opt.zero_grad()
            F.mse_loss(model(x), y).backward()
            opt.step()
            scheduler.step()
    """),
    "a warm-up that the run does not see the end of": program("""
        model = nn.Linear(1, 1)
        opt = torch.optim.Adam(model.parameters(), lr=0.01)
        scheduler = torch.optim.lr_scheduler.LambdaLR(opt, lambda step: (step + 1) / 20000)
        for step in range(30):
            opt.zero_grad()
            F.mse_loss(model(x), y).backward()
            opt.step()
            scheduler.step()
    """),
}
