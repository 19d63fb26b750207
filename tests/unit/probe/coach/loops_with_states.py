"""Correct loops beside the mistakes of `mistakes_of_states`."""

from __future__ import annotations

from textwrap import dedent

from tests.unit.probe.coach.mistakes_of_states import NET

WITH_STATES = {
    "the best state, copied deeply": NET
    + dedent("""\
        for epoch in range(8):
            step()
            if epoch == 3:
                best_state = copy.deepcopy(model.state_dict())
        model.load_state_dict(best_state)
    """),
    "the best state, cloned one by one": NET
    + dedent("""\
        for epoch in range(8):
            step()
            if epoch == 3:
                best_state = {k: v.detach().clone() for k, v in model.state_dict().items()}
        model.load_state_dict(best_state)
    """),
    "a state that is loaded before the next step": NET
    + dedent("""\
        for epoch in range(8):
            step()
            state = model.state_dict()
            model.load_state_dict(state)
    """),
    "a state whose weights are written to on purpose": NET
    + dedent("""\
        state = model.state_dict()
        for epoch in range(8):
            step()
            for name in state:
                state[name].clamp_(-0.5, 0.5)
            model.load_state_dict(state)
    """),
    "a state with one weight that is changed": NET
    + dedent("""\
        state = model.state_dict()
        for epoch in range(8):
            step()
        bias = state["0.bias"]
        bias.zero_()
        model.load_state_dict(state)
    """),
    "a target network that follows": NET
    + dedent("""\
        target = copy.deepcopy(model)
        for epoch in range(8):
            step()
            target.load_state_dict(model.state_dict())
    """),
    "weights of another model": NET
    + dedent("""\
        other = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1))
        state = other.state_dict()
        for epoch in range(8):
            step()
        model.load_state_dict(state)
    """),
    "an average of states": NET
    + dedent("""\
        average = copy.deepcopy(model)
        for epoch in range(8):
            step()
            state = average.state_dict()
            for k, v in model.state_dict().items():
                state[k].mul_(0.9).add_(v, alpha=0.1)
            average.load_state_dict(state)
    """),
    "a state that is saved to a file and read back": NET
    + dedent("""\
        import io

        held = io.BytesIO()
        torch.save(model.state_dict(), held)
        for epoch in range(8):
            step()
        held.seek(0)
        model.load_state_dict(torch.load(held))
    """),
    "half of the state is new": NET
    + dedent("""\
        state = model.state_dict()
        for epoch in range(8):
            step()
        state["2.weight"] = torch.zeros(1, 8)
        model.load_state_dict(state)
    """),
}
