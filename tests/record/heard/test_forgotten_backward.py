"""A loop without ``backward()``: one line in the report and one where the recorder closes."""

from __future__ import annotations

import warnings

import pytest
import torch

import amverify as amv

OPTIMISERS = {
    "sgd": lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9),
    "adamw": lambda p: torch.optim.AdamW(p, lr=0.05),
}
LINE = r"no parameter had a gradient at any of the 5 steps.*call loss\.backward\(\)"


class Own(torch.optim.Optimizer):
    """Takes its gradients itself and leaves none."""

    def __init__(self, params, loss):
        super().__init__(params, {})
        self.loss = loss

    def step(self, closure=None):
        for group in self.param_groups:
            for p, g in zip(
                group["params"], torch.autograd.grad(self.loss(), group["params"]), strict=True
            ):
                p.data -= 0.01 * g


def run(make, backward, moved=None, **recorded):
    x = torch.tensor([1.0, 1.0], requires_grad=True)

    def loss():
        return 5 * x[0] ** 2 + 0.5 * x[1] ** 2

    optimizer = Own([x], loss) if make is None else OPTIMISERS[make]([x])
    recorder = amv.Recorder.attach(optimizer, loss, **recorded)
    for _ in range(5):
        optimizer.zero_grad()
        if backward:
            loss().backward()
        optimizer.step()
        if moved is not None:
            x.data *= moved
    return recorder


def said(recorder):
    return [note for note in amv.audit(recorder.trace()).notes if "no parameter had" in note]


@pytest.mark.parametrize("make", OPTIMISERS)
@pytest.mark.parametrize("recorded", [{}, {"every": 3}, {"gradient": False}], ids=str)
def test_it_is_said_in_the_report_and_at_close(make, recorded):
    recorder = run(make, False, **recorded)
    (note,) = said(recorder)
    assert note.count("\n") == 0
    with pytest.warns(UserWarning, match=LINE):
        recorder.detach()
    assert said(recorder) == [note]
    recorder.detach()  # a second time there is nothing to close


@pytest.mark.parametrize(
    ("make", "backward", "moved"),
    [("sgd", True, None), ("adamw", True, None), (None, False, None), ("sgd", False, 0.5)],
)
def test_it_is_said_of_no_other_run(make, backward, moved):
    recorder = run(make, backward, moved)
    assert not said(recorder)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        recorder.detach()


def test_a_closure_is_not_looked_into():
    x = torch.tensor([0.0], requires_grad=True)
    optimizer = torch.optim.SGD([x], lr=0.1)
    recorder = amv.Recorder.attach(optimizer, lambda: (x**2).sum())

    def closure():
        optimizer.zero_grad()
        return (x**2).sum()

    for _ in range(2):
        optimizer.step(closure)
    assert not said(recorder)


def test_a_run_that_moved_and_was_put_back_had_its_gradients():
    """Taken by the optimiser itself; the parameters are then restored."""
    x = torch.tensor([1.0, 1.0], requires_grad=True)
    start = x.detach().clone()

    def loss():
        return (x**2).sum()

    optimizer = Own([x], loss)
    recorder = amv.Recorder.attach(optimizer, loss)
    for _ in range(3):
        optimizer.step()
    x.data.copy_(start)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        recorder.detach()
