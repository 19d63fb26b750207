"""Loops that step, schedule, average or constrain in their own way."""

from __future__ import annotations

from tests.unit.probe.coach.mistakes import CLASSES, DATA, program

LOOPS = {
    "sharpness-aware minimization with an optimizer of its own": program(
        """
        class SAM(torch.optim.Optimizer):
            def __init__(self, params, base, rho=0.05, **kwargs):
                super().__init__(params, dict(rho=rho, **kwargs))
                self.base = base(self.param_groups, **kwargs)

            @torch.no_grad()
            def first_step(self):
                norm = torch.stack([p.grad.norm() for g in self.param_groups for p in g["params"]]).norm()
                for group in self.param_groups:
                    for p in group["params"]:
                        self.state[p]["old"] = p.data.clone()
                        p.add_(p.grad * group["rho"] / (norm + 1e-12))
                self.zero_grad()

            @torch.no_grad()
            def second_step(self):
                for group in self.param_groups:
                    for p in group["params"]:
                        p.data = self.state[p]["old"]
                self.base.step()
                self.zero_grad()

            def step(self, closure=None):
                raise NotImplementedError

        model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))
        opt = SAM(model.parameters(), torch.optim.SGD, lr=0.1)
        for step in range(15):
            F.cross_entropy(model(x), labels).backward()
            opt.first_step()
            F.cross_entropy(model(x), labels).backward()
            opt.second_step()
        """,
        CLASSES,
    ),
    "LBFGS with a line search": program("""
        net = nn.Sequential(nn.Linear(1, 8), nn.Tanh(), nn.Linear(8, 1))
        opt = torch.optim.LBFGS(net.parameters(), max_iter=8, line_search_fn="strong_wolfe")
        losses = []
        for epoch in range(5):
            def closure():
                opt.zero_grad()
                loss = F.mse_loss(net(x), y)
                loss.backward()
                return loss

            losses.append(opt.step(closure).item())
    """),
    "averaged weights at the end": program("""
        from torch.optim.swa_utils import SWALR, AveragedModel, update_bn

        model = nn.Sequential(nn.Linear(1, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 1))
        loader = DataLoader(TensorDataset(x, y), batch_size=4)
        averaged = AveragedModel(model)
        opt = torch.optim.SGD(model.parameters(), lr=0.1)
        cosine = torch.optim.lr_scheduler.CosineAnnealingLR(opt, T_max=10)
        constant = SWALR(opt, swa_lr=0.02)
        for epoch in range(10):
            for xb, yb in loader:
                opt.zero_grad()
                F.mse_loss(model(xb), yb).backward()
                opt.step()
            if epoch > 5:
                averaged.update_parameters(model)
                constant.step()
            else:
                cosine.step()
        update_bn(loader, averaged)
        averaged.eval()
        with torch.no_grad():
            print(F.mse_loss(averaged(x), y))
    """),
    "a moving average of the weights, judged with it": program(
        """
        class EMA:
            def __init__(self, model, decay=0.9):
                self.decay, self.shadow = decay, {n: p.detach().clone() for n, p in model.named_parameters()}

            def update(self, model):
                with torch.no_grad():
                    for n, p in model.named_parameters():
                        self.shadow[n].mul_(self.decay).add_(p, alpha=1 - self.decay)

            def copy_to(self, model):
                model.load_state_dict(self.shadow, strict=False)

        model = nn.Linear(4, 3)
        ema, opt = EMA(model), torch.optim.Adam(model.parameters(), lr=1e-2)
        for step in range(20):
            opt.zero_grad()
            F.cross_entropy(model(x), labels).backward()
            opt.step()
            ema.update(model)
        judged = copy.deepcopy(model)
        ema.copy_to(judged)
        judged.eval()
        with torch.no_grad():
            print((judged(x).argmax(1) == labels).float().mean())
        """,
        CLASSES,
    ),
    "a cyclic learning rate, stepped with each batch": program("""
        model = nn.Sequential(nn.Linear(1, 8), nn.ReLU(), nn.Linear(8, 1))
        opt = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
        schedule = torch.optim.lr_scheduler.CyclicLR(opt, base_lr=0.001, max_lr=0.05, step_size_up=4)
        for epoch in range(6):
            for xb, yb in DataLoader(TensorDataset(x, y), batch_size=2, shuffle=True):
                loss = F.mse_loss(model(xb), yb)
                opt.zero_grad()
                loss.backward()
                opt.step()
                schedule.step()
    """),
    "one cycle, stepped with each batch": program("""
        loader = DataLoader(TensorDataset(x, y), batch_size=2)
        model = nn.Linear(1, 1)
        opt = torch.optim.AdamW(model.parameters(), lr=1e-3)
        schedule = torch.optim.lr_scheduler.OneCycleLR(opt, max_lr=0.1, epochs=6, steps_per_epoch=len(loader))
        for epoch in range(6):
            for xb, yb in loader:
                opt.zero_grad(set_to_none=True)
                F.mse_loss(model(xb), yb).backward()
                opt.step()
                schedule.step()
    """),
    "warm-up and then a plateau": program("""
        model = nn.Linear(1, 1)
        opt = torch.optim.SGD(model.parameters(), lr=0.1)
        warm = torch.optim.lr_scheduler.LambdaLR(opt, lambda step: min(1.0, (step + 1) / 5))
        plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(opt, patience=3)
        for epoch in range(25):
            opt.zero_grad()
            loss = F.mse_loss(model(x), y)
            loss.backward()
            opt.step()
            if epoch < 5:
                warm.step()
            else:
                model.eval()
                with torch.no_grad():
                    judged = F.mse_loss(model(x), y)
                model.train()
                plateau.step(judged)
    """),
    "a search for the learning rate": program("""
        model = nn.Linear(1, 1)
        kept = copy.deepcopy(model.state_dict())
        opt, rates, losses = torch.optim.SGD(model.parameters(), lr=1e-5), [], []
        for k in range(30):
            for group in opt.param_groups:
                group["lr"] = 1e-5 * 10 ** (k / 7)
            opt.zero_grad()
            loss = F.mse_loss(model(x), y)
            loss.backward()
            opt.step()
            rates.append(opt.param_groups[0]["lr"])
            losses.append(loss.item())
            if losses[-1] > 4 * min(losses):
                break
        model.load_state_dict(kept)
    """),
    "an optimizer that steps inside backward()": program("""
        model = nn.Sequential(nn.Linear(1, 8), nn.ReLU(), nn.Linear(8, 1))
        optimizers = {p: torch.optim.SGD([p], lr=0.05) for p in model.parameters()}

        def step_and_free(p):
            optimizers[p].step()
            optimizers[p].zero_grad()

        for p in model.parameters():
            p.register_post_accumulate_grad_hook(step_and_free)
        for step in range(20):
            loss = F.mse_loss(model(x), y)
            loss.backward()
    """),
    "gradients clipped by hooks": program("""
        model = nn.Linear(1, 1)
        for p in model.parameters():
            p.register_hook(lambda grad: grad.clamp(-0.5, 0.5))
        opt = torch.optim.SGD(model.parameters(), lr=0.1, nesterov=True, momentum=0.9)
        for step in range(20):
            opt.zero_grad()
            F.mse_loss(model(x), y).backward()
            opt.step()
    """),
    "accumulation with a rest at the end": program("""
        model = nn.Linear(1, 1)
        opt = torch.optim.AdamW(model.parameters(), lr=1e-2)
        loader = DataLoader(TensorDataset(x, y), batch_size=1)
        for epoch in range(6):
            for i, (xb, yb) in enumerate(loader):
                (F.mse_loss(model(xb), yb) / 3).backward()
                if (i + 1) % 3 == 0 or i + 1 == len(loader):
                    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                    opt.step()
                    opt.zero_grad()
    """),
    "weights that look ahead": program("""
        model = nn.Linear(1, 1)
        slow = [p.detach().clone() for p in model.parameters()]
        opt = torch.optim.SGD(model.parameters(), lr=0.1)
        for step in range(24):
            opt.zero_grad()
            F.mse_loss(model(x), y).backward()
            opt.step()
            if step % 5 == 4:
                with torch.no_grad():
                    for s, p in zip(slow, model.parameters()):
                        s += 0.5 * (p - s)
                        p.copy_(s)
    """),
    "noise in each step, as in Langevin dynamics": program("""
        w, samples = torch.zeros(2, requires_grad=True), []
        for step in range(40):
            energy = 0.5 * (w - torch.tensor([1.0, -1.0])).pow(2).sum()
            energy.backward()
            with torch.no_grad():
                w -= 0.05 * w.grad
                w += math.sqrt(0.1) * 0.1 * torch.randn(2)
            w.grad = None
            samples.append(w.detach().clone())
    """),
    "a lottery ticket: masks, and rewound": program(
        """
        net = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 3))
        start = copy.deepcopy(net.state_dict())
        masks = [torch.ones_like(p) for p in net.parameters()]
        for round in range(3):
            opt = torch.optim.SGD(net.parameters(), lr=0.1)
            for step in range(10):
                opt.zero_grad()
                F.cross_entropy(net(x), labels).backward()
                for p, mask in zip(net.parameters(), masks):
                    p.grad *= mask
                opt.step()
            with torch.no_grad():
                for i, p in enumerate(net.parameters()):
                    if p.dim() > 1:
                        masks[i] = (p.abs() > p.abs().flatten().kthvalue(p.numel() // 3).values).float()
                net.load_state_dict(start)
                for p, mask in zip(net.parameters(), masks):
                    p.mul_(mask)
        """,
        CLASSES,
    ),
    "pruned by torch.nn.utils.prune": program(
        """
        from torch.nn.utils import prune

        net = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 3))
        prune.l1_unstructured(net[0], "weight", amount=0.5)
        opt = torch.optim.SGD(net.parameters(), lr=0.1)
        for step in range(15):
            opt.zero_grad()
            F.cross_entropy(net(x), labels).backward()
            opt.step()
        prune.remove(net[0], "weight")
        """,
        CLASSES,
    ),
    "spectral norm and weight norm": program("""
        from torch.nn.utils.parametrizations import spectral_norm, weight_norm

        net = nn.Sequential(weight_norm(nn.Linear(1, 8)), nn.LeakyReLU(0.1), spectral_norm(nn.Linear(8, 1)))
        opt = torch.optim.Adam(net.parameters(), lr=1e-2)
        for step in range(15):
            opt.zero_grad()
            F.mse_loss(net(x), y).backward()
            opt.step()
    """),
    "weights that stay on the simplex": program("""
        data = torch.randn(32, 3)
        wanted = data @ torch.tensor([0.7, 0.2, 0.1])
        w = torch.full((3,), 1 / 3, requires_grad=True)
        opt = torch.optim.SGD([w], lr=0.05)
        for step in range(30):
            opt.zero_grad()
            (data @ w - wanted).pow(2).mean().backward()
            opt.step()
            with torch.no_grad():
                w.clamp_(min=0)
                w.div_(w.sum())
    """),
    "a penalty whose weight is raised, by a multiplier": program("""
        w = torch.tensor([2.0, 2.0], requires_grad=True)
        multiplier = torch.zeros(1, requires_grad=True)
        down = torch.optim.SGD([w], lr=0.05)
        up = torch.optim.SGD([multiplier], lr=0.05, maximize=True)
        for step in range(40):
            down.zero_grad()
            up.zero_grad()
            loss = w.pow(2).sum() + multiplier * (1 - w.sum())
            loss.backward()
            down.step()
            up.step()
    """),
    "two optimizers for one loss": program("""
        table, net = nn.Embedding(5, 4, sparse=True), nn.Linear(4, 1)
        sparse = torch.optim.SparseAdam(table.parameters(), lr=1e-2)
        dense = torch.optim.Adam(net.parameters(), lr=1e-2)
        rows, wanted = torch.randint(0, 5, (16,)), torch.randn(16, 1)
        for step in range(20):
            for opt in (sparse, dense):
                opt.zero_grad()
            F.mse_loss(net(table(rows)), wanted).backward()
            for opt in (sparse, dense):
                opt.step()
    """),
    "trained until the loss is 0": program(
        """
        w = torch.zeros(4, requires_grad=True)
        opt = torch.optim.SGD([w], lr=0.5)
        sides = 2.0 * (x[:, 0] > 0) - 1
        for step in range(60):
            opt.zero_grad()
            loss = F.relu(0.1 - sides * (x @ w)).sum()
            loss.backward()
            opt.step()
        """,
        CLASSES,
    ),
    "a plain loop in a notebook's style": program(
        """
        model = nn.Sequential(nn.Linear(1, 16), nn.ReLU(), nn.Linear(16, 1))
        loss_fn, optimizer = nn.MSELoss(), torch.optim.SGD(model.parameters(), lr=1e-2)
        train_losses, valid_losses = [], []
        for epoch in range(6):
            model.train()
            running = 0.0
            for xb, yb in DataLoader(TensorDataset(x[:6], y[:6]), batch_size=2, shuffle=True):
                optimizer.zero_grad()
                loss = loss_fn(model(xb), yb)
                loss.backward()
                optimizer.step()
                running += loss.item() * xb.size(0)
            train_losses.append(running / 6)
            model.eval()
            with torch.no_grad():
                valid_losses.append(loss_fn(model(x[6:]), y[6:]).item())
        """,
        DATA,
    ),
}
