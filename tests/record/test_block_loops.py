"""A block loop of one's own: its rows, claims for each block, G3 and D1, and wrong use."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import amverify as amv
from amverify.errors import InvalidInput
from amverify.families.loops.blocks import block_descent
from amverify.verdict import Verdict

RNG = np.random.default_rng(0)
M = RNG.random((6, 5))


def misfit(x):
    return 0.5 * np.sum((x[0] @ x[1] - M) ** 2)


def palm(s=1.0, told=True, sweeps=5, names=("U", "V"), slip=0.0):
    """PALM on ½‖UV − M‖², with steps 1/(sL); ``slip`` moves V once too far."""
    u, v = np.ones((6, 2)), np.ones((2, 5))
    u[:, 1] = 0.5
    recorder = amv.Recorder("PALM by hand", value=misfit, value_error=1e-12)
    recorder.step([u, v])
    for k in range(sweeps):
        modulus = 1.01 * np.linalg.norm(v @ v.T, 2)
        e = -(u @ v - M) @ v.T / (s * modulus)
        u = u + e
        used = {"modulus": modulus, "s": s, "t": 1, "p1": 0, "p2": 0} if told else {}
        bend = {"bend": amv.within(np.sum((e @ v) ** 2), 1e-12)} if told else {}
        recorder.block(names[0], [u, v], **used, **bend)
        modulus = 1.01 * np.linalg.norm(u.T @ u, 2)
        e = -u.T @ (u @ v - M) / (s * modulus) + slip * (k == 2)
        v = v + e
        used = {"modulus": modulus, "s": s, "t": 1, "p1": 0, "p2": 0} if told else {}
        bend = {"bend": amv.within(np.sum((u @ e) ** 2), 1e-12)} if told else {}
        recorder.block(names[1], [u, v], **used, **bend)
        recorder.step([u, v])
    return recorder


def judged(run, text, **constants):
    (found,) = amv.audit(run.trace(), amv.claim(text, **constants)).findings
    return found


def test_a_row_is_an_update_with_the_value_on_both_sides():
    run = palm(told=False)
    blocks, sweeps = run.trace().blocks, run.trace().sweeps
    assert run.trace().settings["block_names"] == ["U", "V"]
    np.testing.assert_array_equal(blocks["sweep"], np.repeat(np.arange(1, 6), 2))
    np.testing.assert_array_equal(blocks["before"][1:], blocks["value"][:-1])
    np.testing.assert_array_equal(blocks["value"][1::2], sweeps["value"][1:])
    assert blocks["before"][0] == sweeps["value"][0]
    np.testing.assert_allclose(blocks["change"], blocks["value"] - blocks["before"])
    assert (blocks["change_error"] >= 2e-12).all()
    pairs = blocks["step"].reshape(-1, 2)
    np.testing.assert_allclose(pairs.sum(1), sweeps["step"][1:])
    np.testing.assert_array_equal(blocks["inertia"][2:], blocks["step"][:-2])
    assert not blocks["inertia"][:2].any()


@pytest.mark.parametrize(
    ("text", "constants", "expected"),
    [
        ("value[j] <= value[j-1]", {}, Verdict.HOLDS),
        ("value[j] <= value[j-1] - a[j]*step2[j]", {"a": [5, 0.8]}, Verdict.HOLDS),
        ("value[j] <= value[j-1] - a[j]*step2[j]", {"a": {"V": 0.8, "U": 5}}, Verdict.HOLDS),
        ("value[j] <= value[j-1] - a[j]*step2[j]", {"a": {"V": 5, "U": 0.8}}, "V"),
        ("value[j] <= value[j-1] - L[j]*step2[j]", {"L": [50, 0.1]}, "U"),
        ("value[j] <= value[j-1] - modulus[j]/2*step2[j]", {}, Verdict.HOLDS),
        ("value[j] <= value[j-1] - modulus[j]*step2[j]", {}, "U"),
        ("value[j] <= value[j-1] - a*step2[j]", {"a": 0.8}, Verdict.HOLDS),
        ("value[j] <= value[0]", {}, Verdict.HOLDS),
        ("value[j] >= value[0]", {}, "V"),
    ],
)
def test_claims_for_each_block(text, constants, expected):
    found = judged(palm(), f"for each block: {text}", **constants)
    if isinstance(expected, Verdict):
        assert found.verdict is expected
        return
    assert found.verdict is Verdict.VIOLATED
    assert found.witness.block == expected


def test_a_false_claim_names_step_and_block():
    found = judged(palm(slip=0.7), "for each block: value[j] <= value[j-1]")
    assert found.verdict is Verdict.VIOLATED
    assert "fails at step 3, block V by" in found.reason
    assert found.counts.failed == 1
    assert judged(palm(slip=0.7), "for each block: modulus[j] > 0").verdict is Verdict.HOLDS


def test_equality_of_measured_numbers_is_never_held_nor_violated():
    found = judged(palm(), "for each block: value[j] - value[j-1] == change[j]")
    assert found.verdict is Verdict.UNDECIDED


def test_a_hypothesis_is_monitored_on_every_update():
    text, a = "for each block: value[j] <= value[j-1] - 50*step2[j]", "modulus[j] >= 50"
    (found,) = amv.audit(palm().trace(), amv.claim(text, given=a)).findings
    assert found.verdict is Verdict.NOT_APPLICABLE


def test_it_prints_back():
    claim = amv.claim("for each block: value[j] <= value[j-1] - a[j]*step2[j]", a=1)
    said = "f(x_j) ≤ f(x_{j−1}) − a_j·‖x_j − x_{j−1}‖², for each update j of a block."
    assert claim.statement == said
    assert claim.latex.endswith(r"\text{for each update }j\text{ of a block}")


def test_our_own_methods_have_updates_too():
    problem = amv.families.factorisations().draw(0)
    trace = block_descent(problem, 4)
    claims = [
        amv.claim("for each block: value[j] <= value[j-1]"),
        amv.claim("for each block: value[j] >= value[j-1]"),
    ]
    first, second = amv.audit(trace, claims).findings
    assert (first.verdict, second.verdict) == (Verdict.HOLDS, Verdict.VIOLATED)


GIVEN = {"nonsmooth": "none", "coupling": "none"}


def test_g3_speaks_of_such_a_loop_once_it_is_told_what_the_steps_were():
    def verdict(run):
        return amv.audit(run.trace(settings=GIVEN), "G3").findings[0].verdict

    assert verdict(palm()) is Verdict.HOLDS
    assert verdict(palm(slip=0.7)) is Verdict.VIOLATED
    assert verdict(palm(told=False)) is Verdict.UNDECIDED
    uses = {use.name: use for use in amv.usable(palm(told=False).trace(settings=GIVEN))}
    assert "modulus=…" in uses["G3"].says
    assert "bend=amverify.within(…, …)" in uses["G3"].says
    uses = {use.name: use for use in amv.usable(palm().trace())}
    asked = "recorder.trace(settings={'nonsmooth': 'none', 'coupling': 'none'})"
    assert uses["G3"].says == f"usable once you pass {asked}"
    plain = amv.Recorder("steps")
    plain.step([1.0], 1.0)
    uses = {use.name: use for use in amv.usable(plain.trace())}
    assert "recorder.block(name, x, value)" in uses["G3"].says


def admm(rho, sweeps=6, slip=0.0):
    """ADMM on ½(z − 1)² subject to a = z, blocks a1, z2, dual u3; ``slip`` moves z once too far."""

    def lagrangian(p):
        a, z, u = p
        return 0.5 * (z - 1) ** 2 + u * (a - z) + rho / 2 * (a - z) ** 2 + 0 * a

    a = z = u = np.float64(4.0)
    recorder = amv.Recorder("dlADMM by hand", value=lagrangian, value_error=1e-12)
    recorder.step([a, z, u])
    for k in range(sweeps):
        a = z - u / rho
        recorder.block("a1", [a, z, u])
        z = (1 + u + rho * a) / (1 + rho) + slip * (k == 3)
        recorder.block("z2", [a, z, u])
        u = u + rho * (a - z)
        recorder.block("u3", [a, z, u])
        recorder.step([a, z, u])
    return recorder.trace(settings={"rho": rho, "layers": 2, "loss_lipschitz": 1.0})


def test_d1_reads_the_rows_of_the_last_z():
    assert amv.audit(admm(4.0), "D1").findings[0].counts.total == 6
    assert amv.audit(admm(1.0), "D1").verdict is Verdict.NOT_APPLICABLE
    lacks = {use.name: use.says for use in amv.usable(palm().trace())}["D1"]
    assert lacks == "usable once you pass recorder.trace(settings={'layers': …})"


def test_d1_is_violated_where_z_is_no_minimiser():
    (found,) = amv.audit(admm(4.0, slip=1.0), "D1").findings
    assert found.verdict is Verdict.VIOLATED
    assert "fails at step 4 by" in found.reason
    assert found.counts.failed == 1


def test_tensors_are_followed_and_gradients_kept():
    x = [torch.ones(3, dtype=torch.float64), torch.ones(2, dtype=torch.float64)]
    recorder = amv.Recorder("two blocks", value=lambda p: (p[0] ** 2).sum() + (p[1] ** 4).sum())
    recorder.step(x)
    for _ in range(3):
        x[0] = x[0] * 0.5
        recorder.block("first", x)
        x[1] = x[1] * 0.5
        recorder.block("second", x)
        recorder.step(x)
    found = judged(recorder, "for each block: value[j] <= value[j-1]")
    assert found.verdict is Verdict.HOLDS
    found = judged(recorder, "for each block: grad2[j] <= grad2[j-1]/3")
    assert (found.verdict, found.witness.block) == (Verdict.VIOLATED, "second")


def test_a_block_that_leads_to_nan_ends_the_run_there():
    recorder = amv.Recorder("to nan", value_error=0)
    recorder.step([2.0, 2.0], 4.0)
    recorder.block("a", [1.0, 2.0], 3.0)
    recorder.block("b", [1.0, np.nan], np.nan)
    recorder.step([1.0, 0.0], 1.0)
    assert recorder.stopped == "sweep 1, block b: a parameter is not finite"
    (found,) = amv.audit(
        recorder.trace(), amv.claim("for each block: value[j] <= value[j-1]")
    ).findings
    assert found.verdict is Verdict.VIOLATED
    assert amv.audit(recorder.trace(), "descent").verdict is Verdict.VIOLATED


def started():
    recorder = amv.Recorder("wrong use", value_error=0)
    recorder.step([2.0, 2.0], 4.0)
    return recorder


def twice(recorder):
    recorder.block("a", [1.0, 2.0], 3.0)
    recorder.block("a", [0.0, 2.0], 3.0)


def moved(recorder):
    recorder.block("a", [1.0, 2.0], 3.0)
    recorder.step([1.0, 1.0], 2.0)


def late(recorder):
    recorder.step([1.0, 2.0], 3.0)
    recorder.block("a", [0.0, 2.0], 3.0)


def alike(recorder):
    recorder.block("W1", [1.0, 2.0], 3.0)
    recorder.block("W_1", [0.0, 2.0], 3.0)


@pytest.mark.parametrize(
    ("use", "why"),
    [
        (twice, "'a' comes twice in sweep 1"),
        (moved, "x is not where the last update of a block led"),
        (late, "step 1 was recorded without blocks"),
        (alike, "'W_1' and 'W1' read alike"),
        (lambda r: r.block("", [1.0, 2.0], 3.0), "a name has 1 to 40 characters"),
        (lambda r: r.block("a", [1.0], 3.0), "shape"),
        (lambda r: r.block("a", [1.0, 2.0]), "value is needed"),
        (lambda r: r.block("a", [1.0, 2.0], 3.0, modulus="L"), "modulus: expected a number"),
        (lambda r: r.block("a", [1.0, 2.0], 3.0, bend=np.inf), "expected a finite number"),
        (lambda r: amv.Recorder().block("a", [1.0], 3.0), "records the start before it"),
    ],
)
def test_wrong_use_is_one_line(use, why):
    with pytest.raises(InvalidInput, match=why) as told:
        use(started())
    assert "\n" not in str(told.value)


def test_an_attached_optimiser_has_no_blocks():
    x = torch.ones(2, requires_grad=True)
    recorder = amv.Recorder.attach(torch.optim.SGD([x], lr=0.1), lambda: (x * x).sum())
    with pytest.raises(InvalidInput, match=r"record its loop by Recorder\(\)"):
        recorder.block("a", [x])


@pytest.mark.parametrize(
    ("text", "constants", "why"),
    [
        ("value[j] <= a[j]", {"a": [1]}, "a: 1 numbers for 2 blocks, U, V"),
        ("value[j] <= a[j]", {"a": {"U": 1, "W": 1}}, "no block 'W'; there are U, V"),
        ("value[j] <= a[j]", {"a": {"U": 1}}, "no number for the block V"),
        ("value[j] <= a[j]", {"a": ["x", 1]}, "expected a number"),
        ("value[j] <= a[j]", {"a": [1, np.nan]}, r"a\[V\]: expected a finite number"),
        ("value[j] <= a*step2[j]", {"a": [1, 2]}, r"write a\[j\]"),
        ("value[j] <= step2[j]", {"step2": [1, 2]}, "call the constant otherwise"),
        ("value[k] <= 1", {}, "an index is j"),
        ("value[j] <= C/j", {"C": 1}, "j stands in an index alone"),
        ("sum(value[:j]) <= 1", {}, "no running sum"),
        ("value[j] <= 1/p1[j]", {}, "division by zero at update j = 1"),
    ],
)
def test_claims_that_fit_no_block_are_refused(text, constants, why):
    with pytest.raises(InvalidInput, match=why):
        judged(palm(sweeps=1), f"for each block: {text}", **constants)


def test_what_a_claim_for_each_block_lacks_is_named():
    def lack(text, run):
        return judged(run, f"for each block: {text}").reason

    assert "recorder.block(name, x, value, gradient)" in lack("grad2[j] <= 1", palm())
    assert "claim(…, a=[…])" in lack("value[j] <= a[j]", palm())
    assert "modulus=…" in lack("value[j] <= modulus[j]", palm(told=False))
    plain = amv.Recorder("steps", value_error=0)
    plain.step([1.0], 1.0)
    assert "recorder.block(name, x, value)" in lack("value[j] <= value[j-1]", plain)


def test_falsify_refuses_it():
    with pytest.raises(InvalidInput, match="block by block"):
        amv.falsify("for each block: value[j] <= value[j-1]", "gradient_descent",
                    amv.families.quadratics(), parameters={"eta": "1/L"}, examples=2)  # fmt: skip


def test_a_loop_of_lists_may_have_its_value_called():
    """The probe of rounding calls f with points of the loop's own form."""
    recorder = palm(told=False)
    assert np.isfinite(recorder.trace().sweeps["execution"]).all()
