"""optax's optimisers through ``Recorder.step``: rows are the loop's points, to the bit."""

import numpy as np
import pytest

import amverify as amv

jnp = pytest.importorskip("jax.numpy", reason="jax is not installed")
optax = pytest.importorskip("optax", reason="optax is not installed")

D = np.array([1.0, 4.0, 10.0])
MADE = {
    "sgd": lambda: optax.sgd(0.05),
    "momentum": lambda: optax.sgd(0.05, momentum=0.9),
    "adam": lambda: optax.adam(0.1),
    "lion": lambda: optax.lion(0.01),
    "rmsprop": lambda: optax.rmsprop(0.01),
    "yogi": lambda: optax.yogi(0.1),
}


def f(x):
    x = np.asarray(x, dtype=np.float64)
    return 0.5 * np.sum(D * x * x)


@pytest.mark.parametrize("given", [np.asarray, lambda x: x], ids=["numpy", "jax"])
@pytest.mark.parametrize("name", MADE)
def test_rows_are_the_points_of_the_loop(name, given):
    method, x = MADE[name](), jnp.array([1.0, -1.0, 0.5], dtype=jnp.float32)
    state, points = method.init(x), [np.array(x, dtype=np.float64)]
    recorder = amv.Recorder(name, operations=8, gradient_error=lambda at: 2.0**-51 * abs(D * at))
    recorder.step(given(x), f(x), D * points[0])
    for _ in range(8):
        slope = jnp.asarray(D * points[-1], dtype=jnp.float32)
        updates, state = method.update(slope, state, x)
        x = optax.apply_updates(x, updates)
        points.append(np.array(x, dtype=np.float64))
        recorder.step(given(x), f(x), D * points[-1])
    trace, there = recorder.trace(), np.array(points)
    assert trace.sweeps["value"] == pytest.approx(0.5 * (D * there**2).sum(1), rel=1e-14)
    steps = (np.diff(there, axis=0) ** 2).sum(1)
    assert trace.sweeps["step"][1:] == pytest.approx(steps, rel=1e-12)
    assert trace.header["settings"]["dtype"] == "float32"
    verdict = amv.audit(trace, "descent").verdict
    assert verdict is (amv.Verdict.VIOLATED if name == "momentum" else amv.Verdict.HOLDS)
