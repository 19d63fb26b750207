"""Correct loops beside the mistakes of `mistakes_of_runs`."""

from __future__ import annotations

from tests.unit.probe.coach.mistakes import CLASSES, program

RIGHT_RUNS = {
    "Adam from zeros, with a large rate": program("""
        w, b = torch.zeros(1, requires_grad=True), torch.zeros(1, requires_grad=True)
        opt = torch.optim.Adam([w, b], lr=0.3)
        for step in range(60):
            loss = F.mse_loss(w * x + b, 100 * y)
            opt.zero_grad()
            loss.backward()
            opt.step()
    """),
    "a picture climbs, with a large rate": program("""
        features = nn.Sequential(nn.Linear(16, 8), nn.Tanh(), nn.Linear(8, 4)).requires_grad_(False)
        picture = torch.full((1, 16), 0.1, requires_grad=True)
        opt = torch.optim.Adam([picture], lr=1.0)
        for step in range(40):
            loss = F.mse_loss(features(picture), torch.ones(1, 4))
            opt.zero_grad()
            loss.backward()
            opt.step()
    """),
    "rewards that grow, and a value that follows": program("""
        value = nn.Linear(1, 1)
        opt = torch.optim.Adam(value.parameters(), lr=0.01)
        for episode in range(60):
            returns = (1 + episode / 30) * (1 + x)
            loss = F.mse_loss(value(x), returns)
            opt.zero_grad()
            loss.backward()
            opt.step()
    """),
    "a bump in a run that ends well": program("""
        model = nn.Sequential(nn.Linear(1, 16), nn.Tanh(), nn.Linear(16, 1))
        opt = torch.optim.Adam(model.parameters(), lr=0.3)
        for step in range(80):
            loss = F.mse_loss(model(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
    """),
    "sorted, and shuffled": program("""
        inputs, targets = torch.randn(60, 4), torch.arange(60) // 20
        loader = DataLoader(TensorDataset(inputs, targets), batch_size=5, shuffle=True)
        model = nn.Linear(4, 3)
        opt = torch.optim.SGD(model.parameters(), lr=0.1)
        for epoch in range(3):
            for xb, yb in loader:
                opt.zero_grad()
                F.cross_entropy(model(xb), yb).backward()
                opt.step()
    """),
    "one example at a time": program(
        """
        loader = DataLoader(TensorDataset(x, labels), batch_size=1)
        model = nn.Linear(4, 3)
        opt = torch.optim.SGD(model.parameters(), lr=0.1)
        for xb, yb in loader:
            opt.zero_grad()
            F.cross_entropy(model(xb), yb).backward()
            opt.step()
        """,
        CLASSES,
    ),
    "contrasts whose first one is right": program("""
        loader = DataLoader(TensorDataset(torch.randn(64, 4), torch.arange(64) // 32), batch_size=8)
        encoder = nn.Linear(4, 8)
        opt = torch.optim.SGD(encoder.parameters(), lr=0.1)
        queue = F.normalize(torch.randn(16, 8), dim=1)
        for inputs, _ in loader:
            q = F.normalize(encoder(inputs), dim=1)
            k = F.normalize(encoder(inputs + 0.1 * torch.randn_like(inputs)), dim=1).detach()
            scores = torch.cat([(q * k).sum(1, keepdim=True), q @ queue.T], dim=1) / 0.1
            loss = F.cross_entropy(scores, torch.zeros(len(q), dtype=torch.long))
            opt.zero_grad()
            loss.backward()
            opt.step()
    """),
    "a rare class, in the order of time": program("""
        wanted = (torch.arange(96) % 30 == 29).long()
        loader = DataLoader(TensorDataset(torch.randn(96, 4), wanted), batch_size=16)
        model = nn.Linear(4, 2)
        opt = torch.optim.SGD(model.parameters(), lr=0.1)
        for epoch in range(3):
            for xb, yb in loader:
                opt.zero_grad()
                F.cross_entropy(model(xb), yb).backward()
                opt.step()
    """),
    "a logistic regression from zeros": program(
        """
        model = nn.Linear(4, 3)
        nn.init.zeros_(model.weight)
        nn.init.zeros_(model.bias)
        opt = torch.optim.SGD(model.parameters(), lr=0.5)
        for step in range(20):
            opt.zero_grad()
            F.cross_entropy(model(x), labels).backward()
            opt.step()
        """,
        CLASSES,
    ),
    "a low-rank change that begins with zeros": program(
        """
        class LowRank(nn.Module):
            def __init__(self, base, rank=2):
                super().__init__()
                self.base = base.requires_grad_(False)
                self.down, self.up = nn.Linear(4, rank, bias=False), nn.Linear(rank, 3, bias=False)
                nn.init.zeros_(self.up.weight)

            def forward(self, x):
                return self.base(x) + self.up(self.down(x))

        model = LowRank(nn.Linear(4, 3))
        opt = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=0.01)
        for step in range(20):
            opt.zero_grad()
            F.cross_entropy(model(x), labels).backward()
            opt.step()
        """,
        CLASSES,
    ),
    "a block whose last layer begins with zeros": program(
        """
        first, second, head = nn.Linear(4, 8), nn.Linear(8, 4), nn.Linear(4, 3)
        nn.init.zeros_(second.weight)
        nn.init.zeros_(second.bias)
        parameters = [p for layer in (first, second, head) for p in layer.parameters()]
        opt = torch.optim.SGD(parameters, lr=0.1)
        for step in range(20):
            hidden = x + second(torch.relu(first(x)))
            loss = F.cross_entropy(head(hidden), labels)
            opt.zero_grad()
            loss.backward()
            opt.step()
        """,
        CLASSES,
    ),
    "zeros, and biases at random": program("""
        model = nn.Sequential(nn.Linear(1, 8), nn.Tanh(), nn.Linear(8, 1))
        for layer in (model[0], model[2]):
            nn.init.zeros_(layer.weight)
        opt = torch.optim.SGD(model.parameters(), lr=0.1)
        for step in range(20):
            opt.zero_grad()
            F.mse_loss(model(x), y).backward()
            opt.step()
    """),
}
