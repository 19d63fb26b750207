"""Loops that use PyTorch's machinery: other precisions, checkpoints, transforms, processes, estimators of gradients."""

from __future__ import annotations

from tests.unit.probe.coach.mistakes import CLASSES, program

LOOPS = {
    "autocast to bfloat16": program(
        """
        model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 3))
        opt = torch.optim.AdamW(model.parameters(), lr=1e-2)
        for step in range(20):
            opt.zero_grad(set_to_none=True)
            with torch.autocast(device_type="cpu", dtype=torch.bfloat16):
                scores = model(x)
                loss = F.cross_entropy(scores, labels)
            loss.backward()
            opt.step()
        """,
        CLASSES,
    ),
    "a scaler, clipped after it is unscaled": program(
        """
        model = nn.Linear(4, 3)
        opt = torch.optim.SGD(model.parameters(), lr=0.1)
        scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
        for step in range(15):
            opt.zero_grad()
            loss = F.cross_entropy(model(x), labels)
            scaler.scale(loss).backward()
            scaler.unscale_(opt)
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            scaler.step(opt)
            scaler.update()
        """,
        CLASSES,
    ),
    "every layer checkpointed": program("""
        from torch.utils.checkpoint import checkpoint_sequential

        layers = nn.Sequential(*[nn.Sequential(nn.Linear(4, 4), nn.Tanh(), nn.Dropout(0.1)) for _ in range(4)])
        head = nn.Linear(4, 1)
        opt = torch.optim.Adam([*layers.parameters(), *head.parameters()], lr=1e-2)
        data, wanted = torch.randn(16, 4), torch.randn(16, 1)
        for step in range(15):
            hidden = checkpoint_sequential(layers, 2, data, use_reentrant=False)
            loss = F.mse_loss(head(hidden), wanted)
            opt.zero_grad()
            loss.backward()
            opt.step()
    """),
    "checkpointed in the reentrant way": program("""
        from torch.utils.checkpoint import checkpoint

        first, second = nn.Linear(1, 8), nn.Linear(8, 1)
        opt = torch.optim.SGD([*first.parameters(), *second.parameters()], lr=0.05)
        given = x.clone().requires_grad_()
        for step in range(15):
            opt.zero_grad()
            loss = F.mse_loss(second(checkpoint(lambda t: torch.tanh(first(t)), given, use_reentrant=True)), y)
            loss.backward()
            opt.step()
            given.grad = None
    """),
    "an ensemble under vmap": program("""
        from torch.func import functional_call, grad, stack_module_state, vmap

        models = [nn.Linear(1, 1) for _ in range(3)]
        weights, buffers = stack_module_state(models)
        skeleton = copy.deepcopy(models[0]).to("meta")

        def loss_of(weights, buffers):
            return F.mse_loss(functional_call(skeleton, (weights, buffers), (x,)), y)

        for step in range(20):
            slopes = vmap(grad(loss_of))(weights, buffers)
            weights = {name: (weights[name] - 0.1 * slopes[name]).detach() for name in weights}
    """),
    "gradients of each example, clipped and noisy": program("""
        from torch.func import functional_call, grad, vmap

        model = nn.Linear(1, 1)
        opt = torch.optim.SGD(model.parameters(), lr=0.1)

        def one(weights, a, b):
            return F.mse_loss(functional_call(model, weights, (a[None],)), b[None])

        for step in range(15):
            weights = {name: p.detach() for name, p in model.named_parameters()}
            each = vmap(grad(one), in_dims=(None, 0, 0))(weights, x, y)
            norms = torch.stack([g.flatten(1).norm(dim=1) for g in each.values()]).norm(dim=0)
            share = (1.0 / (norms + 1e-6)).clamp(max=1.0)
            for name, p in model.named_parameters():
                total = (each[name] * share.view(-1, *[1] * p.dim())).sum(0)
                p.grad = (total + 0.1 * torch.randn_like(p)) / len(x)
            opt.step()
            opt.zero_grad()
    """),
    "a physics-informed net": program("""
        net = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 1))
        opt = torch.optim.Adam(net.parameters(), lr=1e-3)
        for step in range(15):
            place = torch.rand(32, 2, requires_grad=True)
            u = net(place)
            du = torch.autograd.grad(u, place, torch.ones_like(u), create_graph=True)[0]
            u_x, u_t = du[:, :1], du[:, 1:]
            u_xx = torch.autograd.grad(u_x, place, torch.ones_like(u_x), create_graph=True)[0][:, :1]
            edge = torch.rand(16, 2)
            edge[:, 1] = 0
            start = torch.sin(math.pi * edge[:, :1])
            loss = (u_t - 0.1 * u_xx).pow(2).mean() + (net(edge) - start).pow(2).mean()
            opt.zero_grad()
            loss.backward()
            opt.step()
    """),
    "Gumbel-softmax, one-hot and straight through": program(
        """
        choose, table = nn.Linear(4, 6), nn.Linear(6, 3, bias=False)
        opt = torch.optim.Adam([*choose.parameters(), *table.parameters()], lr=1e-2)
        for step in range(20):
            tau = max(0.5, 1.0 * 0.95**step)
            picked = F.gumbel_softmax(choose(x), tau=tau, hard=True)
            loss = F.cross_entropy(table(picked), labels)
            opt.zero_grad()
            loss.backward()
            opt.step()
        """,
        CLASSES,
    ),
    "weights rounded to signs, gradients straight through": program(
        """
        class Sign(nn.Module):
            def __init__(self):
                super().__init__()
                self.weight = nn.Parameter(torch.randn(3, 4) * 0.1)

            def forward(self, x):
                signs = self.weight + (self.weight.sign() - self.weight).detach()
                return F.linear(x, signs)

        model = Sign()
        opt = torch.optim.Adam(model.parameters(), lr=1e-2)
        for step in range(20):
            opt.zero_grad()
            F.cross_entropy(model(x), labels).backward()
            opt.step()
        """,
        CLASSES,
    ),
    "an operation with a derivative of its own": program("""
        class Cube(torch.autograd.Function):
            @staticmethod
            def forward(ctx, value):
                ctx.save_for_backward(value)
                return value**3

            @staticmethod
            def backward(ctx, gradient):
                (value,) = ctx.saved_tensors
                return 3 * value**2 * gradient

        w = torch.tensor(0.5, requires_grad=True)
        opt = torch.optim.SGD([w], lr=0.05)
        for step in range(30):
            opt.zero_grad()
            loss = (Cube.apply(w) * x - y + 1).pow(2).mean()
            loss.backward()
            opt.step()
    """),
    "an equation solved by steps of Euler": program("""
        times = torch.linspace(0, 1, 10)
        truth = torch.stack([torch.cos(times), torch.sin(times)], dim=1)
        field = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 2))
        opt = torch.optim.Adam(field.parameters(), lr=1e-2)
        for step in range(15):
            state, path = truth[0], [truth[0]]
            for _ in range(9):
                state = state + field(state) / 9
                path.append(state)
            loss = F.mse_loss(torch.stack(path), truth)
            opt.zero_grad()
            loss.backward()
            opt.step()
    """),
    "a mixture of experts behind a gate": program(
        """
        class Mixture(nn.Module):
            def __init__(self):
                super().__init__()
                self.gate = nn.Linear(4, 3)
                experts = [nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3)) for _ in range(3)]
                self.experts = nn.ModuleList(experts)

            def forward(self, x):
                share = self.gate(x).softmax(dim=-1)
                each = torch.stack([expert(x) for expert in self.experts], dim=1)
                return (share.unsqueeze(-1) * each).sum(dim=1)

        model = Mixture()
        opt = torch.optim.Adam(model.parameters(), lr=1e-2)
        for step in range(15):
            opt.zero_grad()
            F.cross_entropy(model(x), labels).backward()
            opt.step()
        """,
        CLASSES,
    ),
    "a graph with attention over neighbours": program(
        """
        adjacency = (torch.rand(12, 12) < 0.3) | torch.eye(12, dtype=torch.bool)
        first, second = nn.Linear(4, 8), nn.Linear(8, 3)
        attend = nn.Parameter(torch.randn(16) * 0.1)
        opt = torch.optim.Adam([*first.parameters(), *second.parameters(), attend], lr=1e-2)
        known = torch.tensor([0, 1, 2, 3, 4, 5])
        for step in range(15):
            h = first(x)
            scores = F.leaky_relu((h @ attend[:8])[:, None] + (h @ attend[8:])[None, :], 0.2)
            share = scores.masked_fill(~adjacency, float("-inf")).softmax(dim=1)
            out = second(F.elu(share @ h))
            loss = F.cross_entropy(out[known], labels[known])
            opt.zero_grad()
            loss.backward()
            opt.step()
        """,
        CLASSES,
    ),
    "a convolutional net with augmented pictures": program("""
        pictures, kinds = torch.rand(16, 1, 8, 8), torch.randint(0, 3, (16,))

        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.conv1, self.conv2 = nn.Conv2d(1, 4, 3, padding=1), nn.Conv2d(4, 8, 3, padding=1)
                self.bn, self.drop = nn.BatchNorm2d(4), nn.Dropout2d(0.2)
                self.fc = nn.Linear(8 * 2 * 2, 3)

            def forward(self, x):
                x = F.max_pool2d(F.relu(self.bn(self.conv1(x))), 2)
                x = F.max_pool2d(F.relu(self.drop(self.conv2(x))), 2)
                return F.log_softmax(self.fc(x.flatten(1)), dim=1)

        model = Net()
        opt = torch.optim.Adadelta(model.parameters(), lr=1.0)
        for epoch in range(3):
            model.train()
            for xb, yb in DataLoader(TensorDataset(pictures, kinds), batch_size=8, shuffle=True):
                if torch.rand(1) < 0.5:
                    xb = xb.flip(-1)
                opt.zero_grad()
                loss = F.nll_loss(model(xb), yb)
                loss.backward()
                opt.step()
            model.eval()
            correct = 0
            with torch.no_grad():
                for xb, yb in DataLoader(TensorDataset(pictures, kinds), batch_size=8):
                    correct += model(xb).argmax(dim=1, keepdim=True).eq(yb.view(-1, 1)).sum().item()
    """),
    "connectionist temporal classification": program("""
        net = nn.GRU(4, 8)
        head = nn.Linear(8, 5)
        opt = torch.optim.Adam([*net.parameters(), *head.parameters()], lr=1e-2)
        sound, wanted = torch.randn(10, 3, 4), torch.randint(1, 5, (3, 4))
        for step in range(12):
            states, _ = net(sound)
            loss = F.ctc_loss(head(states).log_softmax(-1), wanted, torch.full((3,), 10), torch.full((3,), 4))
            opt.zero_grad()
            loss.backward()
            opt.step()
    """),
    "boxes and kinds of one net": program("""
        pictures, boxes, kinds = torch.rand(8, 6), torch.rand(8, 4), torch.randint(0, 3, (8,))
        body, box, kind = nn.Linear(6, 16), nn.Linear(16, 4), nn.Linear(16, 3)
        opt = torch.optim.SGD([p for m in (body, box, kind) for p in m.parameters()], lr=0.05)
        for step in range(15):
            h = F.relu(body(pictures))
            losses = {"box": F.smooth_l1_loss(box(h).sigmoid(), boxes), "kind": F.cross_entropy(kind(h), kinds)}
            loss = sum(losses.values())
            opt.zero_grad()
            loss.backward()
            opt.step()
    """),
    "quantiles": program("""
        net = nn.Sequential(nn.Linear(1, 16), nn.ReLU(), nn.Linear(16, 3))
        levels = torch.tensor([0.1, 0.5, 0.9])
        opt = torch.optim.Adam(net.parameters(), lr=1e-2)
        for step in range(20):
            gap = y - net(x)
            loss = torch.maximum(levels * gap, (levels - 1) * gap).mean()
            opt.zero_grad()
            loss.backward()
            opt.step()
    """),
    "a mean and a variance": program("""
        net = nn.Linear(1, 2)
        opt = torch.optim.Adam(net.parameters(), lr=1e-2)
        for step in range(20):
            mean, spread = net(x).chunk(2, dim=1)
            loss = F.gaussian_nll_loss(mean, y, F.softplus(spread) + 1e-3)
            opt.zero_grad()
            loss.backward()
            opt.step()
    """),
}

