"""Correct loops beside the mistakes of `mistakes_of_losses`."""

from __future__ import annotations

from tests.unit.probe.coach.mistakes import CLASSES, program

LOSS_INPUTS = {
    "nll_loss of the logarithm of a mixture": program(
        """
        first, second, gate = nn.Linear(4, 3), nn.Linear(4, 3), nn.Linear(4, 1)
        parameters = [p for layer in (first, second, gate) for p in layer.parameters()]
        opt = torch.optim.Adam(parameters, lr=0.05)
        for step in range(10):
            share = torch.sigmoid(gate(x))
            p = share * first(x).softmax(1) + (1 - share) * second(x).softmax(1)
            loss = F.nll_loss(torch.log(p + 1e-9), labels)
            opt.zero_grad()
            loss.backward()
            opt.step()
        """,
        CLASSES,
    ),
    "nll_loss of a joint density": program(
        """
        means, prior = nn.Parameter(torch.randn(3, 4)), nn.Parameter(torch.zeros(3))
        opt = torch.optim.Adam([means, prior], lr=0.05)
        for step in range(10):
            likelihood = -50 * (x[:, None] - means).pow(2).sum(2) + 10
            loss = F.nll_loss(likelihood + prior.log_softmax(0), labels)
            opt.zero_grad()
            loss.backward()
            opt.step()
        """,
        CLASSES,
    ),
    "log_softmax over pixels' classes": program("""
        images, masks = torch.randn(4, 1, 6, 6), torch.randint(0, 3, (4, 6, 6))
        net = nn.Conv2d(1, 3, 3, padding=1)
        opt = torch.optim.SGD(net.parameters(), lr=0.1)
        for step in range(8):
            opt.zero_grad()
            F.nll_loss(F.log_softmax(net(images), dim=1), masks).backward()
            opt.step()
    """),
    "contrasts in both directions": program(
        """
        image, text = nn.Linear(4, 4), nn.Linear(4, 4)
        opt = torch.optim.Adam([*image.parameters(), *text.parameters()], lr=0.01)
        same = torch.arange(12)
        for step in range(10):
            scores = F.normalize(image(x), dim=1) @ F.normalize(text(x + 0.1), dim=1).T / 0.1
            loss = (F.cross_entropy(scores, same) + F.cross_entropy(scores.T, same)) / 2
            by_hand = -(torch.eye(12) * F.log_softmax(scores, dim=0)).sum() / 12
            opt.zero_grad()
            (loss + by_hand).backward()
            opt.step()
        """,
        CLASSES,
    ),
    "softmax over the keys, examples last": program(
        """
        q, v, head = nn.Linear(4, 4), nn.Linear(4, 4), nn.Linear(4, 1)
        opt = torch.optim.Adam([*q.parameters(), *v.parameters(), *head.parameters()], lr=0.01)
        weights = torch.rand(12, 12)
        weights = weights / weights.sum(1, keepdim=True)
        for step in range(10):
            attention = torch.softmax(q(x) @ x.T, dim=-1) * weights
            loss = F.mse_loss(head(attention @ v(x)), x[:, :1])
            opt.zero_grad()
            loss.backward()
            opt.step()
        """,
        CLASSES,
    ),
    "softmax over slots": program("""
        inputs, slots = torch.randn(6, 4), nn.Parameter(torch.randn(3, 4))
        out = nn.Linear(4, 4)
        opt = torch.optim.Adam([slots, *out.parameters()], lr=0.01)
        for step in range(10):
            share = torch.softmax(slots @ inputs.T, dim=0)
            loss = F.mse_loss(share.T @ out(slots), inputs)
            opt.zero_grad()
            loss.backward()
            opt.step()
    """),
    "distilled, with kl_div": program(
        """
        teacher, student = nn.Linear(4, 3), nn.Linear(4, 3)
        opt = torch.optim.SGD(student.parameters(), lr=0.1)
        with torch.no_grad():
            wanted = F.softmax(teacher(x) / 2, dim=1)
        for step in range(10):
            loss = F.kl_div(F.log_softmax(student(x) / 2, dim=1), wanted, reduction="batchmean") * 4
            other = F.kl_div(torch.log(F.softmax(student(x), dim=1)), wanted, reduction="batchmean")
            third = F.kl_div(F.log_softmax(student(x), 1), wanted.log(), reduction="batchmean", log_target=True)
            opt.zero_grad()
            (loss + other + third).backward()
            opt.step()
        """,
        CLASSES,
    ),
    "a sigmoid for pixels, some noisy": program("""
        pictures = torch.rand(8, 16)
        model = nn.Sequential(nn.Linear(16, 4), nn.ReLU(), nn.Linear(4, 16), nn.Sigmoid())
        opt = torch.optim.Adam(model.parameters(), lr=0.01)
        for step in range(10):
            noisy = pictures + 0.05 * torch.randn_like(pictures)
            loss = F.mse_loss(model(noisy), noisy)
            opt.zero_grad()
            loss.backward()
            opt.step()
    """),
    "a relu for counts, a tanh for directions": program("""
        model = nn.Sequential(nn.Linear(1, 8), nn.Tanh(), nn.Linear(8, 1), nn.ReLU())
        turn = nn.Sequential(nn.Linear(1, 1), nn.Tanh())
        opt = torch.optim.Adam([*model.parameters(), *turn.parameters()], lr=0.01)
        for step in range(10):
            opt.zero_grad()
            (F.mse_loss(model(x) + 0.0, y.abs()) + (turn(x) - y.sin()).pow(2).mean()).backward()
            opt.step()
    """),
    "scores of pointers, kept in a range on purpose": program(
        """
        model = nn.Linear(4, 3)
        opt = torch.optim.SGD(model.parameters(), lr=0.1)
        for step in range(10):
            loss = F.cross_entropy(10 * torch.tanh(model(x)), labels)
            opt.zero_grad()
            loss.backward()
            opt.step()
        """,
        CLASSES,
    ),
    "unlabelled ones left out by a mask": program(
        """
        wanted = torch.where(torch.arange(12) % 4 == 0, -1.0, (labels > 0).float())
        model = nn.Linear(4, 1)
        opt = torch.optim.SGD(model.parameters(), lr=0.1)
        for step in range(10):
            losses = F.binary_cross_entropy_with_logits(model(x).squeeze(1), wanted, reduction="none")
            loss = losses[wanted >= 0].mean()
            weight = (wanted >= 0).float()
            loss = loss + F.binary_cross_entropy_with_logits(model(x).squeeze(1), wanted, weight)
            opt.zero_grad()
            loss.backward()
            opt.step()
        """,
        CLASSES,
    ),
    "grades as real numbers": program(
        """
        grades = labels.float().unsqueeze(1)
        model = nn.Linear(4, 1)
        opt = torch.optim.SGD(model.parameters(), lr=0.1)
        for step in range(10):
            loss = F.mse_loss(model(x), grades)
            opt.zero_grad()
            loss.backward()
            opt.step()
        """,
        CLASSES,
    ),
    "several models of one number": program(
        """
        wanted = x.sum(1, keepdim=True)
        ensemble = nn.Linear(4, 3)
        opt = torch.optim.SGD(ensemble.parameters(), lr=0.1)
        for step in range(10):
            loss = F.mse_loss(ensemble(x), wanted.expand(-1, 3))
            opt.zero_grad()
            loss.backward()
            opt.step()
        """,
        CLASSES,
    ),
    "one number after another from one-hot": program(
        """
        wanted = F.one_hot(labels, 3).float()
        model = nn.Sequential(nn.Linear(4, 3), nn.Softmax(dim=1))
        opt = torch.optim.SGD(model.parameters(), lr=0.1)
        for step in range(10):
            loss = F.mse_loss(model(x), wanted) + F.binary_cross_entropy(model(x), wanted)
            opt.zero_grad()
            loss.backward()
            opt.step()
        """,
        CLASSES,
    ),
}
