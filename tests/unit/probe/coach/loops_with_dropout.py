"""Correct loops beside the mistakes of `mistakes_of_dropout`."""

from __future__ import annotations

from textwrap import dedent

from tests.unit.probe.coach.mistakes_of_dropout import FITTING, JUDGED, with_dropout

WITH_DROPOUT = {
    "F.dropout that is told the mode": with_dropout("F.dropout(x, 0.5, training=self.training)") + FITTING + JUDGED,
    "F.dropout that is told the mode by its position": with_dropout("F.dropout(x, 0.5, self.training)")
    + FITTING
    + JUDGED,
    "F.dropout in every mode, on purpose": with_dropout("F.dropout(x, 0.5, training=True)") + FITTING + JUDGED,
    "F.dropout where the mode was asked for": with_dropout("F.dropout(x, 0.5) if self.training else x")
    + FITTING
    + JUDGED,
    "F.dropout of nothing": with_dropout("F.dropout(x, 0.0)") + FITTING + JUDGED,
    "predictions of several passes": with_dropout("F.dropout(x, 0.5)")
    + FITTING
    + dedent("""\
        net.eval()
        with torch.no_grad():
            preds = torch.stack([net(x).softmax(1) for _ in range(20)])
        print(preds.std(0).max().item())
    """),
    "predictions of several passes, in a loop": with_dropout("F.dropout(x, 0.5)")
    + FITTING
    + dedent("""\
        net.eval()
        preds = []
        with torch.no_grad():
            for _ in range(20):
                preds.append(net(x).argmax(1))
    """),
    "a function of that name that is one's own": with_dropout("dropped(x)").replace(
        "class Net",
        "def dropped(x, keep=0.9):\n    return x * keep\n\nclass Net",
    )
    + FITTING
    + JUDGED,
    "F.dropout that is never judged": with_dropout("F.dropout(x, 0.5)") + FITTING,
}
