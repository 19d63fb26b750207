"""Loops in which something is moved against a model, or models are moved against each other."""

from __future__ import annotations

from tests.unit.probe.coach.mistakes import CLASSES, program

LOOPS = {
    "fast gradient sign, in train mode": program(
        """
        model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 3))
        opt = torch.optim.SGD(model.parameters(), lr=0.1)
        for step in range(20):
            clean = x.clone().requires_grad_(True)
            loss = F.cross_entropy(model(clean), labels)
            loss.backward()
            attacked = (clean + 0.1 * clean.grad.sign()).detach()
            opt.zero_grad()
            loss = F.cross_entropy(model(attacked), labels)
            loss.backward()
            opt.step()
        """,
        CLASSES,
    ),
    "projected gradient descent in eval(), trained in train()": program(
        """
        def attack(model, inputs, labels, steps=3):
            model.eval()
            delta = torch.zeros_like(inputs, requires_grad=True)
            for _ in range(steps):
                F.cross_entropy(model(inputs + delta), labels).backward()
                delta.data = (delta + 0.02 * delta.grad.sign()).clamp(-0.1, 0.1)
                delta.grad.zero_()
            model.train()
            return (inputs + delta).detach()

        model = nn.Sequential(nn.Linear(4, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.1), nn.Linear(16, 3))
        opt = torch.optim.Adam(model.parameters(), lr=0.01)
        for epoch in range(4):
            for xb, yb in DataLoader(TensorDataset(x, labels), batch_size=4):
                harder = attack(model, xb, yb)
                opt.zero_grad()
                loss = F.cross_entropy(model(harder), yb)
                loss.backward()
                opt.step()
        """,
        CLASSES,
    ),
    "an attack by autograd.grad in eval()": program(
        """
        model = nn.Sequential(nn.Linear(4, 16), nn.Dropout(0.2), nn.ReLU(), nn.Linear(16, 3))
        opt = torch.optim.SGD(model.parameters(), lr=0.1)
        for step in range(15):
            model.eval()
            probe = x.clone().requires_grad_()
            (slope,) = torch.autograd.grad(F.cross_entropy(model(probe), labels), probe)
            model.train()
            opt.zero_grad()
            loss = F.cross_entropy(model(x), labels) + F.cross_entropy(model(x + 0.1 * slope.sign()), labels)
            loss.backward()
            opt.step()
        """,
        CLASSES,
    ),
    "a perturbation that is trained, the model frozen in eval()": program(
        """
        model = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Dropout(0.5), nn.Linear(8, 3)).eval()
        for parameter in model.parameters():
            parameter.requires_grad = False
        patch = nn.Parameter(torch.zeros(4))
        opt = torch.optim.Adam([patch], lr=0.05)
        for step in range(20):
            opt.zero_grad()
            loss = F.cross_entropy(model(x + patch), torch.zeros(12, dtype=torch.long))
            loss.backward()
            opt.step()
        """,
        CLASSES,
    ),
    "virtual adversarial training": program(
        """
        model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 3))
        opt = torch.optim.Adam(model.parameters(), lr=0.01)
        for step in range(15):
            with torch.no_grad():
                wanted = F.softmax(model(x), dim=1)
            direction = torch.randn_like(x)
            direction = (direction / direction.norm(dim=1, keepdim=True)).requires_grad_()
            gap = F.kl_div(F.log_softmax(model(x + 0.1 * direction), dim=1), wanted, reduction="batchmean")
            (slope,) = torch.autograd.grad(gap, direction)
            worst = 0.5 * slope / (slope.norm(dim=1, keepdim=True) + 1e-8)
            smooth = F.kl_div(F.log_softmax(model(x + worst.detach()), dim=1), wanted, reduction="batchmean")
            loss = F.cross_entropy(model(x), labels) + smooth
            opt.zero_grad()
            loss.backward()
            opt.step()
        """,
        CLASSES,
    ),
    "a DCGAN that zeroes by its nets": program("""
        real = torch.randn(32, 1, 8)
        netG = nn.Sequential(nn.Linear(4, 16), nn.BatchNorm1d(16), nn.ReLU(True), nn.Linear(16, 8), nn.Tanh())
        netD = nn.Sequential(nn.Linear(8, 16), nn.LeakyReLU(0.2, inplace=True), nn.Linear(16, 1), nn.Sigmoid())
        criterion = nn.BCELoss()
        optimizerD = torch.optim.Adam(netD.parameters(), lr=2e-4, betas=(0.5, 0.999))
        optimizerG = torch.optim.Adam(netG.parameters(), lr=2e-4, betas=(0.5, 0.999))
        for epoch in range(3):
            for (batch,) in DataLoader(TensorDataset(real.squeeze(1)), batch_size=8):
                netD.zero_grad()
                label = torch.full((8,), 1.0)
                errD_real = criterion(netD(batch).view(-1), label)
                errD_real.backward()
                fake = netG(torch.randn(8, 4))
                label.fill_(0.0)
                errD_fake = criterion(netD(fake.detach()).view(-1), label)
                errD_fake.backward()
                optimizerD.step()
                netG.zero_grad()
                label.fill_(1.0)
                errG = criterion(netD(fake).view(-1), label)
                errG.backward()
                optimizerG.step()
    """),
    "Wasserstein with a gradient penalty, five critic steps": program("""
        G = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 2))
        C = nn.Sequential(nn.Linear(2, 16), nn.LeakyReLU(0.2), nn.Linear(16, 1))
        opt_g = torch.optim.Adam(G.parameters(), lr=1e-3, betas=(0.0, 0.9))
        opt_c = torch.optim.Adam(C.parameters(), lr=1e-3, betas=(0.0, 0.9))
        for step in range(6):
            for _ in range(5):
                real, fake = torch.randn(16, 2) + 2, G(torch.randn(16, 4)).detach()
                share = torch.rand(16, 1)
                between = (share * real + (1 - share) * fake).requires_grad_()
                slopes = torch.autograd.grad(C(between).sum(), between, create_graph=True)[0]
                penalty = (slopes.norm(dim=1) - 1).pow(2).mean()
                loss_c = C(fake).mean() - C(real).mean() + 10 * penalty
                opt_c.zero_grad()
                loss_c.backward()
                opt_c.step()
            opt_g.zero_grad()
            loss_g = -C(G(torch.randn(16, 4))).mean()
            loss_g.backward()
            opt_g.step()
    """),
    "Wasserstein with clipped weights": program("""
        G, C = nn.Linear(4, 2), nn.Sequential(nn.Linear(2, 8), nn.LeakyReLU(0.2), nn.Linear(8, 1))
        opt_g = torch.optim.RMSprop(G.parameters(), lr=1e-3)
        opt_c = torch.optim.RMSprop(C.parameters(), lr=1e-3)
        for step in range(20):
            opt_c.zero_grad()
            (C(G(torch.randn(16, 4)).detach()).mean() - C(torch.randn(16, 2) + 1).mean()).backward()
            opt_c.step()
            for p in C.parameters():
                p.data.clamp_(-0.05, 0.05)
            if step % 3 == 0:
                opt_g.zero_grad()
                (-C(G(torch.randn(16, 4))).mean()).backward()
                opt_g.step()
    """),
    "two cycles between two domains": program("""
        A, B = torch.randn(16, 3), torch.randn(16, 3) + 2
        ab, ba = nn.Linear(3, 3), nn.Linear(3, 3)
        d_a, d_b = nn.Linear(3, 1), nn.Linear(3, 1)
        opt_g = torch.optim.Adam([*ab.parameters(), *ba.parameters()], lr=1e-3)
        opt_d = torch.optim.Adam([*d_a.parameters(), *d_b.parameters()], lr=1e-3)
        for step in range(15):
            fake_b, fake_a = ab(A), ba(B)
            adversarial = (d_b(fake_b) - 1).pow(2).mean() + (d_a(fake_a) - 1).pow(2).mean()
            cycle = F.l1_loss(ba(fake_b), A) + F.l1_loss(ab(fake_a), B)
            opt_g.zero_grad()
            (adversarial + 10 * cycle).backward()
            opt_g.step()
            opt_d.zero_grad()
            loss_d = (d_a(A) - 1).pow(2).mean() + d_a(fake_a.detach()).pow(2).mean()
            loss_d = loss_d + (d_b(B) - 1).pow(2).mean() + d_b(fake_b.detach()).pow(2).mean()
            loss_d.backward()
            opt_d.step()
    """),
    "a discriminator that is frozen while the generator learns": program("""
        G, D = nn.Linear(4, 2), nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 1))
        opt_g, opt_d = torch.optim.Adam(G.parameters(), lr=1e-3), torch.optim.Adam(D.parameters(), lr=1e-3)
        bce = F.binary_cross_entropy_with_logits
        for step in range(15):
            D.requires_grad_(True)
            fake = G(torch.randn(16, 4))
            opt_d.zero_grad(set_to_none=True)
            loss = bce(D(torch.randn(16, 2) + 1), torch.ones(16, 1)) + bce(D(fake.detach()), torch.zeros(16, 1))
            loss.backward()
            opt_d.step()
            D.requires_grad_(False)
            opt_g.zero_grad(set_to_none=True)
            bce(D(fake), torch.ones(16, 1)).backward()
            opt_g.step()
    """),
    "a reversed gradient between domains": program(
        """
        class Reversed(torch.autograd.Function):
            @staticmethod
            def forward(ctx, values):
                return values.view_as(values)

            @staticmethod
            def backward(ctx, gradient):
                return -0.3 * gradient

        features, classes, domains = nn.Linear(4, 8), nn.Linear(8, 3), nn.Linear(8, 2)
        opt = torch.optim.SGD([p for m in (features, classes, domains) for p in m.parameters()], lr=0.05)
        domain = torch.arange(12) % 2
        for step in range(20):
            hidden = torch.relu(features(x))
            loss = F.cross_entropy(classes(hidden), labels)
            loss = loss + F.cross_entropy(domains(Reversed.apply(hidden)), domain)
            opt.zero_grad()
            loss.backward()
            opt.step()
        """,
        CLASSES,
    ),
}
