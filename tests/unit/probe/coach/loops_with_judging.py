"""Correct loops beside the mistakes of `mistakes_of_judging`."""

from __future__ import annotations

from textwrap import dedent

from tests.unit.probe.coach.mistakes_of_judging import CURVE, NORMED, TRAINED, WORDS, YES_OR_NO

WITH_JUDGING = {
    "predictions and labels of one shape": YES_OR_NO
    + TRAINED
    + dedent("""\
        model.eval()
        with torch.no_grad():
            pred = (model(x) > 0).long().squeeze(1)
            correct = (pred == y).float().mean()
    """),
    "labels that are compared each with each, on purpose": YES_OR_NO
    + TRAINED
    + dedent("""\
        with torch.no_grad():
            column = y.view(-1, 1)
            same = (column == y).float()
            right_pairs = (column == y).float().mean()
    """),
    "an average of parameters and buffers": NORMED
    + dedent("""\
        average = copy.deepcopy(model).eval()
        for step in range(12):
            loss = F.mse_loss(model(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            with torch.no_grad():
                for e, p in zip(average.parameters(), model.parameters()):
                    e.lerp_(p, 0.1)
                for e, p in zip(average.buffers(), model.buffers()):
                    e.copy_(p)
        with torch.no_grad():
            print(F.mse_loss(average(x), y).item())
    """),
    "an averaged model whose statistics are updated": NORMED
    + dedent("""\
        swa = torch.optim.swa_utils.AveragedModel(model)
        for step in range(12):
            loss = F.mse_loss(model(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            swa.update_parameters(model)
        torch.optim.swa_utils.update_bn(DataLoader(TensorDataset(x), batch_size=16), swa)
        swa.eval()
        with torch.no_grad():
            print(F.mse_loss(swa(x), y).item())
    """),
    "an untrained model that is judged beside a trained one": NORMED
    + dedent("""\
        untrained = copy.deepcopy(model).eval()
        for step in range(12):
            loss = F.mse_loss(model(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            if step % 4 == 3:
                with torch.no_grad():
                    print(F.mse_loss(untrained(x), y).item())
    """),
    "a mask of padding the right way round": WORDS
    + dedent("""\
        emb, head = nn.Embedding(9, 8, padding_idx=0), nn.Linear(8, 2)
        layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True)
        opt = torch.optim.Adam([*emb.parameters(), *layer.parameters(), *head.parameters()], lr=0.01)
        for step in range(4):
            out = layer(emb(tokens), src_key_padding_mask=tokens == 0)
            loss = F.cross_entropy(head(out[:, 0]), labels)
            opt.zero_grad()
            loss.backward()
            opt.step()
    """),
    "a mask that leaves the first token": WORDS
    + dedent("""\
        emb, head = nn.Embedding(9, 8, padding_idx=0), nn.Linear(8, 2)
        attention = nn.MultiheadAttention(8, 2, batch_first=True)
        opt = torch.optim.Adam([*emb.parameters(), *attention.parameters(), *head.parameters()], lr=0.01)
        far = torch.arange(6).expand(16, 6) > 2
        for step in range(4):
            h = emb(tokens)
            out, _ = attention(h, h, h, key_padding_mask=far)
            loss = F.cross_entropy(head(out[:, 0]), labels)
            opt.zero_grad()
            loss.backward()
            opt.step()
    """),
    "the derivative in a residual, with a graph": CURVE
    + dedent("""\
        for step in range(5):
            t = torch.rand(16, 1, requires_grad=True)
            u = net(t)
            du = torch.autograd.grad(u, t, torch.ones_like(u), create_graph=True)[0]
            loss = (du - u).pow(2).mean()
            opt.zero_grad()
            loss.backward()
            opt.step()
    """),
    "a derivative that is only looked at": CURVE
    + dedent("""\
        for step in range(5):
            t = torch.rand(16, 1, requires_grad=True)
            u = net(t)
            slope = torch.autograd.grad(u.sum(), t, retain_graph=True)[0]
            steepest = slope.abs().max()
            loss = (u - t.detach().sin()).pow(2).mean()
            opt.zero_grad()
            loss.backward()
            opt.step()
    """),
    "an attack along a derivative": CURVE
    + dedent("""\
        for step in range(5):
            t = torch.rand(16, 1, requires_grad=True)
            inner = F.mse_loss(net(t), t.detach().sin())
            slope = torch.autograd.grad(inner, t)[0]
            worse = t + 0.1 * slope / slope.norm()
            loss = F.mse_loss(net(worse.detach()), t.detach().sin())
            opt.zero_grad()
            loss.backward()
            opt.step()
    """),
    "a step of first order within a loss": CURVE
    + dedent("""\
        for step in range(5):
            t = torch.rand(16, 1)
            weights = dict(net.named_parameters())
            inner = F.mse_loss(torch.func.functional_call(net, weights, t), t.sin())
            slopes = torch.autograd.grad(inner, list(weights.values()))
            fast = {name: w - 0.1 * g for (name, w), g in zip(weights.items(), slopes)}
            loss = F.mse_loss(torch.func.functional_call(net, fast, t), t.sin())
            opt.zero_grad()
            loss.backward()
            opt.step()
    """),
    "a walk along derivatives before a loss": CURVE
    + dedent("""\
        for step in range(5):
            sample = torch.randn(16, 1, requires_grad=True)
            for _ in range(2):
                force = torch.autograd.grad(net(sample).sum(), sample)[0]
                sample = (sample - 0.05 * force).detach().requires_grad_()
            loss = net(torch.rand(16, 1)).mean() - net(sample.detach()).mean() + 0.1 * net(sample).pow(2).mean()
            opt.zero_grad()
            loss.backward()
            opt.step()
    """),
    "pairs of labels of two views that are counted": YES_OR_NO
    + dedent("""\
        for step in range(12):
            picked = torch.randperm(40)
            first, second = y[picked].unsqueeze(1), y.flip(0)
            pairs = (first == second).sum()
            loss = F.binary_cross_entropy_with_logits(model(x), y.unsqueeze(1).float()) + 0 * pairs
            opt.zero_grad()
            loss.backward()
            opt.step()
    """),
    "weights of examples that a gradient gives": CURVE
    + dedent("""\
        from torch.func import functional_call

        clean = torch.rand(8, 1)

        def weights(t, wanted):
            params = dict(net.named_parameters())
            eps = torch.zeros(len(t), 1, requires_grad=True)
            inner = (eps * (functional_call(net, params, (t,)) - wanted) ** 2).sum()
            slopes = torch.autograd.grad(inner, list(params.values()), create_graph=True)
            moved = {name: p - 0.1 * slope for (name, p), slope in zip(params.items(), slopes)}
            outer = (functional_call(net, moved, (clean,)) - clean.sin()).abs().mean()
            (slope,) = torch.autograd.grad(outer, eps)
            w = (-slope).clamp_min(0)
            return w / w.sum().clamp_min(1e-8)

        for step in range(5):
            t = torch.rand(16, 1)
            w = weights(t, t.sin())
            loss = (w * F.mse_loss(net(t), t.sin(), reduction="none")).sum()
            opt.zero_grad()
            loss.backward()
            opt.step()
    """),
    "residuals that count more where they are steep": CURVE
    + dedent("""\
        for step in range(5):
            t = torch.rand(16, 1, requires_grad=True)
            u = net(t)
            steep = torch.autograd.grad(u.sum(), t, retain_graph=True)[0].abs()
            error = (u - t.detach().sin()).pow(2)
            loss = (error / (1 + steep)).mean()
            opt.zero_grad()
            loss.backward()
            opt.step()
    """),
}