IN_PROCESSES = {
    "DistributedDataParallel on gloo with one rank": program("""
        import tempfile
        import torch.distributed as dist
        from torch.nn.parallel import DistributedDataParallel

        with tempfile.TemporaryDirectory() as folder:
            dist.init_process_group("gloo", init_method=f"file://{folder}/meeting", rank=0, world_size=1)
            model = DistributedDataParallel(nn.Sequential(nn.Linear(1, 8), nn.ReLU(), nn.Linear(8, 1)))
            opt = torch.optim.SGD(model.parameters(), lr=0.05)
            for epoch in range(6):
                for number, (xb, yb) in enumerate(DataLoader(TensorDataset(x, y), batch_size=2)):
                    if number % 2 == 0:
                        with model.no_sync():
                            F.mse_loss(model(xb), yb).backward()
                        continue
                    F.mse_loss(model(xb), yb).backward()
                    opt.step()
                    opt.zero_grad()
            dist.destroy_process_group()
    """),
}

COMPILED = {
    "a compiled model": program("""
        model = torch.compile(nn.Sequential(nn.Linear(1, 8), nn.ReLU(), nn.Linear(8, 1)), backend="aot_eager")
        opt = torch.optim.SGD(model.parameters(), lr=0.05)
        for step in range(20):
            opt.zero_grad()
            loss = F.mse_loss(model(x), y)
            loss.backward()
            opt.step()
    """),
    "a compiled step": program("""
        model = nn.Sequential(nn.Linear(1, 8), nn.Tanh(), nn.Linear(8, 1))
        opt = torch.optim.Adam(model.parameters(), lr=0.05)

        @torch.compile(backend="eager")
        def loss_of(xb, yb):
            return F.mse_loss(model(xb), yb)

        for step in range(20):
            loss = loss_of(x, y)
            opt.zero_grad()
            loss.backward()
            opt.step()
    """),
}
