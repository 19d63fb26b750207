"""Programs in which a part never learns: it is made again, or runs where autograd does not see it."""

from __future__ import annotations

from tests.unit.probe.coach.mistakes import CLASSES, Mistake, program

PARTS = {
    "an encoder under no_grad()": Mistake(
        "untrained-part",
        "with torch.no_grad():",
        "code = encoder(x)",
        program(
            """
            encoder, head = nn.Sequential(nn.Linear(4, 8), nn.ReLU()), nn.Linear(8, 3)
            opt = torch.optim.Adam([*encoder.parameters(), *head.parameters()], lr=0.01)
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
        ("`encoder[0].weight` and `encoder[0].bias` have no gradient", "10 steps"),
    ),
    "a body under no_grad() in forward()": Mistake(
        "untrained-part",
        "with torch.no_grad():",
        "h = torch.relu(self.body(x))\nh = h / h.norm()",
        program(
            """
            class Net(nn.Module):
                def __init__(self):
                    super().__init__()
                    self.body, self.head = nn.Linear(4, 8), nn.Linear(8, 3)

                def forward(self, x):
                    with torch.no_grad():
                        h = torch.relu(self.body(x))
                        h = h / h.norm()
                    return self.head(h)

            net = Net()
            opt = torch.optim.SGD(net.parameters(), lr=0.1)
            for epoch in range(4):
                for xb, yb in DataLoader(TensorDataset(x, labels), batch_size=6, shuffle=True):
                    opt.zero_grad()
                    F.cross_entropy(net(xb), yb).backward()
                    opt.step()
            """,
            CLASSES,
        ),
        ("`self.body` runs without gradients",),
    ),
    "an embedding in inference mode": Mistake(
        "untrained-part",
        "with torch.inference_mode():",
        "means = table(words).mean(1)",
        program("""
            words, wanted = torch.randint(0, 9, (16, 5)), torch.randn(16, 1)
            table, out = nn.Embedding(9, 4), nn.Linear(4, 1)
            optimizer = torch.optim.AdamW([{"params": table.parameters()}, {"params": out.parameters()}], lr=0.01)
            for step in range(8):
                with torch.inference_mode():
                    means = table(words).mean(1)
                loss = F.mse_loss(out(means.clone()), wanted)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
        """),
        ("`table.weight` has no gradient",),
    ),
    "by way of an array": Mistake(
        "untrained-part",
        "return self.out(torch.from_numpy(np.tanh(h.detach().numpy())))",
        "return self.out(torch.tanh(h))",
        program(
            """
            import numpy as np

            class Net(nn.Module):
                def __init__(self):
                    super().__init__()
                    self.first, self.out = nn.Linear(4, 8), nn.Linear(8, 3)

                def forward(self, x):
                    h = self.first(x)
                    return self.out(torch.from_numpy(np.tanh(h.detach().numpy())))

            net = Net()
            opt = torch.optim.Adam(net.parameters(), lr=0.01)
            for step in range(10):
                opt.zero_grad()
                loss = F.cross_entropy(net(x), labels)
                loss.backward()
                opt.step()
            """,
            CLASSES,
        ),
        ("`net.first.weight` and `net.first.bias`", "`h` goes by way of one"),
    ),
    "by way of an array, for another library": Mistake(
        "untrained-part",
        "scaled = torch.tensor(features.detach().cpu().numpy())",
        "scaled = features",
        program(
            """
            first, second = nn.Linear(4, 8), nn.Linear(8, 3)
            opt = torch.optim.SGD([*first.parameters(), *second.parameters()], lr=0.1)
            for step in range(10):
                features = torch.relu(first(x))
                scaled = torch.tensor(features.detach().cpu().numpy())
                loss = F.cross_entropy(second(scaled), labels)
                opt.zero_grad()
                loss.backward()
                opt.step()
            """,
            CLASSES,
        ),
    ),
    "a layer made in forward()": Mistake(
        "layer-remade",
        "return nn.Linear(8, 3)(h)",
        "self.first = nn.Linear(4, 8)\nself.linear = nn.Linear(8, 3)\nreturn self.linear(h)",
        program(
            """
            class Net(nn.Module):
                def __init__(self):
                    super().__init__()
                    self.first = nn.Linear(4, 8)

                def forward(self, x):
                    h = torch.relu(self.first(x))
                    return nn.Linear(8, 3)(h)

            net = Net()
            opt = torch.optim.Adam(net.parameters(), lr=0.01)
            for step in range(10):
                opt.zero_grad()
                loss = F.cross_entropy(net(x), labels)
                loss.backward()
                opt.step()
            """,
            CLASSES,
        ),
        ("2 new parameters, one of shape [3, 8]",),
    ),
    "a head made in the loop": Mistake(
        "layer-remade",
        "head = nn.Linear(8, 3)",
        "head = nn.Linear(8, 3)  # moved from line 9\n"
        "opt = torch.optim.SGD([*body.parameters(), *head.parameters()], lr=0.1)",
        program(
            """
            body = nn.Sequential(nn.Linear(4, 8), nn.Tanh())
            opt = torch.optim.SGD(body.parameters(), lr=0.1)
            for epoch in range(5):
                for xb, yb in DataLoader(TensorDataset(x, labels), batch_size=6):
                    head = nn.Linear(8, 3)
                    loss = F.cross_entropy(head(body(xb)), yb)
                    opt.zero_grad()
                    loss.backward()
                    opt.step()
            """,
            CLASSES,
        ),
    ),
    "a convolution made in forward()": Mistake(
        "layer-remade",
        "x = nn.Conv2d(1, 4, 3)(x)",
        "self.out = nn.Linear(64, 3)\nself.conv2d = nn.Conv2d(1, 4, 3)\nx = self.conv2d(x)",
        program("""
            images, wanted = torch.randn(8, 1, 6, 6), torch.randint(0, 3, (8,))

            class Net(nn.Module):
                def __init__(self):
                    super().__init__()
                    self.out = nn.Linear(64, 3)

                def forward(self, x):
                    x = nn.Conv2d(1, 4, 3)(x)
                    return self.out(torch.relu(x).flatten(1))

            net = Net()
            opt = torch.optim.SGD(net.parameters(), lr=0.1)
            for step in range(8):
                loss = F.cross_entropy(net(images), wanted)
                opt.zero_grad()
                loss.backward()
                opt.step()
        """),
    ),
    "an optimizer made for each batch": Mistake(
        "optimizer-remade",
        "opt = torch.optim.Adam(model.parameters(), lr=0.01)",
        "opt = torch.optim.Adam(model.parameters(), lr=0.01)  # moved from line 8\nfor epoch in range(5):",
        program("""
            model = nn.Linear(1, 1)
            for epoch in range(5):
                for xb, yb in DataLoader(TensorDataset(x, y), batch_size=4):
                    opt = torch.optim.Adam(model.parameters(), lr=0.01)
                    opt.zero_grad()
                    loss = F.mse_loss(model(xb), yb)
                    loss.backward()
                    opt.step()
        """),
        ("forgets the averages",),
    ),
    "an optimizer made in the function of a step": Mistake(
        "optimizer-remade",
        "optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)",
        None,
        program("""
            def train_step(net, xb, yb):
                optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
                optimizer.zero_grad()
                loss = F.mse_loss(net(xb), yb)
                loss.backward()
                optimizer.step()
                return loss.item()

            net = nn.Sequential(nn.Linear(1, 8), nn.Tanh(), nn.Linear(8, 1))
            losses = [train_step(net, x, y) for _ in range(12)]
        """),
    ),
    "an optimizer made before each epoch of one batch": Mistake(
        "optimizer-remade",
        "sgd = torch.optim.RMSprop(net.parameters(), lr=0.01)",
        "sgd = torch.optim.RMSprop(net.parameters(), lr=0.01)  # moved from line 7\nfor epoch in range(20):",
        program("""
            net = nn.Linear(1, 1)
            for epoch in range(20):
                sgd = torch.optim.RMSprop(net.parameters(), lr=0.01)
                loss = F.mse_loss(net(x), y)
                loss.backward()
                sgd.step()
                sgd.zero_grad()
        """),
    ),
    "a model made for each batch": Mistake(
        "model-remade",
        "model = nn.Linear(1, 1)",
        "model = nn.Linear(1, 1)  # moved from line 7\n"
        "opt = torch.optim.SGD(model.parameters(), lr=0.1)  # moved from line 8\nfor epoch in range(5):",
        program("""
            for epoch in range(5):
                for xb, yb in DataLoader(TensorDataset(x, y), batch_size=2):
                    model = nn.Linear(1, 1)
                    opt = torch.optim.SGD(model.parameters(), lr=0.1)
                    loss = F.mse_loss(model(xb), yb)
                    opt.zero_grad()
                    loss.backward()
                    opt.step()
        """),
    ),
    "a network made for each batch": Mistake(
        "model-remade",
        "net = Net()",
        "net = Net()  # moved from line 16\n"
        "optimizer = torch.optim.Adam(net.parameters())  # moved from line 17\nfor epoch in range(6):",
        program(
            """
            class Net(nn.Module):
                def __init__(self):
                    super().__init__()
                    self.layers = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))

                def forward(self, x):
                    return self.layers(x)

            criterion = nn.CrossEntropyLoss()
            for epoch in range(6):
                for xb, yb in DataLoader(TensorDataset(x, labels), batch_size=4, shuffle=True):
                    net = Net()
                    optimizer = torch.optim.Adam(net.parameters())
                    optimizer.zero_grad()
                    loss = criterion(net(xb), yb)
                    loss.backward()
                    optimizer.step()
            """,
            CLASSES,
        ),
    ),
    "a model made for each epoch of one batch": Mistake(
        "model-remade",
        "model = nn.Sequential(nn.Linear(1, 4), nn.ReLU(), nn.Linear(4, 1))",
        "model = nn.Sequential(nn.Linear(1, 4), nn.ReLU(), nn.Linear(4, 1))  # moved from line 7\n"
        "optimizer = torch.optim.SGD(model.parameters(), lr=0.1)  # moved from line 8\nfor epoch in range(15):",
        program("""
            loader = DataLoader(TensorDataset(x, y), batch_size=8)
            for epoch in range(15):
                model = nn.Sequential(nn.Linear(1, 4), nn.ReLU(), nn.Linear(4, 1))
                optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
                for xb, yb in loader:
                    optimizer.zero_grad()
                    F.mse_loss(model(xb), yb).backward()
                    optimizer.step()
        """),
    ),
}
