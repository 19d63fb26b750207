"""Programs in which weights are hidden from the optimizer, or are not frozen where that is meant."""

from __future__ import annotations

from textwrap import dedent

from tests.unit.probe.coach.mistakes import Mistake

FOUR = dedent("""\
    torch.manual_seed(0)
    x = torch.randn(32, 4)
    y = x @ torch.tensor([[1.0], [2.0], [-1.0], [0.5]])
    """)
TRAINED = dedent("""\
    opt = torch.optim.Adam(model.parameters(), lr=0.01)
    for step in range(20):
        opt.zero_grad()
        loss = F.mse_loss(model(x), y)
        loss.backward()
        opt.step()
    """)


def training(model: str) -> str:
    """A program that trains `model`."""
    return FOUR + dedent(model) + TRAINED


PARAMETERS = {
    # Weights that a module has and does not register.
    "a plain list that is filled in a loop, in a part of the model": Mistake(
        "not-held",
        "self.blocks = []",
        "self.blocks = nn.ModuleList()",
        training("""\
            class Body(nn.Module):
                def __init__(self):
                    super().__init__()
                    self.blocks = []
                    for size in (4, 4):
                        self.blocks.append(nn.Linear(4, size))

                def forward(self, x):
                    for block in self.blocks:
                        x = torch.relu(block(x)) + x
                    return x

            class Net(nn.Module):
                def __init__(self):
                    super().__init__()
                    self.body = Body()
                    self.head = nn.Linear(4, 1)

                def forward(self, x):
                    return self.head(self.body(x))

            model = Net()
        """),
        ("`model.body.blocks` is a plain list", "4 parameters", "`model.parameters()`", "20 steps"),
    ),
    "a plain list of parameters": Mistake(
        "not-held",
        "self.scales = [nn.Parameter(torch.ones(4)) for _ in range(3)]",
        "self.scales = nn.ParameterList([nn.Parameter(torch.ones(4)) for _ in range(3)])",
        training("""\
            class Net(nn.Module):
                def __init__(self):
                    super().__init__()
                    self.scales = [nn.Parameter(torch.ones(4)) for _ in range(3)]
                    self.head = nn.Linear(4, 1)

                def forward(self, x):
                    for scale in self.scales:
                        x = x * scale
                    return self.head(x)

            model = Net()
        """),
        ("3 parameters are",),
    ),
    "a plain dict, of a model that a function forgets": Mistake(
        "not-held",
        'self.parts = {"a": nn.Linear(4, 8), "b": nn.Linear(4, 8)}',
        'self.parts = nn.ModuleDict({"a": nn.Linear(4, 8), "b": nn.Linear(4, 8)})',
        FOUR
        + dedent("""\
            class Net(nn.Module):
                def __init__(self):
                    super().__init__()
                    self.parts = {"a": nn.Linear(4, 8), "b": nn.Linear(4, 8)}
                    self.head = nn.Linear(8, 1)

                def forward(self, x):
                    return self.head(torch.relu(self.parts["a"](x)) + self.parts["b"](x))

            def fit(net, steps):
                optimizer = torch.optim.SGD(net.parameters(), lr=0.05)
                for _ in range(steps):
                    optimizer.zero_grad()
                    loss = F.mse_loss(net(x), y)
                    loss.backward()
                    optimizer.step()

            fit(Net(), 15)
        """),
        ("plain dict", "15 steps of `optimizer`"),
    ),
    "a plain dict of parameters": Mistake(
        "not-held",
        "self.weights = dict(inner=nn.Parameter(torch.randn(4, 8)), outer=nn.Parameter(torch.randn(8, 1)))",
        "self.weights = nn.ParameterDict("
        "dict(inner=nn.Parameter(torch.randn(4, 8)), outer=nn.Parameter(torch.randn(8, 1))))",
        training("""\
            class Net(nn.Module):
                def __init__(self):
                    super().__init__()
                    self.weights = dict(inner=nn.Parameter(torch.randn(4, 8)), outer=nn.Parameter(torch.randn(8, 1)))
                    self.bias = nn.Parameter(torch.zeros(1))

                def forward(self, x):
                    return torch.tanh(x @ self.weights["inner"]) @ self.weights["outer"] + self.bias

            model = Net()
        """),
    ),
    "pairs of layers in a plain list": Mistake(
        "not-held",
        "self.blocks = [(nn.Linear(4, 4), nn.LayerNorm(4)) for _ in range(2)]",
        "self.blocks = nn.ModuleList([nn.ModuleList([nn.Linear(4, 4), nn.LayerNorm(4)]) for _ in range(2)])",
        training("""\
            class Net(nn.Module):
                def __init__(self):
                    super().__init__()
                    self.blocks = [(nn.Linear(4, 4), nn.LayerNorm(4)) for _ in range(2)]
                    self.head = nn.Linear(4, 1)

                def forward(self, x):
                    for linear, norm in self.blocks:
                        x = torch.relu(linear(norm(x)))
                    return self.head(x)

            model = Net()
        """),
        ("8 parameters",),
    ),
    "a plain tuple that a class of layers is given": Mistake(
        "not-held",
        "self.branches = branches",
        "self.branches = nn.ModuleList(branches)",
        training("""\
            class Sum(nn.Module):
                def __init__(self, *branches):
                    super().__init__()
                    self.branches = branches

                def forward(self, x):
                    return sum(branch(x) for branch in self.branches)

            model = nn.Sequential(Sum(nn.Linear(4, 6), nn.Linear(4, 6)), nn.Tanh(), nn.Linear(6, 1))
        """),
        ("`model[0].branches` is a plain tuple",),
    ),
    "a tensor that is no parameter": Mistake(
        "not-held",
        "self.scale = torch.ones(4, requires_grad=True)",
        "self.scale = nn.Parameter(torch.ones(4, requires_grad=True))",
        training("""\
            class Net(nn.Module):
                def __init__(self):
                    super().__init__()
                    self.scale = torch.ones(4, requires_grad=True)
                    self.head = nn.Linear(4, 1)

                def forward(self, x):
                    return self.head(x * self.scale)

            model = Net()
        """),
        ("no `nn.Parameter`", "it gets a gradient"),
    ),
    "a part whose class is no module": Mistake(
        "not-held",
        "self.branch = Branch()",
        None,
        training("""\
            class Branch:
                def __init__(self):
                    self.linear = nn.Linear(4, 8)

                def __call__(self, x):
                    return torch.relu(self.linear(x))

            class Net(nn.Module):
                def __init__(self):
                    super().__init__()
                    self.branch = Branch()
                    self.head = nn.Linear(8, 1)

                def forward(self, x):
                    return self.head(self.branch(x))

            model = Net()
        """),
        ("`model.branch` is of the class `Branch`, which is no `nn.Module`",),
    ),
    # An attribute that freezes nothing.
    "requires_grad of a layer": Mistake(
        "freezes-nothing",
        "model[0].requires_grad = False",
        "model[0].requires_grad_(False)",
        training("""\
            model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1))
            model[0].requires_grad = False
        """),
        ("2 parameters", "20 steps of `opt` moved them"),
    ),
    "requires_grad of each layer but the last": Mistake(
        "freezes-nothing",
        "layer.requires_grad = False",
        "layer.requires_grad_(False)",
        training("""\
            model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 8), nn.Tanh(), nn.Linear(8, 1))
            for layer in model[:-1]:
                layer.requires_grad = False
        """),
        ("4 parameters",),
    ),
    "requires_grad of a model, whose head is made anew": Mistake(
        "freezes-nothing",
        "model.requires_grad = False",
        "model.requires_grad_(False)",
        training("""\
            class Net(nn.Module):
                def __init__(self):
                    super().__init__()
                    self.features = nn.Sequential(nn.Linear(4, 8), nn.ReLU())
                    self.head = nn.Linear(8, 10)

                def forward(self, x):
                    return self.head(self.features(x))

            model = Net()
            model.requires_grad = False
            model.head = nn.Linear(8, 1)
        """),
        ("of a module",),
    ),
    "requires_grad of an encoder, in the model's __init__": Mistake(
        "freezes-nothing",
        "self.encoder.requires_grad = False",
        "self.encoder.requires_grad_(False)",
        training("""\
            class Net(nn.Module):
                def __init__(self, encoder):
                    super().__init__()
                    self.encoder = encoder
                    self.encoder.requires_grad = False
                    self.head = nn.Linear(8, 1)

                def forward(self, x):
                    return self.head(torch.tanh(self.encoder(x)))

            model = Net(nn.Linear(4, 8))
        """),
    ),
    "a misspelled name": Mistake(
        "freezes-nothing",
        "param.require_grad = False",
        "param.requires_grad = False",
        training("""\
            model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1))
            for param in model[0].parameters():
                param.require_grad = False
        """),
        ("The name is `requires_grad`",),
    ),
    "a method that is assigned to": Mistake(
        "freezes-nothing",
        "p.requires_grad_ = False",
        "p.requires_grad = False",
        training("""\
            model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1))
            for name, p in model.named_parameters():
                if name.startswith("0"):
                    p.requires_grad_ = False
        """),
    ),
    "the word of another library": Mistake(
        "freezes-nothing",
        "model[0].trainable = False",
        "model[0].requires_grad_(False)",
        training("""\
            model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1))
            model[0].trainable = False
        """),
    ),
    "layers that are freed again after a while": Mistake(
        "freezes-nothing",
        "model[0].requires_grad = False",
        "model[0].requires_grad_(False)\nmodel[0].requires_grad_(True)",
        FOUR
        + dedent("""\
            model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1))
            model[0].requires_grad = False
            opt = torch.optim.SGD(model.parameters(), lr=0.05)
            for epoch in range(20):
                if epoch == 10:
                    model[0].requires_grad = True
                opt.zero_grad()
                loss = F.mse_loss(model(x), y)
                loss.backward()
                opt.step()
        """),
    ),
    "a head that is replaced after its optimizer was made, in a second stage": Mistake(
        "holds-none-of-it",
        "opt = torch.optim.Adam(net.parameters(), lr=0.05)",
        "net[1] = nn.Linear(8, 1)\nopt = torch.optim.Adam(net.parameters(), lr=0.05)  # moved from line 15",
        FOUR
        + dedent("""\
            def fit(net, opt, steps):
                for step in range(steps):
                    opt.zero_grad()
                    loss = F.mse_loss(net(x), y)
                    loss.backward()
                    opt.step()

            net = nn.Sequential(nn.Linear(4, 8), nn.Linear(8, 1))
            fit(net, torch.optim.Adam(net.parameters(), lr=0.05), 40)
            for p in net[0].parameters():
                p.requires_grad = False
            opt = torch.optim.Adam(net.parameters(), lr=0.05)
            net[1] = nn.Linear(8, 1)
            fit(net, opt, 25)
        """),
        ("`net[1].bias` and `net[1].weight`", "`net[1]` is made on line 16"),
    ),
    "a head that is replaced after its optimizer was made": Mistake(
        "not-held",
        "opt = torch.optim.SGD(model.parameters(), lr=0.05)",
        "model.head = nn.Linear(8, 1)\nopt = torch.optim.SGD(model.parameters(), lr=0.05)  # moved from line 13",
        FOUR
        + dedent("""\
            class Net(nn.Module):
                def __init__(self):
                    super().__init__()
                    self.body, self.head = nn.Linear(4, 8), nn.Linear(8, 3)

                def forward(self, x):
                    return self.head(torch.relu(self.body(x)))

            model = Net()
            opt = torch.optim.SGD(model.parameters(), lr=0.05)
            model.head = nn.Linear(8, 1)
            for step in range(20):
                loss = F.mse_loss(model(x), y)
                opt.zero_grad()
                loss.backward()
                opt.step()
        """),
        ("Line 14 is newer",),
    ),
    "a layer that is added between two stages": Mistake(
        "not-held",
        "opt = torch.optim.Adam(net.parameters(), lr=0.01)",
        "net.extra = nn.Linear(1, 1)\nopt = torch.optim.Adam(net.parameters(), lr=0.01)  # moved from line 22",
        FOUR
        + dedent("""\
            class Net(nn.Module):
                def __init__(self):
                    super().__init__()
                    self.first, self.extra = nn.Linear(4, 1), nn.Identity()

                def forward(self, x):
                    return self.extra(self.first(x))

            def train(model, optimizer):
                for step in range(30):
                    optimizer.zero_grad()
                    loss = F.mse_loss(model(x), y)
                    loss.backward()
                    optimizer.step()

            net = Net()
            warm = torch.optim.SGD(net.parameters(), lr=0.05)
            train(net, warm)
            opt = torch.optim.Adam(net.parameters(), lr=0.01)
            net.extra = nn.Linear(1, 1)
            train(net, opt)
        """),
        ("of `opt` left them as before",),
    ),
}
