"""Programs that judge a model wrongly, or hide from it, or from its weights, what it should learn from."""

from __future__ import annotations

from textwrap import dedent

from tests.unit.probe.coach.mistakes import Mistake

YES_OR_NO = dedent("""\
    torch.manual_seed(0)
    x = torch.randn(40, 4)
    y = (x.sum(1) > 0).long()
    model = nn.Linear(4, 1)
    opt = torch.optim.SGD(model.parameters(), lr=0.5)
    """)
TRAINED = dedent("""\
    for step in range(12):
        loss = F.binary_cross_entropy_with_logits(model(x), y.unsqueeze(1).float())
        opt.zero_grad()
        loss.backward()
        opt.step()
    """)
NORMED = dedent("""\
    torch.manual_seed(0)
    x = 5 + 3 * torch.randn(64, 4)
    y = x.sum(1, keepdim=True)
    model = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 1))
    opt = torch.optim.Adam(model.parameters(), lr=0.01)
    """)
WORDS = dedent("""\
    torch.manual_seed(0)
    tokens = torch.randint(1, 9, (16, 6))
    tokens[:, 4:] = 0
    tokens[::2, 3] = 0
    labels = (tokens == 7).any(1).long()
    """)
CURVE = dedent("""\
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(1, 16), nn.Tanh(), nn.Linear(16, 1))
    opt = torch.optim.Adam(net.parameters(), lr=0.01)
    """)

