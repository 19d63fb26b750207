"""Loops that tune what is there, learn to learn, or share between tasks and examples."""

from __future__ import annotations

from tests.unit.probe.coach.mistakes import CLASSES, DATA, program

LOOPS = {
    "MAML through functional_call": program("""
        from torch.func import functional_call

        net = nn.Sequential(nn.Linear(1, 16), nn.Tanh(), nn.Linear(16, 1))
        meta = torch.optim.Adam(net.parameters(), lr=1e-3)
        for iteration in range(8):
            meta.zero_grad()
            for task in range(3):
                slope = torch.rand(1) * 3
                fast = dict(net.named_parameters())
                for inner in range(2):
                    loss = F.mse_loss(functional_call(net, fast, (x,)), slope * x)
                    slopes = torch.autograd.grad(loss, tuple(fast.values()), create_graph=True)
                    fast = {name: p - 0.1 * g for (name, p), g in zip(fast.items(), slopes)}
                outer = F.mse_loss(functional_call(net, fast, (x + 0.1,)), slope * (x + 0.1)) / 3
                outer.backward()
            meta.step()
    """),
    "first-order MAML on copies": program("""
        net = nn.Linear(1, 1)
        meta = torch.optim.SGD(net.parameters(), lr=0.05)
        for iteration in range(10):
            slope = torch.rand(1) * 3
            learner = copy.deepcopy(net)
            inner = torch.optim.SGD(learner.parameters(), lr=0.1)
            for _ in range(3):
                inner.zero_grad()
                F.mse_loss(learner(x), slope * x).backward()
                inner.step()
            learner.zero_grad()
            F.mse_loss(learner(x), slope * x).backward()
            for p, q in zip(net.parameters(), learner.parameters()):
                p.grad = q.grad.clone()
            meta.step()
            meta.zero_grad()
    """),
    "Reptile": program("""
        net = nn.Linear(1, 1)
        for iteration in range(10):
            slope = torch.rand(1) * 3
            before = copy.deepcopy(net.state_dict())
            opt = torch.optim.SGD(net.parameters(), lr=0.1)
            for _ in range(4):
                opt.zero_grad()
                F.mse_loss(net(x), slope * x).backward()
                opt.step()
            after = net.state_dict()
            net.load_state_dict({name: before[name] + 0.5 * (after[name] - before[name]) for name in before})
    """),
    "LoRA with a frozen batch norm": program(
        """
        class LoRA(nn.Module):
            def __init__(self, base, rank=2):
                super().__init__()
                self.base = base
                self.down = nn.Parameter(torch.randn(rank, base.in_features) * 0.01)
                self.up = nn.Parameter(torch.zeros(base.out_features, rank))

            def forward(self, x):
                return self.base(x) + x @ self.down.T @ self.up.T

        model = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.1), nn.Linear(8, 3))
        model.requires_grad_(False)
        model[0], model[4] = LoRA(model[0]), LoRA(model[4])
        model.eval()
        opt = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-2)
        for step in range(20):
            loss = F.cross_entropy(model(x), labels)
            opt.zero_grad()
            loss.backward()
            opt.step()
        """,
        CLASSES,
    ),
    "a new head on a frozen body in eval()": program(
        """
        class Classifier(nn.Module):
            def __init__(self):
                super().__init__()
                self.body = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.5))
                self.head = nn.Linear(8, 3)

            def forward(self, x):
                with torch.no_grad():
                    features = self.body(x)
                return self.head(features)

            def train(self, mode=True):
                super().train(mode)
                self.body.eval()
                return self

        model = Classifier().train()
        opt = torch.optim.Adam(model.head.parameters(), lr=1e-2)
        for step in range(20):
            opt.zero_grad()
            loss = F.cross_entropy(model(x), labels)
            loss.backward()
            opt.step()
        """,
        CLASSES,
    ),
    "unfrozen after a while, in groups": program(
        """
        body, head = nn.Sequential(nn.Linear(4, 8), nn.ReLU()), nn.Linear(8, 3)
        body.requires_grad_(False)
        opt = torch.optim.SGD(head.parameters(), lr=0.1)
        for epoch in range(20):
            if epoch == 10:
                body.requires_grad_(True)
                opt.add_param_group({"params": body.parameters(), "lr": 0.01})
            opt.zero_grad()
            F.cross_entropy(head(body(x)), labels).backward()
            opt.step()
        """,
        CLASSES,
    ),
    "a prompt that is tuned before frozen embeddings": program("""
        embed = nn.Embedding(10, 8).requires_grad_(False)
        reader = nn.GRU(8, 8, batch_first=True).requires_grad_(False)
        head = nn.Linear(8, 2)
        prompt = nn.Parameter(torch.randn(1, 3, 8) * 0.1)
        opt = torch.optim.Adam([prompt, *head.parameters()], lr=1e-2)
        tokens, wanted = torch.randint(0, 10, (8, 5)), torch.randint(0, 2, (8,))
        for step in range(20):
            states, _ = reader(torch.cat([prompt.expand(8, -1, -1), embed(tokens)], dim=1))
            loss = F.cross_entropy(head(states[:, -1]), wanted)
            opt.zero_grad()
            loss.backward()
            opt.step()
    """),
    "Mixup": program(
        """
        model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 3))
        opt = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4)
        for step in range(20):
            share = torch.distributions.Beta(0.4, 0.4).sample().item()
            other = torch.randperm(12)
            mixed = share * x + (1 - share) * x[other]
            scores = model(mixed)
            loss = share * F.cross_entropy(scores, labels) + (1 - share) * F.cross_entropy(scores, labels[other])
            opt.zero_grad()
            loss.backward()
            opt.step()
        """,
        CLASSES,
    ),
    "mixed labels as probabilities": program(
        """
        model = nn.Linear(4, 3)
        opt = torch.optim.SGD(model.parameters(), lr=0.1)
        for step in range(20):
            share, other = torch.rand(12, 1), torch.randperm(12)
            hot = F.one_hot(labels, 3).float()
            loss = F.cross_entropy(model(share * x + (1 - share) * x[other]), share * hot + (1 - share) * hot[other])
            opt.zero_grad()
            loss.backward()
            opt.step()
        """,
        CLASSES,
    ),
    "tasks weighed by what is uncertain": program(
        """
        body, kinds, values = nn.Linear(4, 8), nn.Linear(8, 3), nn.Linear(8, 1)
        log_variances = nn.Parameter(torch.zeros(2))
        opt = torch.optim.Adam([p for m in (body, kinds, values) for p in m.parameters()] + [log_variances], lr=1e-2)
        for step in range(20):
            hidden = F.relu(body(x))
            parts = torch.stack([F.cross_entropy(kinds(hidden), labels), F.mse_loss(values(hidden), x[:, 1:2])])
            loss = (parts * (-log_variances).exp() + log_variances).sum()
            opt.zero_grad()
            loss.backward()
            opt.step()
        """,
        CLASSES,
    ),
    "tasks with a backward() each": program(
        """
        body, kinds, values = nn.Linear(4, 8), nn.Linear(8, 3), nn.Linear(8, 1)
        opt = torch.optim.Adam([p for m in (body, kinds, values) for p in m.parameters()], lr=1e-2)
        for step in range(20):
            opt.zero_grad()
            hidden = F.relu(body(x))
            kind_loss = F.cross_entropy(kinds(hidden), labels)
            value_loss = F.mse_loss(values(hidden), x[:, 1:2])
            kind_loss.backward(retain_graph=True)
            value_loss.backward()
            opt.step()
        """,
        CLASSES,
    ),
    "a curriculum of harder and harder examples": program(
        """
        model = nn.Linear(1, 1)
        opt = torch.optim.SGD(model.parameters(), lr=0.1)
        with torch.no_grad():
            order = F.mse_loss(model(x), y, reduction="none").squeeze(1).argsort()
        for epoch in range(20):
            easy = order[: 2 + epoch * 6 // 20]
            opt.zero_grad()
            loss = F.mse_loss(model(x[easy]), y[easy])
            loss.backward()
            opt.step()
        """,
        DATA,
    ),
    "examples weighed by how rare they are": program(
        """
        counts = torch.bincount(labels, minlength=3).float()
        criterion = nn.CrossEntropyLoss(weight=counts.sum() / counts)
        sampler = torch.utils.data.WeightedRandomSampler(1 / counts[labels], 12)
        model = nn.Linear(4, 3)
        opt = torch.optim.Adam(model.parameters(), lr=1e-2)
        for epoch in range(4):
            for xb, yb in DataLoader(TensorDataset(x, labels), batch_size=4, sampler=sampler):
                opt.zero_grad()
                criterion(model(xb), yb).backward()
                opt.step()
        """,
        CLASSES,
    ),
    "five folds, a model for each": program(
        """
        rows, scores = torch.randperm(12), []
        for fold in rows.chunk(3):
            keep = torch.tensor([i for i in range(12) if i not in fold.tolist()])
            model = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 3))
            opt = torch.optim.Adam(model.parameters(), lr=1e-2)
            for epoch in range(5):
                model.train()
                opt.zero_grad()
                F.cross_entropy(model(x[keep]), labels[keep]).backward()
                opt.step()
            model.eval()
            with torch.no_grad():
                scores.append((model(x[fold]).argmax(1) == labels[fold]).float().mean().item())
        print(sum(scores) / len(scores))
        """,
        CLASSES,
    ),
    "a net that makes the weights of another": program("""
        hyper = nn.Linear(2, 2)
        opt = torch.optim.Adam(hyper.parameters(), lr=1e-2)
        for step in range(20):
            task = torch.rand(2)
            w, b = hyper(task)
            loss = ((w * x + b) - (task[0] * x + task[1])).pow(2).mean()
            opt.zero_grad()
            loss.backward()
            opt.step()
    """),
    "style moved into a picture's pixels": program("""
        features = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 4, 3, padding=1)).eval()
        features.requires_grad_(False)
        content, style = torch.rand(1, 1, 8, 8), torch.rand(1, 1, 8, 8)

        def gram(f):
            f = f.flatten(2)
            return f @ f.transpose(1, 2) / f.numel()

        picture = content.clone().requires_grad_(True)
        opt = torch.optim.Adam([picture], lr=0.02)
        for step in range(15):
            opt.zero_grad()
            f = features(picture)
            loss = F.mse_loss(f, features(content)) + 100 * F.mse_loss(gram(f), gram(features(style)))
            loss.backward()
            opt.step()
            with torch.no_grad():
                picture.clamp_(0, 1)
    """),
}
