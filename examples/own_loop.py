"""Nesterov's method by hand: not monotone, and not accused of it; its rate O(1/k²) is G5."""

import numpy as np

import amverify as amv

d = np.array([0.01, 0.1, 1.0])  # f(x) = ½ Σ d_j x_j², L = 1, f* = 0, x* = 0
eta, x, old = 1.0, np.ones(3), np.ones(3)
slope_error = lambda at: 2.0**-52 * abs(d * at)  # noqa: E731
recorder = amv.Recorder("Nesterov by hand", operations=8, gradient_error=slope_error, eta=eta)
recorder.step(x, 0.5 * np.sum(d * x * x), d * x)
for k in range(1, 301):
    y = x + (k - 2) / (k + 1) * (x - old)
    old, x = x, y - eta * d * y
    recorder.step(x, 0.5 * np.sum(d * x * x), d * x)

trace = recorder.trace(constants={"L": 1.0, "fstar": 0.0, "D": 1.7321})  # ‖x⁰ − x*‖ = √3
amv.render(amv.audit(trace, ["descent", "G5"]))
