"""Correct training loops in many styles: about none of them has the coach anything to say."""

from __future__ import annotations

from tests.unit.probe.coach.mistakes import CLASSES, program

CORRECT = {
    "zero_grad at the end": program("""
        model = nn.Linear(1, 1)
        opt = torch.optim.SGD(model.parameters(), lr=0.1)
        for step in range(60):
            loss = F.mse_loss(model(x), y)
            loss.backward()
            opt.step()
            opt.zero_grad()
    """),
    "zero_grad at the beginning, filled with zeros": program("""
        model = nn.Linear(1, 1)
        opt = torch.optim.Adam(model.parameters(), lr=0.1)
        losses = []
        for step in range(60):
            opt.zero_grad(set_to_none=False)
            loss = F.mse_loss(model(x), y)
            loss.backward()
            opt.step()
            losses.append(loss.item())
    """),
    "by hand, zero_()": program("""
        w = torch.zeros(1, requires_grad=True)
        b = torch.zeros(1, requires_grad=True)
        for step in range(40):
            loss = ((w * x + b - y) ** 2).mean()
            loss.backward()
            with torch.no_grad():
                w -= 0.1 * w.grad
                b -= 0.1 * b.grad
                w.grad.zero_()
                b.grad.zero_()
    """),
    "by hand, through .data": program("""
        w = torch.zeros(1, requires_grad=True)
        for step in range(40):
            loss = ((w * x - y) ** 2).mean()
            loss.backward()
            w.data -= 0.1 * w.grad.data
            w.grad.data.zero_()
    """),
    "by hand, None": program("""
        w = torch.zeros(1, requires_grad=True)
        for step in range(40):
            loss = ((w * x - y) ** 2).mean()
            loss.backward()
            with torch.no_grad():
                w.sub_(0.1 * w.grad)
            w.grad = None
    """),
    "new weights in each step": program("""
        w = torch.zeros(1, requires_grad=True)
        for step in range(40):
            loss = ((w * x - y) ** 2).mean()
            loss.backward()
            w = (w - 0.1 * w.grad).detach().requires_grad_()
    """),
    "by autograd.grad": program("""
        w = torch.zeros(1, requires_grad=True)
        for step in range(40):
            loss = ((w * x - y) ** 2).mean()
            (slope,) = torch.autograd.grad(loss, w)
            with torch.no_grad():
                w -= 0.1 * slope
    """),
    "LBFGS with a closure": program("""
        model = nn.Linear(1, 1)
        opt = torch.optim.LBFGS(model.parameters(), lr=0.5, max_iter=5)

        def closure():
            opt.zero_grad()
            loss = F.mse_loss(model(x), y)
            loss.backward()
            return loss

        for step in range(10):
            opt.step(closure)
    """),
    "a scheduler, and its curve drawn first": program("""
        model = nn.Linear(1, 1)
        opt = torch.optim.SGD(model.parameters(), lr=0.1)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(opt, T_max=20)
        rates = []
        for epoch in range(20):
            opt.step()
            schedule.step()
            rates.append(schedule.get_last_lr()[0])
        opt = torch.optim.SGD(model.parameters(), lr=0.1)
        schedule = torch.optim.lr_scheduler.StepLR(opt, step_size=5, gamma=0.5)
        for epoch in range(20):
            opt.zero_grad()
            F.mse_loss(model(x), y).backward()
            opt.step()
            schedule.step()
    """),
    "only a scheduler's curve": program("""
        opt = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
        schedule = torch.optim.lr_scheduler.OneCycleLR(opt, max_lr=1.0, total_steps=30)
        rates = []
        for step in range(30):
            rates.append(opt.param_groups[0]["lr"])
            opt.step()
            schedule.step()
    """),
    "autocast and a GradScaler": program("""
        model = nn.Sequential(nn.Linear(1, 8), nn.ReLU(), nn.Linear(8, 1))
        opt = torch.optim.SGD(model.parameters(), lr=0.05)
        scaler = torch.amp.GradScaler("cpu")
        for step in range(20):
            opt.zero_grad()
            with torch.autocast("cpu", dtype=torch.bfloat16):
                loss = F.mse_loss(model(x).float(), y)
            scaler.scale(loss).backward()
            scaler.unscale_(opt)
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            scaler.step(opt)
            scaler.update()
    """),
    "accumulation over four batches": program("""
        model = nn.Linear(1, 1)
        opt = torch.optim.SGD(model.parameters(), lr=0.1)
        loader = DataLoader(TensorDataset(x, y), batch_size=1)
        for epoch in range(10):
            for number, (xb, yb) in enumerate(loader):
                loss = F.mse_loss(model(xb), yb) / 4
                loss.backward()
                if (number + 1) % 4 == 0:
                    opt.step()
                    opt.zero_grad()
    """),
    "accumulation in an inner loop": program("""
        model = nn.Linear(1, 1)
        opt = torch.optim.Adam(model.parameters(), lr=0.1)
        for epoch in range(10):
            opt.zero_grad()
            for xb, yb in DataLoader(TensorDataset(x, y), batch_size=2):
                (F.mse_loss(model(xb), yb) / 4).backward()
            opt.step()
    """),
    "the gradient of the whole data, piece by piece, without a step": program("""
        model = nn.Linear(1, 1)
        for xb, yb in DataLoader(TensorDataset(x, y), batch_size=2):
            F.mse_loss(model(xb), yb, reduction="sum").backward()
        print(model.weight.grad / len(x))
    """),
    "a GAN": program("""
        real = torch.randn(64, 2) + 2
        G = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 2))
        D = nn.Sequential(nn.Linear(2, 8), nn.LeakyReLU(0.2), nn.Dropout(0.2), nn.Linear(8, 1))
        opt_g = torch.optim.Adam(G.parameters(), lr=1e-3)
        opt_d = torch.optim.Adam(D.parameters(), lr=1e-3)
        bce = nn.BCEWithLogitsLoss()
        ones, zeros = torch.ones(64, 1), torch.zeros(64, 1)
        for step in range(30):
            fake = G(torch.randn(64, 4))
            loss_d = bce(D(real), ones) + bce(D(fake.detach()), zeros)
            opt_d.zero_grad()
            loss_d.backward()
            opt_d.step()
            loss_g = bce(D(fake), ones)
            opt_g.zero_grad()
            loss_g.backward()
            opt_g.step()
    """),
    "a GAN whose discriminator trains through the generator": program("""
        G, D = nn.Linear(4, 2), nn.Linear(2, 1)
        opt_g = torch.optim.SGD(G.parameters(), lr=0.01)
        opt_d = torch.optim.SGD(D.parameters(), lr=0.01)
        for step in range(20):
            opt_d.zero_grad()
            loss_d = F.softplus(-D(torch.randn(8, 2) + 1)).mean() + F.softplus(D(G(torch.randn(8, 4)))).mean()
            loss_d.backward()
            opt_d.step()
            opt_g.zero_grad()
            loss_g = F.softplus(-D(G(torch.randn(8, 4)))).mean()
            loss_g.backward()
            opt_g.step()
    """),
    "a critic trained on fakes made without gradients": program("""
        G = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Linear(8, 2))
        D = nn.Linear(2, 1)
        opt = torch.optim.SGD(D.parameters(), lr=0.01)
        for step in range(20):
            with torch.no_grad():
                fake = G(torch.randn(8, 4))
            opt.zero_grad()
            (D(fake).mean() - D(torch.randn(8, 2)).mean() + D(fake).pow(2).mean()).backward()
            opt.step()
    """),
    "torch.func": program("""
        model = nn.Linear(1, 1)
        weights = {name: p.detach() for name, p in model.named_parameters()}

        def loss_of(weights):
            return F.mse_loss(torch.func.functional_call(model, weights, (x,)), y)

        for step in range(30):
            slopes = torch.func.grad(loss_of)(weights)
            weights = {name: weights[name] - 0.1 * slopes[name] for name in weights}
    """),
    "groups of parameters": program("""
        model = nn.Sequential(nn.Linear(1, 8), nn.ReLU(), nn.Linear(8, 1))
        opt = torch.optim.SGD(
            [{"params": model[0].parameters(), "lr": 0.01}, {"params": model[2].parameters()}], lr=0.05, momentum=0.9
        )
        for step in range(30):
            opt.zero_grad()
            F.mse_loss(model(x), y).backward()
            opt.step()
    """),
    "clipped gradients": program("""
        model = nn.Linear(1, 1)
        opt = torch.optim.SGD(model.parameters(), lr=0.1)
        for step in range(30):
            loss = F.mse_loss(model(x), y)
            opt.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 0.5)
            opt.step()
    """),
    "a frozen body": program("""
        body, head = nn.Sequential(nn.Linear(1, 8), nn.BatchNorm1d(8), nn.ReLU()), nn.Linear(8, 1)
        body.requires_grad_(False)
        body.eval()
        opt = torch.optim.Adam(head.parameters(), lr=0.01)
        for step in range(30):
            opt.zero_grad()
            F.mse_loss(head(body(x)), y).backward()
            opt.step()
    """),
    "the head only, nothing frozen": program("""
        model = nn.Sequential(nn.Linear(1, 8), nn.ReLU(), nn.Linear(8, 1))
        opt = torch.optim.SGD(model[2].parameters(), lr=0.05)
        for step in range(20):
            model.zero_grad()
            F.mse_loss(model(x), y).backward()
            opt.step()
    """),
    "fine-tuned with its batch norm still": program("""
        model = nn.Sequential(nn.Linear(1, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 1))
        opt = torch.optim.SGD(model.parameters(), lr=0.01)
        for step in range(20):
            model.train()
            model[1].eval()
            opt.zero_grad()
            F.mse_loss(model(x), y).backward()
            opt.step()
    """),
    "a recurrent network": program("""
        class Reader(nn.Module):
            def __init__(self):
                super().__init__()
                self.rnn = nn.GRU(2, 8, batch_first=True)
                self.out = nn.Linear(8, 1)

            def forward(self, x):
                states, _ = self.rnn(x)
                return self.out(states[:, -1])

        words = torch.randn(16, 7, 2)
        sums = words.sum((1, 2)).unsqueeze(1)
        model = Reader()
        opt = torch.optim.Adam(model.parameters(), lr=0.01)
        for step in range(20):
            opt.zero_grad()
            loss = F.mse_loss(model(words), sums)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            opt.step()
    """),
    "truncated backpropagation through time": program("""
        cell, out = nn.RNNCell(1, 4), nn.Linear(4, 1)
        opt = torch.optim.SGD([*cell.parameters(), *out.parameters()], lr=0.05)
        state = torch.zeros(1, 4)
        series = torch.sin(torch.arange(64) / 5)
        for start in range(0, 60, 6):
            loss = 0
            for t in range(start, start + 6):
                state = cell(series[t].view(1, 1), state)
                loss = loss + (out(state) - series[t + 1]).pow(2).mean()
            opt.zero_grad()
            loss.backward()
            opt.step()
            state = state.detach()
    """),
    "an embedding with sparse gradients": program("""
        table = nn.Embedding(20, 4, sparse=True)
        opt = torch.optim.SparseAdam(table.parameters(), lr=0.05)
        for step in range(20):
            left, right = torch.randint(0, 20, (2, 16))
            opt.zero_grad()
            loss = (1 - F.cosine_similarity(table(left), table(right))).mean()
            loss.backward()
            opt.step()
    """),
    "early stopping, judged in eval()": program("""
        model = nn.Sequential(nn.Linear(1, 8), nn.Dropout(0.1), nn.ReLU(), nn.Linear(8, 1))
        opt = torch.optim.Adam(model.parameters(), lr=0.02)
        best, patience, kept = float("inf"), 0, None
        for epoch in range(40):
            model.train()
            opt.zero_grad()
            F.mse_loss(model(x), y).backward()
            opt.step()
            model.eval()
            with torch.no_grad():
                val_loss = F.mse_loss(model(x), y).item()
            if val_loss < best:
                best, patience, kept = val_loss, 0, copy.deepcopy(model.state_dict())
            else:
                patience += 1
            if patience == 5:
                break
        model.load_state_dict(kept)
    """),
    "evaluate() and train() as functions": program(
        """
        def train(model, loader, opt):
            model.train()
            running = 0.0
            for xb, yb in loader:
                opt.zero_grad()
                loss = F.cross_entropy(model(xb), yb)
                loss.backward()
                opt.step()
                running += loss.item() * len(xb)
            return running / len(loader.dataset)

        @torch.no_grad()
        def evaluate(model, loader):
            model.eval()
            correct = 0
            for xb, yb in loader:
                correct += (model(xb).argmax(1) == yb).sum().item()
            return correct / len(loader.dataset)

        data = TensorDataset(x, labels)
        model = nn.Sequential(nn.Linear(4, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.2), nn.Linear(16, 3))
        opt = torch.optim.AdamW(model.parameters(), lr=1e-2)
        for epoch in range(5):
            train(model, DataLoader(Subset(data, range(8)), batch_size=4, shuffle=True), opt)
            evaluate(model, DataLoader(Subset(data, range(8, 12)), batch_size=4))
        """,
        CLASSES,
    ),
    "dropout at test time, on purpose": program("""
        model = nn.Sequential(nn.Linear(1, 16), nn.Dropout(0.3), nn.ReLU(), nn.Linear(16, 1))
        opt = torch.optim.Adam(model.parameters(), lr=0.01)
        for step in range(10):
            opt.zero_grad()
            F.mse_loss(model(x), y).backward()
            opt.step()
        model.train()
        with torch.no_grad():
            samples = torch.stack([model(x) for _ in range(20)])
        print(samples.std(0).mean().item())
    """),
    "an average of the weights": program("""
        model = nn.Linear(1, 1)
        average = copy.deepcopy(model).requires_grad_(False)
        opt = torch.optim.SGD(model.parameters(), lr=0.05)
        for step in range(30):
            opt.zero_grad()
            F.mse_loss(model(x), y).backward()
            opt.step()
            with torch.no_grad():
                for kept, now in zip(average.parameters(), model.parameters()):
                    kept.lerp_(now, 0.1)
    """),
    "a teacher in train mode, moved as an average": program("""
        student = nn.Sequential(nn.Linear(1, 8), nn.BatchNorm1d(8), nn.Linear(8, 2))
        teacher = copy.deepcopy(student)
        opt = torch.optim.SGD(student.parameters(), lr=0.05)
        for step in range(10):
            with torch.no_grad():
                wanted = teacher(x + 0.01 * torch.randn_like(x))
            loss = F.mse_loss(student(x), wanted) + student(x).pow(2).mean()
            opt.zero_grad()
            loss.backward()
            opt.step()
            with torch.no_grad():
                for t, s in zip(teacher.parameters(), student.parameters()):
                    t.mul_(0.9).add_(0.1 * s)
    """),
    "a teacher that gets gradients which nobody uses": program(
        """
        teacher, student = nn.Linear(4, 3).eval(), nn.Linear(4, 3)
        opt = torch.optim.SGD(student.parameters(), lr=0.1)
        for step in range(20):
            opt.zero_grad()
            loss = F.kl_div(F.log_softmax(student(x), 1), F.softmax(teacher(x), 1), reduction="batchmean")
            loss.backward()
            opt.step()
        """,
        CLASSES,
    ),
    "meta-learning": program("""
        meta = nn.Linear(1, 1)
        opt = torch.optim.Adam(meta.parameters(), lr=0.01)
        for task in range(15):
            slope = torch.rand(1) * 2
            w, b = meta.weight, meta.bias
            for inner in range(2):
                loss = F.mse_loss(F.linear(x, w, b), slope * x)
                grads = torch.autograd.grad(loss, (w, b), create_graph=True)
                w, b = w - 0.1 * grads[0], b - 0.1 * grads[1]
            outer = F.mse_loss(F.linear(x, w, b), slope * x)
            opt.zero_grad()
            outer.backward()
            opt.step()
    """),
    "backward(create_graph=True)": program("""
        w = torch.ones(2, requires_grad=True)
        opt = torch.optim.SGD([w], lr=0.01)
        for step in range(5):
            opt.zero_grad()
            (w**3).sum().backward(create_graph=True)
            opt.step()
        w.grad = None
    """),
    "retain_graph, two losses of one forward": program("""
        model = nn.Linear(1, 2)
        opt = torch.optim.SGD(model.parameters(), lr=0.05)
        for step in range(20):
            out = model(x)
            opt.zero_grad()
            F.mse_loss(out[:, :1], y).backward(retain_graph=True)
            F.mse_loss(out[:, 1:], -y).backward()
            opt.step()
    """),
    "several tasks, their losses added up": program(
        """
        body, classes, values = nn.Linear(4, 8), nn.Linear(8, 3), nn.Linear(8, 1)
        opt = torch.optim.Adam([*body.parameters(), *classes.parameters(), *values.parameters()], lr=0.01)
        for step in range(20):
            hidden = torch.relu(body(x))
            losses = [F.cross_entropy(classes(hidden), labels), F.mse_loss(values(hidden), x[:, :1])]
            total = 0.0
            for loss, share in zip(losses, (1.0, 0.5)):
                total += share * loss
            opt.zero_grad()
            total.backward()
            opt.step()
        """,
        CLASSES,
    ),
    "heads that take turns": program("""
        heads = nn.ModuleList([nn.Linear(1, 1), nn.Linear(1, 1)])
        opt = torch.optim.SGD(heads.parameters(), lr=0.1)
        for step in range(20):
            opt.zero_grad()
            F.mse_loss(heads[step % 2](x), y).backward()
            opt.step()
    """),
    "checkpointing": program("""
        from torch.utils.checkpoint import checkpoint

        first, second = nn.Sequential(nn.Linear(1, 8), nn.Tanh()), nn.Linear(8, 1)
        opt = torch.optim.SGD([*first.parameters(), *second.parameters()], lr=0.05)
        for step in range(20):
            opt.zero_grad()
            loss = F.mse_loss(second(checkpoint(first, x, use_reentrant=False)), y)
            loss.backward()
            opt.step()
    """),
    "second derivatives of a physical law": program("""
        net = nn.Sequential(nn.Linear(1, 16), nn.Tanh(), nn.Linear(16, 1))
        opt = torch.optim.Adam(net.parameters(), lr=0.01)
        for step in range(20):
            t = torch.rand(16, 1, requires_grad=True)
            u = net(t)
            du = torch.autograd.grad(u.sum(), t, create_graph=True)[0]
            ddu = torch.autograd.grad(du.sum(), t, create_graph=True)[0]
            at_zero = torch.zeros(1, 1)
            loss = (ddu + u).pow(2).mean() + (net(at_zero) - 1).pow(2).mean()
            opt.zero_grad()
            loss.backward()
            opt.step()
    """),
    "backward() of a single example": """\
x = torch.tensor(2.0, requires_grad=True)
y = x**3
y.backward()
print(x.grad)
""",
    "backward() twice on one leaf": """\
x = torch.tensor(2.0, requires_grad=True)
for k in range(3):
    y = x**2
    y.backward()
    print(x.grad)
""",
    "an adversarial example": program(
        """
        model = nn.Sequential(nn.Linear(4, 8), nn.Dropout(0.5), nn.Linear(8, 3))
        model.eval()
        attack = torch.zeros_like(x, requires_grad=True)
        opt = torch.optim.Adam([attack], lr=0.01)
        for step in range(10):
            opt.zero_grad()
            loss = -F.cross_entropy(model(x + attack), labels)
            loss.backward()
            opt.step()
        """,
        CLASSES,
    ),
    "adversarial examples made in eval(), trained on in train()": program(
        """
        model = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.2), nn.Linear(8, 3))
        opt = torch.optim.SGD(model.parameters(), lr=0.1)
        for step in range(20):
            model.eval()
            attacked = x.clone().requires_grad_()
            F.cross_entropy(model(attacked), labels).backward()
            attacked = (x + 0.1 * attacked.grad.sign()).detach()
            model.train()
            opt.zero_grad()
            loss = F.cross_entropy(model(attacked), labels)
            loss.backward()
            opt.step()
        """,
        CLASSES,
    ),
    "distances between all pairs": program("""
        points = torch.randn(8, 1)
        centers = nn.Parameter(torch.randn(8))
        opt = torch.optim.SGD([centers], lr=0.05)
        for step in range(10):
            opt.zero_grad()
            loss = (points - centers).pow(2).min(dim=1).values.mean()
            loss.backward()
            opt.step()
    """),
    "a loss over all pairs of scores": program("""
        model = nn.Linear(1, 1)
        opt = torch.optim.SGD(model.parameters(), lr=0.05)
        for step in range(10):
            scores, wanted = model(x).squeeze(1), y.squeeze(1)
            differences = scores[:, None] - scores[None, :]
            loss = (differences - (wanted[:, None] - wanted[None, :])).pow(2).mean()
            opt.zero_grad()
            loss.backward()
            opt.step()
    """),
    "biases of rows and columns": program("""
        ratings = torch.rand(6, 6)
        rows, columns = nn.Parameter(torch.zeros(6, 1)), nn.Parameter(torch.zeros(6))
        opt = torch.optim.SGD([rows, columns], lr=0.5)
        for step in range(20):
            opt.zero_grad()
            loss = (ratings - (rows + columns)).pow(2).mean()
            loss.backward()
            opt.step()
    """),
    "soft targets and label smoothing": program(
        """
        model = nn.Linear(4, 3)
        soft = F.one_hot(labels, 3) * 0.8 + 0.2 / 3
        opt = torch.optim.SGD(model.parameters(), lr=0.1)
        for step in range(10):
            loss = F.cross_entropy(model(x), soft) + F.cross_entropy(model(x), labels, label_smoothing=0.1)
            opt.zero_grad()
            loss.backward()
            opt.step()
        """,
        CLASSES,
    ),
    "log_softmax and cross_entropy": program(
        """
        model = nn.Linear(4, 3)
        opt = torch.optim.SGD(model.parameters(), lr=0.1)
        for step in range(10):
            scores = torch.log_softmax(model(x), dim=1)
            loss = F.cross_entropy(scores, labels)
            opt.zero_grad()
            loss.backward()
            opt.step()
        """,
        CLASSES,
    ),
    "a log-softmax layer and CrossEntropyLoss": program(
        """
        model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3), nn.LogSoftmax(dim=1))
        opt = torch.optim.SGD(model.parameters(), lr=0.1)
        for step in range(10):
            opt.zero_grad()
            nn.CrossEntropyLoss()(model(x), labels).backward()
            opt.step()
        """,
        CLASSES,
    ),
    "log_softmax and nll_loss": program(
        """
        model = nn.Sequential(nn.Linear(4, 3), nn.LogSoftmax(dim=1))
        opt = torch.optim.SGD(model.parameters(), lr=0.1)
        for step in range(10):
            opt.zero_grad()
            F.nll_loss(model(x), labels).backward()
            opt.step()
        """,
        CLASSES,
    ),
    "attention": program(
        """
        q, k, v, out = (nn.Linear(4, 4) for _ in range(4))
        head = nn.Linear(4, 3)
        opt = torch.optim.Adam([p for layer in (q, k, v, out, head) for p in layer.parameters()], lr=0.01)
        for step in range(10):
            weights = torch.softmax(q(x) @ k(x).T / 2, dim=-1)
            scores = head(out(weights @ v(x)))
            loss = F.cross_entropy(scores, labels)
            opt.zero_grad()
            loss.backward()
            opt.step()
        """,
        CLASSES,
    ),
    "policy gradient": program(
        """
        policy = nn.Linear(4, 3)
        opt = torch.optim.Adam(policy.parameters(), lr=0.01)
        for episode in range(30):
            actions = torch.distributions.Categorical(logits=policy(x))
            chosen = actions.sample()
            reward = (chosen == labels).float()
            loss = -(actions.log_prob(chosen) * (reward - reward.mean())).sum() / 12
            opt.zero_grad()
            loss.backward()
            opt.step()
        """,
        CLASSES,
    ),
    "a target network": program("""
        net = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 2))
        target = copy.deepcopy(net)
        opt = torch.optim.Adam(net.parameters(), lr=1e-2)
        for step in range(30):
            state, after, reward = torch.randn(8, 2), torch.randn(8, 2), torch.randn(8)
            with torch.no_grad():
                wanted = reward + 0.9 * target(after).max(1).values
            loss = F.smooth_l1_loss(net(state)[:, 0], wanted)
            opt.zero_grad()
            loss.backward()
            opt.step()
            if step % 10 == 0:
                target.load_state_dict(net.state_dict())
    """),
    "learning rates compared": program("""
        for lr in (0.001, 0.01, 0.1, 0.5):
            w = torch.zeros(1, requires_grad=True)
            opt = torch.optim.SGD([w], lr=lr)
            for step in range(20):
                opt.zero_grad()
                loss = (w - 30).pow(2).sum()
                loss.backward()
                opt.step()
    """),
    "small numbers, then large ones": program("""
        def fit(x, y, lr):
            w = torch.zeros(1, requires_grad=True)
            for step in range(30):
                loss = ((w * x - y) ** 2).mean()
                loss.backward()
                with torch.no_grad():
                    w -= lr * w.grad
                w.grad = None
            return w

        fit(x, 0.1 * x, 1.0)
        fit(x, 500 * x, 0.1)
    """),
    "trained until it fits exactly": program("""
        w = torch.zeros(1, requires_grad=True)
        opt = torch.optim.SGD([w], lr=0.5)
        for step in range(400):
            opt.zero_grad()
            loss = (w - 3).pow(2).sum() + 1
            loss.backward()
            opt.step()
    """),
    "a logistic regression": program(
        """
        wanted = (x[:, :1] > 0).float()
        w, b = torch.zeros(4, 1, requires_grad=True), torch.zeros(1, requires_grad=True)
        opt = torch.optim.SGD([w, b], lr=0.5)
        history = []
        for step in range(40):
            loss = F.binary_cross_entropy(torch.sigmoid(x @ w + b), wanted)
            opt.zero_grad()
            loss.backward()
            opt.step()
            history.append(loss.detach())
        """,
        CLASSES,
    ),
    "an autoencoder with a detached code shown": program(
        """
        encoder, decoder = nn.Linear(4, 2), nn.Linear(2, 4)
        opt = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=0.01)
        codes = []
        for step in range(20):
            code = encoder(x)
            loss = F.mse_loss(decoder(code), x)
            opt.zero_grad()
            loss.backward()
            opt.step()
            codes.append(code.detach().clone())
        """,
        CLASSES,
    ),
    "a trainer with its things in self": program("""
        class Trainer:
            def __init__(self, model):
                self.model = model
                self.opt = torch.optim.SGD(model.parameters(), lr=0.05)
                self.history = []

            def step(self, xb, yb):
                self.opt.zero_grad()
                loss = F.mse_loss(self.model(xb), yb)
                loss.backward()
                self.opt.step()
                self.history.append(float(loss))

        trainer = Trainer(nn.Sequential(nn.Linear(1, 4), nn.Tanh(), nn.Linear(4, 1)))
        for epoch in range(5):
            for xb, yb in DataLoader(TensorDataset(x, y), batch_size=4, shuffle=True):
                trainer.step(xb, yb)
    """),
    "a layer that is never used, and measures beside the loss": program(
        """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.out = nn.Linear(4, 3)
                self.later = nn.Linear(4, 2)

            def forward(self, x):
                return self.out(x)

        model = Net()
        opt = torch.optim.SGD(model.parameters(), lr=0.1)
        history = []
        for step in range(10):
            out = model(x)
            accuracy = (out.detach().argmax(1) == labels).float().mean()
            loss = F.cross_entropy(out, labels)
            opt.zero_grad()
            loss.backward()
            opt.step()
            history.append(loss.detach())
            shown = out.data.softmax(1)
        """,
        CLASSES,
    ),
    "sharpness-aware minimization": program(
        """
        model = nn.Linear(4, 3)
        opt = torch.optim.SGD(model.parameters(), lr=0.1)
        for step in range(20):
            F.cross_entropy(model(x), labels).backward()
            with torch.no_grad():
                climbs = [0.05 * p.grad / (p.grad.norm() + 1e-9) for p in model.parameters()]
                for p, climb in zip(model.parameters(), climbs):
                    p.add_(climb)
            opt.zero_grad()
            F.cross_entropy(model(x), labels).backward()
            with torch.no_grad():
                for p, climb in zip(model.parameters(), climbs):
                    p.sub_(climb)
            opt.step()
            opt.zero_grad()
        """,
        CLASSES,
    ),
    "actor and critic": program(
        """
        actor, critic = nn.Linear(4, 3), nn.Linear(4, 1)
        opt_a, opt_c = torch.optim.Adam(actor.parameters()), torch.optim.Adam(critic.parameters())
        for step in range(30):
            policy = torch.distributions.Categorical(logits=actor(x))
            action = policy.sample()
            advantage = (action == labels).float() - critic(x).squeeze(-1)
            loss_a = -(policy.log_prob(action) * advantage.detach()).mean()
            loss_c = advantage.pow(2).mean()
            opt_a.zero_grad()
            loss_a.backward()
            opt_a.step()
            opt_c.zero_grad()
            loss_c.backward()
            opt_c.step()
        """,
        CLASSES,
    ),
}
