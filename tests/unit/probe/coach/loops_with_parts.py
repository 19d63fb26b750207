"""Correct loops beside the mistakes of `mistakes_of_parts`."""

from __future__ import annotations

from tests.unit.probe.coach.mistakes import CLASSES, program

WITH_PARTS = {
    "a frozen encoder that the optimizer does not hold": program(
        """
        encoder, head = nn.Sequential(nn.Linear(4, 8), nn.ReLU()), nn.Linear(8, 3)
        opt = torch.optim.Adam(head.parameters(), lr=0.01)
        for step in range(10):
            with torch.no_grad():
                code = encoder(x)
            loss = F.cross_entropy(head(code), labels)
            opt.zero_grad()
            loss.backward()
            opt.step()
        """,
        CLASSES,
    ),
    "a frozen encoder that says so": program(
        """
        model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))
        model[0].requires_grad_(False)
        opt = torch.optim.Adam(model.parameters(), lr=0.01)
        for step in range(10):
            with torch.no_grad():
                hidden = model[0](x)
            loss = F.cross_entropy(model[2](model[1](hidden)), labels)
            opt.zero_grad()
            loss.backward()
            opt.step()
        """,
        CLASSES,
    ),
    "arrays beside the loss, and a head for later": program(
        """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.body, self.out, self.later = nn.Linear(4, 8), nn.Linear(8, 3), nn.Linear(8, 2)

            def forward(self, x):
                return self.out(torch.relu(self.body(x)))

        net, shown = Net(), []
        opt = torch.optim.SGD(net.parameters(), lr=0.1)
        for step in range(10):
            scores = net(x)
            loss = F.cross_entropy(scores, labels)
            opt.zero_grad()
            loss.backward()
            opt.step()
            shown.append(scores.detach().numpy().argmax(1))
            with torch.no_grad():
                judged = net(x).argmax(1)
        """,
        CLASSES,
    ),
    "a teacher whose average follows": program(
        """
        online, predictor = nn.Linear(4, 8), nn.Linear(8, 8)
        target = copy.deepcopy(online)
        opt = torch.optim.Adam([*online.parameters(), *predictor.parameters()], lr=0.01)
        for step in range(10):
            with torch.no_grad():
                wanted = target(x + 0.1 * torch.randn_like(x))
            loss = 2 - 2 * F.cosine_similarity(predictor(online(x)), wanted).mean()
            opt.zero_grad()
            loss.backward()
            opt.step()
            with torch.no_grad():
                for t, o in zip(target.parameters(), online.parameters()):
                    t.lerp_(o, 0.05)
        """,
        CLASSES,
    ),
    "a model for each trial": program("""
        results = {}
        for width in (2, 4, 8):
            for lr in (0.01, 0.1):
                model = nn.Sequential(nn.Linear(1, width), nn.Tanh(), nn.Linear(width, 1))
                opt = torch.optim.Adam(model.parameters(), lr=lr)
                for epoch in range(4):
                    for xb, yb in DataLoader(TensorDataset(x, y), batch_size=4):
                        loss = F.mse_loss(model(xb), yb)
                        opt.zero_grad()
                        loss.backward()
                        opt.step()
                results[width, lr] = loss.item()
    """),
    "a model for each fold": program(
        """
        folds = torch.arange(12).chunk(4)
        for held_out in folds:
            rest = torch.cat([fold for fold in folds if fold is not held_out])
            model = nn.Linear(4, 3)
            opt = torch.optim.AdamW(model.parameters(), lr=0.01)
            for xb, yb in DataLoader(TensorDataset(x[rest], labels[rest]), batch_size=3):
                loss = F.cross_entropy(model(xb), yb)
                opt.zero_grad()
                loss.backward()
                opt.step()
        """,
        CLASSES,
    ),
    "one step of each of several optimizers": program("""
        optim = torch.optim
        for Optimizer in (optim.SGD, optim.Adam, optim.RMSprop, optim.Adagrad, optim.AdamW, optim.NAdam):
            model = nn.Linear(1, 1)
            opt = Optimizer(model.parameters(), lr=0.1)
            F.mse_loss(model(x), y).backward()
            opt.step()
    """),
    "a first step from many seeds": program("""
        for seed in range(12):
            torch.manual_seed(seed)
            model = nn.Linear(1, 1)
            opt = torch.optim.Adam(model.parameters(), lr=0.1)
            for xb, yb in DataLoader(TensorDataset(x, y), batch_size=8):
                F.mse_loss(model(xb), yb).backward()
                opt.step()
    """),
    "an optimizer of another rate for each step": program("""
        model = nn.Linear(1, 1)
        for step in range(10):
            opt = torch.optim.Adam(model.parameters(), lr=0.1 / (step + 1))
            loss = F.mse_loss(model(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
    """),
    "a plain optimizer for each step": program("""
        model = nn.Linear(1, 1)
        for step in range(10):
            opt = torch.optim.SGD(model.parameters(), lr=0.1)
            loss = F.mse_loss(model(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
    """),
    "tasks learned by a copy, one step each": program("""
        meta = nn.Linear(1, 1)
        outer = torch.optim.SGD(meta.parameters(), lr=0.1)
        for task in range(10):
            slope = torch.rand(1) * 2
            learner = copy.deepcopy(meta)
            inner = torch.optim.Adam(learner.parameters(), lr=0.01)
            inner.zero_grad()
            F.mse_loss(learner(x), slope * x).backward()
            inner.step()
            outer.zero_grad()
            for m, l in zip(meta.parameters(), learner.parameters()):
                m.grad = m.detach() - l.detach()
            outer.step()
    """),
    "a perturbation for each batch": program(
        """
        model = nn.Linear(4, 3)
        opt = torch.optim.SGD(model.parameters(), lr=0.1)
        for epoch in range(4):
            for xb, yb in DataLoader(TensorDataset(x, labels), batch_size=6):
                delta = nn.Parameter(0.01 * torch.randn_like(xb))
                F.cross_entropy(model(xb + delta), yb).backward()
                with torch.no_grad():
                    worst = xb + 0.1 * delta.grad.sign()
                opt.zero_grad()
                F.cross_entropy(model(worst), yb).backward()
                opt.step()
        """,
        CLASSES,
    ),
    "a picture optimized for each style": program("""
        features = nn.Linear(4, 8).requires_grad_(False)
        for style in torch.randn(3, 8):
            picture = torch.zeros(1, 4, requires_grad=True)
            opt = torch.optim.Adam([picture], lr=0.1)
            for step in range(6):
                loss = F.mse_loss(features(picture), style[None])
                opt.zero_grad()
                loss.backward()
                opt.step()
    """),
    "a random projection for each batch": program(
        """
        model = nn.Linear(4, 8)
        opt = torch.optim.SGD(model.parameters(), lr=0.1)
        for step in range(10):
            view = nn.Linear(4, 4, bias=False)
            nn.init.orthogonal_(view.weight)
            loss = F.mse_loss(model(view(x)), model(x).detach())
            opt.zero_grad()
            loss.backward()
            opt.step()
        """,
        CLASSES,
    ),
}
