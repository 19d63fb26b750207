"""Correct loops in which weights are kept apart, frozen or followed on purpose."""

from __future__ import annotations

from textwrap import dedent

from tests.unit.probe.coach.mistakes_of_parameters import FOUR, training

WITH_PARAMETERS = {
    "a plain list of layers that the optimizer is given": FOUR
    + dedent("""\
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.layers = [nn.Linear(4, 8), nn.Linear(8, 8)]
                self.head = nn.Linear(8, 1)

            def forward(self, x):
                for layer in self.layers:
                    x = torch.tanh(layer(x))
                return self.head(x)

        model = Net()
        hidden = [p for layer in model.layers for p in layer.parameters()]
        opt = torch.optim.Adam([*model.parameters(), *hidden], lr=0.01)
        for step in range(20):
            opt.zero_grad()
            loss = F.mse_loss(model(x), y)
            loss.backward()
            opt.step()
    """),
    "a judge in a list, so that it is not saved, in eval mode": training("""\
        class Net(nn.Module):
            def __init__(self, judge):
                super().__init__()
                self.judge = [judge]
                self.body = nn.Linear(4, 4)

            def forward(self, x):
                return self.judge[0](self.body(x))

        model = Net(nn.Linear(4, 1).eval())
    """),
    "a frozen judge in a list": training("""\
        class Net(nn.Module):
            def __init__(self, judge):
                super().__init__()
                self.judge = [judge.requires_grad_(False)]
                self.body = nn.Linear(4, 4)

            def forward(self, x):
                return self.judge[0](self.body(x))

        model = Net(nn.Linear(4, 1))
    """),
    "a plain list of layers that are registered under names of their own": training("""\
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.one, self.two = nn.Linear(4, 8), nn.Linear(8, 1)
                self.layers = [self.one, self.two]

            def forward(self, x):
                return self.layers[1](torch.tanh(self.layers[0](x)))

        model = Net()
    """),
    "a tensor of a module whose gradient is read": FOUR
    + dedent("""\
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.mask = torch.ones(4, requires_grad=True)
                self.head = nn.Linear(4, 1)

            def forward(self, x):
                return self.head(x * self.mask)

        model = Net()
        opt = torch.optim.Adam(model.parameters(), lr=0.01)
        importance = torch.zeros(4)
        for step in range(20):
            opt.zero_grad()
            loss = F.mse_loss(model(x), y)
            loss.backward()
            opt.step()
            importance += model.mask.grad.abs()
            model.mask.grad = None
    """),
    "hidden layers that are moved by hand": FOUR
    + dedent("""\
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.gates = [nn.Parameter(torch.ones(4))]
                self.head = nn.Linear(4, 1)

            def forward(self, x):
                return self.head(x * self.gates[0])

        model = Net()
        opt = torch.optim.Adam(model.parameters(), lr=0.01)
        for step in range(20):
            opt.zero_grad()
            loss = F.mse_loss(model(x), y)
            loss.backward()
            opt.step()
            with torch.no_grad():
                for gate in model.gates:
                    gate -= 0.01 * gate.grad.sign()
                    gate.grad = None
    """),
    "a layer that is frozen by a call": training("""\
        model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1))
        model[0].requires_grad_(False)
    """),
    "a layer whose tensors are frozen one by one": training("""\
        model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1))
        for p in model[0].parameters():
            p.requires_grad = False
        model[2].bias.requires_grad = False
    """),
    "a class that has a flag of its own": training("""\
        class Scaled(nn.Module):
            def __init__(self, trainable):
                super().__init__()
                self.linear = nn.Linear(4, 1)
                self.trainable = trainable
                self.requires_grad = False
                self.scale = torch.ones(1)

            def forward(self, x):
                scale = self.scale if self.trainable or self.requires_grad else self.scale.detach()
                return scale * self.linear(x)

        model = Scaled(False)
        model.trainable = False
    """),
    "a module that is marked, and its tensors frozen too": training("""\
        model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1))
        model[0].requires_grad = False
        for p in model[0].parameters():
            p.requires_grad_(False)
    """),
    "a marked module that the optimizer does not hold": FOUR
    + dedent("""\
        model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1))
        model[0].requires_grad = False
        opt = torch.optim.SGD(model[2].parameters(), lr=0.05)
        for step in range(20):
            model.zero_grad()
            loss = F.mse_loss(model(x), y)
            loss.backward()
            opt.step()
    """),
    "a head that is replaced before its optimizer is made, in a second stage": FOUR
    + dedent("""\
        def fit(net, opt, steps):
            for step in range(steps):
                opt.zero_grad()
                loss = F.mse_loss(net(x), y)
                loss.backward()
                opt.step()

        net = nn.Sequential(nn.Linear(4, 8), nn.Linear(8, 1))
        fit(net, torch.optim.Adam(net.parameters(), lr=0.05), 30)
        for p in net[0].parameters():
            p.requires_grad = False
        net[1] = nn.Linear(8, 1)
        fit(net, torch.optim.Adam(net.parameters(), lr=0.05), 25)
    """),
    "stages that train other parts, by optimizers of their own": FOUR
    + dedent("""\
        def fit(opt, steps):
            for step in range(steps):
                loss = F.mse_loss(head(body(x)), y)
                opt.zero_grad()
                loss.backward()
                opt.step()

        body, head = nn.Linear(4, 8), nn.Linear(8, 1)
        head_opt = torch.optim.Adam(head.parameters(), lr=0.05)
        body_opt = torch.optim.Adam(body.parameters(), lr=0.01)
        fit(head_opt, 30)
        fit(body_opt, 30)
    """),
    "a layer that is added, and given to its optimizer": FOUR
    + dedent("""\
        net = nn.Sequential(nn.Linear(4, 4))
        opt = torch.optim.SGD(net.parameters(), lr=0.05)
        net.append(nn.Linear(4, 1))
        opt.add_param_group({"params": net[1].parameters()})
        for step in range(30):
            loss = F.mse_loss(net(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
    """),
}