JUDGING = {
    "predictions in a column, compared with labels in a row": Mistake(
        "broadcast-metric",
        "correct = (pred == y).float()",
        "correct = (pred.squeeze(1) == y).float()",
        YES_OR_NO
        + TRAINED
        + dedent("""\
            model.eval()
            with torch.no_grad():
                pred = (model(x) > 0).long()
                correct = (pred == y).float()
            print(correct.mean())
        """),
        ("[40, 1] with [40]", "[40, 40]"),
    ),
    "predictions in a column, in a function that counts": Mistake(
        "broadcast-metric",
        "hits += (preds == labels).sum().item()",
        "hits += (preds.squeeze(1) == labels).sum().item()",
        YES_OR_NO
        + TRAINED
        + dedent("""\
            def evaluate(net, loader):
                net.eval()
                hits = 0
                with torch.no_grad():
                    for inputs, labels in loader:
                        preds = torch.sigmoid(net(inputs)).round()
                        hits += (preds == labels).sum().item()
                return hits

            evaluate(model, DataLoader(TensorDataset(x, y), batch_size=10))
        """),
        ("[10, 1] with [10]",),
    ),
    "predictions in a column, compared while it trains": Mistake(
        "broadcast-metric",
        "wrong = (y != guess).float().mean()",
        "wrong = (y != guess.squeeze(1)).float().mean()",
        YES_OR_NO
        + dedent("""\
            for step in range(12):
                out = model(x)
                loss = F.binary_cross_entropy_with_logits(out, y.unsqueeze(1).float())
                opt.zero_grad()
                loss.backward()
                opt.step()
                guess = (out.detach() > 0).long()
                wrong = (y != guess).float().mean()
        """),
    ),
    "scores in a column, that are decided where they are compared": Mistake(
        "broadcast-metric",
        "acc = ((torch.sigmoid(z) > 0.5).long() == y).float().mean()",
        "acc = ((torch.sigmoid(z.squeeze(1)) > 0.5).long() == y).float().mean()",
        YES_OR_NO
        + TRAINED
        + dedent("""\
            with torch.no_grad():
                z = model(x)
                acc = ((torch.sigmoid(z) > 0.5).long() == y).float().mean()
        """),
    ),
    "an average of the parameters alone": Mistake(
        "uncollected-statistics",
        "for e, p in zip(self.module.parameters(), model.parameters()):",
        "for e, p in zip(self.module.parameters(), model.parameters()):\n"
        "for e, p in zip(self.module.buffers(), model.buffers()):\n    e.copy_(p)",
        NORMED
        + dedent("""\
            class Average:
                def __init__(self, model):
                    self.module = copy.deepcopy(model).eval()

                @torch.no_grad()
                def update(self, model):
                    for e, p in zip(self.module.parameters(), model.parameters()):
                        e.mul_(0.9).add_(p, alpha=0.1)

            @torch.no_grad()
            def evaluate(net):
                return F.mse_loss(net(x), y).item()

            average = Average(model)
            for step in range(12):
                loss = F.mse_loss(model(x), y)
                opt.zero_grad()
                loss.backward()
                opt.step()
                average.update(model)
            evaluate(average.module)
        """),
        ("`BatchNorm1d`", "`net` is judged"),
    ),
    "a target whose parameters follow, judged now and then": Mistake(
        "uncollected-statistics",
        "for mine, theirs in zip(model.parameters(), target.parameters()):",
        "for mine, theirs in zip(model.parameters(), target.parameters()):\n"
        "for mine, theirs in zip(model.buffers(), target.buffers()):\n    theirs.copy_(mine)",
        NORMED
        + dedent("""\
            target = copy.deepcopy(model)
            target.eval()
            for step in range(12):
                loss = F.mse_loss(model(x), y)
                opt.zero_grad()
                loss.backward()
                opt.step()
                for mine, theirs in zip(model.parameters(), target.parameters()):
                    theirs.data.mul_(0.5).add_(mine.data, alpha=0.5)
                if step % 4 == 3:
                    with torch.no_grad():
                        print(F.mse_loss(target(x), y).item())
        """),
    ),
    "a copy that is given the parameters by their names": Mistake(
        "uncollected-statistics",
        "print(F.mse_loss(best(x), y).item())",
        None,
        NORMED
        + dedent("""\
            best = copy.deepcopy(model).eval()
            for step in range(15):
                loss = F.mse_loss(model(x), y)
                opt.zero_grad()
                loss.backward()
                opt.step()
                if step % 5 == 4:
                    best.load_state_dict(dict(model.named_parameters()), strict=False)
                    with torch.no_grad():
                        print(F.mse_loss(best(x), y).item())
        """),
        ("`best` is judged",),
    ),
    "a mask of padding the wrong way round": Mistake(
        "mask-hides-the-rest",
        "mask = tokens != 0",
        "mask = tokens == 0",
        WORDS
        + dedent("""\
            class Net(nn.Module):
                def __init__(self):
                    super().__init__()
                    self.emb = nn.Embedding(9, 8, padding_idx=0)
                    layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True)
                    self.encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
                    self.head = nn.Linear(8, 2)

                def forward(self, tokens):
                    mask = tokens != 0
                    return self.head(self.encoder(self.emb(tokens), src_key_padding_mask=mask)[:, 0])

            net = Net()
            opt = torch.optim.Adam(net.parameters(), lr=0.01)
            for step in range(4):
                loss = F.cross_entropy(net(tokens), labels)
                opt.zero_grad()
                loss.backward()
                opt.step()
        """),
        ("positions that it leaves are all the same",),
    ),
    "a mask of lengths the wrong way round": Mistake(
        "mask-hides-the-rest",
        "real = torch.arange(6) < lengths.unsqueeze(1)",
        "real = torch.arange(6) >= lengths.unsqueeze(1)",
        dedent("""\
            torch.manual_seed(0)
            lengths = torch.tensor([3, 4, 5, 2] * 4)
            steps = torch.randn(16, 6, 8) * (torch.arange(6) < lengths.unsqueeze(1)).unsqueeze(2)
            wanted = steps.sum((1, 2)).unsqueeze(1)
            attention = nn.MultiheadAttention(8, 2, batch_first=True)
            head = nn.Linear(8, 1)
            opt = torch.optim.SGD([*attention.parameters(), *head.parameters()], lr=0.01)
            for step in range(4):
                real = torch.arange(6) < lengths.unsqueeze(1)
                seen, _ = attention(steps, steps, steps, key_padding_mask=real)
                loss = F.mse_loss(head(seen.mean(1)), wanted)
                opt.zero_grad()
                loss.backward()
                opt.step()
        """),
    ),
    "a mask that a batch has, the wrong way round": Mistake(
        "mask-hides-the-rest",
        "out = layer(emb(ids).transpose(0, 1), src_key_padding_mask=batch_mask)",
        "out = layer(emb(ids).transpose(0, 1), src_key_padding_mask=~batch_mask)",
        WORDS
        + dedent("""\
            emb, head = nn.Embedding(9, 8), nn.Linear(8, 2)
            layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0)
            opt = torch.optim.Adam([*emb.parameters(), *layer.parameters(), *head.parameters()], lr=0.01)
            for epoch in range(3):
                for ids, batch_mask, wanted in DataLoader(TensorDataset(tokens, tokens > 0, labels), batch_size=8):
                    out = layer(emb(ids).transpose(0, 1), src_key_padding_mask=batch_mask)
                    loss = F.cross_entropy(head(out[0]), wanted)
                    opt.zero_grad()
                    loss.backward()
                    opt.step()
        """),
    ),
    "the derivative in a residual, without a graph": Mistake(
        "constant-derivative",
        "du = torch.autograd.grad(u, t, torch.ones_like(u), retain_graph=True)[0]",
        "du = torch.autograd.grad(u, t, torch.ones_like(u), create_graph=True)[0]",
        CURVE
        + dedent("""\
            def residual(t):
                u = net(t)
                du = torch.autograd.grad(u, t, torch.ones_like(u), retain_graph=True)[0]
                return du - u

            for step in range(5):
                t = torch.rand(16, 1, requires_grad=True)
                physics = residual(t).pow(2).mean()
                loss = physics + (net(torch.zeros(1, 1)) - 1).pow(2).mean()
                opt.zero_grad()
                loss.backward()
                opt.step()
        """),
        ("it is a constant", "5 calls"),
    ),
    "a gradient penalty without a graph": Mistake(
        "constant-derivative",
        "slope, = torch.autograd.grad(outputs=net(mixed).sum(), inputs=mixed)",
        "slope, = torch.autograd.grad(outputs=net(mixed).sum(), inputs=mixed, create_graph=True)",
        CURVE
        + dedent("""\
            real, fake = torch.randn(16, 1), torch.randn(16, 1) + 2
            for step in range(5):
                mixed = (0.5 * real + 0.5 * fake).requires_grad_()
                slope, = torch.autograd.grad(outputs=net(mixed).sum(), inputs=mixed)
                penalty = ((slope.norm(2, dim=1) - 1) ** 2).mean()
                loss = net(fake).mean() - net(real).mean() + 10 * penalty
                opt.zero_grad()
                loss.backward()
                opt.step()
        """),
    ),
    "the second derivative without a graph": Mistake(
        "constant-derivative",
        "second = torch.autograd.grad(first.sum(), t, retain_graph=True)[0]",
        "second = torch.autograd.grad(first.sum(), t, create_graph=True)[0]",
        CURVE
        + dedent("""\
            mse = nn.MSELoss()
            for step in range(5):
                t = torch.rand(16, 1).requires_grad_()
                u = net(t)
                first = torch.autograd.grad(u.sum(), t, create_graph=True)[0]
                second = torch.autograd.grad(first.sum(), t, retain_graph=True)[0]
                loss = mse(second + u, torch.zeros_like(u))
                opt.zero_grad()
                loss.backward()
                opt.step()
        """),
    ),
}
