"""The language: what is read, how it prints back, what is refused and where; on runs, bad input."""

import numpy as np
import pytest
import torch

import amverify as amv
from amverify.claims.grammar import parsed
from amverify.claims.notation import LATEX, mathematics
from amverify.errors import InvalidInput
from amverify.record.recorder import Recorder
from amverify.shown import mathml
from amverify.verdict import Verdict

WRITTEN = {
    "value[k]<=value[k-1]-a*step2[k]": "f(x_k) ≤ f(x_{k−1}) − a·‖x_k − x_{k−1}‖², for every k ≥ 1",
    "psi[k] < q**k*psi[0]": "ψ_k < q^k·ψ_0, for every k ≥ 1",
    "for k >= 5: (a - b) - (c - d) == 0": "a − b − (c − d) = 0, for every k ≥ 5",
    "exists k <= 25: -grad[k]**2 >= 1/3": "−‖∇f(x_k)‖² ≥ 1/3, for some k ≤ 25",
    "for 2 <= k <= 9: min(grad2[:k]) <= C/k": "min_{0≤j≤k−1} ‖∇f(x_j)‖² ≤ C/k, for k = 2, …, 9",
    "sum(t[1:k+1]*g[:k]) <= sqrt(k)": "Σ_{1≤j≤k} t_j·g_{j−1} ≤ √(k), for every k ≥ 1",
}


@pytest.mark.parametrize(("text", "shown"), WRITTEN.items())
def test_it_prints_back_as_mathematics(text, shown):
    assert mathematics(parsed(text)) == shown


def test_latex():
    said = parsed("value[k] - fstar <= 2*L*D**2/(k+1)**2")
    assert mathematics(said, LATEX) == r"f(x_{k})-{f^{\star}}\le 2\,L\,D^{2}/(k+1)^{2}"


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("exists k <= 25: step2[k] == 0", r"=0\quad \text{for some }k\le 25"),
        ("exists k >= 3: step[k] == 0", r"=0\quad \text{for some }k\ge 3"),
        ("exists 2 <= k <= 5: step[k] == 0", r"=0\quad \text{for some }2\le k\le 5"),
        ("for k >= 5: psi[k] <= 1e-12", r"\psi_{k}\le 10^{-12}\quad \text{for every }k\ge 5"),
        ("for 2 <= k <= 9: psi[k] <= 2.5e-9", r"2.5\cdot 10^{-9}\quad \text{for }k=2,\dots,9"),
        ("psi[k] <= a/k*psi[0]", r"\psi_{k}\le (a/k)\,\psi_{0}"),
    ],
)
def test_latex_says_of_which_k_and_what_is_divided(text, latex):
    assert mathematics(parsed(text), LATEX).endswith(latex)


def test_a_claim_has_its_own_mathml():
    found = amv.claim("exists k >= 3: value[k] <= 1")
    assert found.statement == "f(x_k) ≤ 1, for some k ≥ 3."
    assert found.mathml == mathml(found.latex)
    assert "<mtext>for" in found.mathml.replace("\xa0", " ")


def test_what_is_given_is_set_beside_the_claim():
    found = amv.claim("value[k] <= fstar**2", given=["eta[k]*L <= 1", "fstar <= 3"], fstar=0)
    assert found.latex.endswith(r"\quad \text{given }\eta_{k}\,L\le 1, {f^{\star}}\le 3")
    assert "given" in found.mathml


@pytest.mark.parametrize("text", [*WRITTEN, "E[value[k]] <= abs(psi[k-1])*exp(-k)*max(2, a_b)"])
def test_every_construct_is_set_as_mathml(text):
    found = mathml(mathematics(parsed(text), LATEX))
    assert found.startswith("<math")
    assert "\\" not in found


REFUSED = {
    "": "characters",
    "value[k]": "compares two sides",
    "value[k] <= value[k-1] <= 3": "one comparison",
    "value[k] != 3": "signs are",
    "value[k] <= ": "cannot be read",
    "value[k] = 3": "write == for =",
    "value[k] =< value[k-1]": "write <= for =<",
    "value[k] ≤ value[k-1]": "write <= for ≤",
    "value[k] <= (value[k-1]": "brackets do not pair",
    "value[k] <= 2^k": "a power is written **",
    "value[j] <= 1": "an index is k",
    "value[k*2] <= 1": "an index is k",
    "value[:k] <= 1": "a slice stands in",
    "sum(value[k]) <= 1": "runs over a slice",
    "sum(value[:k]*value[k]) <= 1": "takes a slice",
    "sum(k*value[:k]) <= 1": "k and running sums",
    "step2[0] <= 1": "no step leads to index 0",
    "sum(step2[:k]) <= 1": "write step2[1:k+1]",
    "sum(value[k:k-1]) <= 1": "after its start",
    "f.system('x') <= 1": "may stand here",
    "__import__('os') <= 1": "no function here",
    "(lambda: 1)() <= 1": "may stand here",
    "[1 for x in y] <= 1": "may stand here",
    "'a' <= 1": "may stand here",
    "E(value[k]) <= 1": "an expectation is written E[…]",
    "E[E[value[k]]] <= 1": "E in E",
    "max(E[value[k]], 1) <= 2": "E[…] stands under max",
    "E[value[k]]**2 <= 2": "E[…] stands under **",
    "E[value[k]]*E[value[k]] <= 2": "E[…] stands under *",
    "1/E[value[k]] <= 2": "E[…] stands under /",
    "E[sum(value[:k])] <= 2": "stands outside of E",
    "E[value[0]] <= 2": "moves with k",
    "exp(1, 2) <= 1": "takes one argument",
    "1e99999 <= 1": "a number is a decimal",
    "0x10 <= 1": "a number is a decimal",
    "value[k] <= 1e999": "between 1e-300 and 1e300",
    "η[k] <= eta[k] - 1": "a quantity is a column",
    "for k > 3: value[k] <= 1": "quantifier is",
    "for 9 <= k <= 3: value[k] <= 1": "no k from 9 to 3",
    "for k value[k] <= 1": "a colon is missing",
    "exists k <= 3: for k >= 1: value[k] <= 1": "cannot be read",
    "(" * 250 + "1" + ")" * 250 + " <= 1": "cannot be read",
    "-" * 900 + "1 <= 1": "nested too deeply",
    "1+" * 490 + "1 <= 1": "nested too deeply",
    "9" * 2000 + " <= 1": "1 to 1000 characters",
}


@pytest.mark.parametrize(("text", "why"), REFUSED.items(), ids=[t[:20] for t in REFUSED])
def test_what_is_no_claim_is_refused_in_one_line(text, why):
    with pytest.raises(InvalidInput, match=r"^claim, column \d+: [^\n]*$") as caught:
        amv.claim(text)
    assert why in str(caught.value)


def test_the_place_of_a_fault_is_marked():
    with pytest.raises(InvalidInput, match=r"column 19: .*value\[k\] <= value\[⟨here⟩j\]"):
        amv.claim("value[k] <= value[j]")


def test_constants_are_those_of_the_text():
    with pytest.raises(InvalidInput, match=r"no constant b in .*; it has a"):
        amv.claim("value[k] <= a", b=1)
    with pytest.raises(InvalidInput, match="expected a number"):
        amv.claim("value[k] <= a", a="x")
    with pytest.raises(InvalidInput, match="0 or more"):
        amv.within(1, -1)
    with pytest.raises(InvalidInput, match="takes no given"):
        amv.claim("exists k: value[k] <= 1", given="eta[k] <= 1")


@pytest.mark.parametrize("text", ["1/0", "sqrt(-1)", "0**(-1)", "sqrt(sqrt(value[k]))"])
def test_what_has_no_real_value_is_refused(text):
    with pytest.raises(InvalidInput, match="no real value, or a root of a root"):
        amv.claim(f"value[k] <= {text}")


@pytest.mark.parametrize("name", ["dist2_k", "dist2_0"])
def test_a_constant_that_reads_like_a_quantity_is_refused(name):
    """It would be the quantity itself: dist2[k] <= dist2_k would hold of every run."""
    with pytest.raises(InvalidInput, match=f"constant {name} reads like a quantity"):
        amv.claim(f"dist2[k] <= {name}", **{name: -1})


def run(values, **tracked):
    """A run with these values and quantities, exactly known, in one dimension."""
    recorder = Recorder(value_error=0.0, gradient_error=0.0)
    columns = iter(range(len(values)))
    place = {"k": 0}
    for name, numbers in tracked.items():
        recorder.track(name, lambda x, n=numbers: n[place["k"]], error=0.0)
    for k in columns:
        place["k"] = k
        recorder.step(np.array([float(k)]), values[k], np.array([1.0]))
    return recorder.trace()


def verdict(trace, text, **said):
    return amv.audit(trace, amv.claim(text, **said)).findings[0]


def test_running_sums_are_python_s_slices():
    trace = run([0.0] * 6, q=[1.0, 2, 3, 4, 5, 6], p=[1.0, 3, 6, 10, 15, 21])
    held = (
        "sum(q[:k+1]) <= p[k]",
        "sum(q[:k+1]) >= p[k]",
        "sum(q[:k]) <= p[k-1]",
        "mean(q[:k+1]) <= (k+2)/2",
        "max(q[k-2:k]) <= k",
        "min(q[k-2:k+1]) >= max(k-1, 1)",
        "sum(q[1:k+1]*q[:k]) <= k*(k+1)*(k+2)/3",
        "for k >= 3: sum(q[k-2:k]) >= 2*k - 1",
    )
    for text in held:
        assert verdict(trace, text).witness is None, text
        broken = text.replace(" <= ", " <= -0.001 + ").replace(") >= ", ") >= 0.001 + ")
        assert verdict(trace, broken).verdict is Verdict.VIOLATED, text


def test_some_k():
    trace = run([5.0, 4, 3, 2, 2])
    assert verdict(trace, "exists k <= 4: value[k] <= 2.5").verdict is Verdict.HOLDS
    assert verdict(trace, "exists k <= 2: value[k] <= 2.5").verdict is Verdict.VIOLATED
    assert verdict(trace, "exists k <= 9: value[k] <= 1").verdict is Verdict.UNDECIDED
    assert verdict(trace, "exists k: value[k] <= 1").verdict is Verdict.UNDECIDED


def test_a_range_leaves_rows_out():
    trace = run([5.0, 9, 3, 2, 1])
    assert verdict(trace, "value[k] <= 5").witness.sweep == 1
    assert verdict(trace, "for k >= 2: value[k] <= 5").verdict is Verdict.HOLDS
    assert verdict(trace, "for 2 <= k <= 3: value[k] >= 2").verdict is Verdict.HOLDS
    assert verdict(trace, "for 0 <= k <= 0: value[k] <= 5.5").verdict is Verdict.HOLDS


def test_unknown_quantities_and_divisions_by_zero():
    trace = run([5.0, 4, 3], gap=[3.0, 2, 1])
    with pytest.raises(InvalidInput, match=r"no quantity gpa; did you mean gap\? \(it has"):
        verdict(trace, "gpa[k] <= 1")
    with pytest.raises(InvalidInput, match=r"division by zero at k = 0; .*for k >= 1"):
        verdict(trace, "for k >= 0: value[k] <= 9/k")
    lacking = verdict(trace, "eta[k] <= 1")
    assert lacking.verdict is Verdict.UNDECIDED
    assert "Recorder(eta=…)" in lacking.reason
    assert "constant C" in verdict(trace, "value[k] <= C").reason


def test_hypotheses():
    trace = run([5.0, 4, 3], gap=[3.0, 2, 1])
    assert verdict(trace, "value[k] <= 1", given="gap[k] <= 1").verdict is Verdict.NOT_APPLICABLE
    trusted = verdict(trace, "value[k] <= 5", trust="f is convex")
    assert trusted.verdict is Verdict.HOLDS
    assert trusted.unmonitored == ("f is convex",)


@pytest.mark.parametrize(
    ("modulus", "expected"),
    [
        (7, Verdict.VIOLATED),
        (7 * (1 + 1e-9), Verdict.NOT_APPLICABLE),
        (amv.within(7, 1e-3), Verdict.UNDECIDED),
    ],
)
def test_a_hypothesis_on_numbers_may_fail_by_a_last_place_and_no_more(modulus, expected):
    """1/7 in floating point, times 7; a modulus that is known to three digits leaves it open."""
    recorder = Recorder(value_error=0.0, gradient_error=0.0, eta=1 / 7 * (1 + 2.0**-52))
    for k, value in enumerate((3.0, 2.0, 1.5)):
        recorder.step(np.array([float(k)]), value, np.array([1.0]))
    found = verdict(recorder.trace(L=modulus), "value[k] <= 1", given="eta[k]*L <= 1")
    assert found.verdict is expected, found.reason


def test_a_value_that_is_not_finite_refutes_a_bound_on_it():
    recorder = Recorder(value_error=0.0)
    for k, value in enumerate((3.0, 2.0, float("nan"))):
        recorder.step(np.array([float(k)]), value, np.array([1.0]))
    trace = recorder.trace()
    assert verdict(trace, "value[k] <= value[k-1]").verdict is Verdict.VIOLATED
    assert verdict(trace, "value[k] <= 9").verdict is Verdict.VIOLATED
    assert verdict(trace, "norm2[k] <= 9").verdict is Verdict.UNDECIDED


def test_rounding_that_a_run_cannot_help_is_no_failure():
    """Gradient descent to the end of float64: the rate q^k goes on below its floor."""
    x = torch.full((3,), 1.0, dtype=torch.float64) + 1
    recorder = Recorder(value=lambda x: ((x - 1) ** 2).sum() / 2)
    recorder.track("dist2", lambda x: ((x - 1) ** 2).sum())
    for _ in range(80):
        recorder.step(x)
        x = x - 0.6 * (x - 1)
    trace = recorder.trace()
    for text in ("dist2[k] <= q**k*dist2[0]", "value[k] <= q**k*value[0]",
                 "grad2[k] <= q**k*grad2[0]", "step2[k+1] <= q**k*step2[1]"):  # fmt: skip
        assert verdict(trace, text, q=0.17).witness is None, text
        assert verdict(trace, text, q=0.15).verdict is Verdict.VIOLATED, text


def test_a_step_that_ends_at_0_is_rounded_by_the_size_of_where_it_began():
    """η = 1/L on L‖x‖²/2: x¹ is 0, and in floating point a last place of x⁰."""
    x = torch.full((3,), 0.7, dtype=torch.float64)
    recorder = Recorder(value=lambda x: 3 * (x * x).sum() / 2)
    recorder.track("dist2", lambda x: (x * x).sum())
    recorder.track("past", lambda x, old: (x * x).sum() + 0 * (old * old).sum())
    for _ in range(4):
        recorder.step(x)
        x = x - (1 / 3) * (3 * x) + 2.0**-54
    trace = recorder.trace()
    assert 0 < trace.sweeps["dist2"][1] < 1e-30
    for text in ("dist2[1] <= 0*k", "past[1] <= 0*k", "for k <= 1: dist2[k] <= 0"):
        assert verdict(trace, text).verdict is Verdict.UNDECIDED, text
    assert verdict(trace, "dist2[k-1] <= 0.1").verdict is Verdict.VIOLATED


def test_a_step_that_repeats_the_last_one_is_rounded_like_it():
    """x + 0.1, again and again: in floating point steps differ by a last place of x."""
    recorder = Recorder(value=lambda x: 0.1 * x.sum())
    x = torch.full((1,), 0.01, dtype=torch.float64)
    for _ in range(40):
        recorder.step(x)
        x = x + 0.1
    trace = recorder.trace()
    assert len(set(trace.sweeps["step"][1:].tolist())) > 1
    for text in ("step2[k] <= step2[k-1]", "step2[k] >= step2[k-1]", "step[k] == step[1]"):
        assert verdict(trace, text).witness is None, text
    assert verdict(trace, "step[k] <= 0.999*step[k-1]").verdict is Verdict.VIOLATED


def test_tracked_names_and_functions():
    recorder = Recorder(value_error=0.0)
    recorder.track("psi", lambda x: 1.0)
    for name in ("psi", "value", "step2", "Psi", "a_error", "1a", "grad"):
        with pytest.raises(InvalidInput, match="track: "):
            recorder.track(name, lambda x: 1.0)
    with pytest.raises(InvalidInput, match="takes 3 arguments"):
        recorder.track("three", lambda x, y, z: 1.0)
    recorder.step(np.ones(1), 1.0)
    with pytest.raises(InvalidInput, match="before the first step"):
        recorder.track("late", lambda x: 1.0)


def test_a_tracked_quantity_that_fails_ends_the_record_not_the_loop():
    x = torch.ones(2, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([x], lr=0.1)
    recorder = Recorder.attach(optimizer, lambda: (x * x).sum())
    recorder.track("inverse", lambda x: 1 / (x.sum() - 1.6) ** 2 if x.sum() > 1.5 else x / 0)
    for _ in range(5):
        optimizer.zero_grad()
        (x * x).sum().backward()
        optimizer.step()
    trace = recorder.trace()
    assert len(trace.sweeps["sweep"]) < 6
    assert "stopped" in trace.header


def test_what_is_tracked_may_read_the_parameters_it_was_attached_to():
    x = torch.ones(2, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([x], lr=0.1)
    f = lambda: (x * x).sum()  # noqa: E731
    recorder = Recorder.attach(optimizer, f)
    recorder.track("again", lambda _: f())
    recorder.track("psi", lambda x, old: f() + ((x - old) ** 2).sum())
    for _ in range(4):
        optimizer.zero_grad()
        f().backward()
        optimizer.step()
    sweeps = recorder.trace().sweeps
    assert np.array_equal(sweeps["again"], sweeps["value"])
    assert np.allclose(sweeps["psi"], sweeps["value"] + sweeps["step"], rtol=1e-14)
    assert (sweeps["again_execution"][1:] > 0).all()
    assert (sweeps["psi_error"] < 1e-14).all()


@pytest.mark.parametrize(
    "text",
    ["1 <= 2", "k >= 0", "0*value[k] <= 0", "value[k] <= value[k]", "q**k <= 1",
     "(value[k] + 1)**2 - value[k]**2 <= 2*value[k] + 1"],
)  # fmt: skip
def test_what_no_run_can_contradict_is_no_claim(text: str) -> None:
    with pytest.raises(InvalidInput, match="says nothing of a run"):
        amv.claim(text)


def test_what_stands_on_both_sides_is_bound_on_both() -> None:
    recorder = amv.Recorder(value_error=0.0)
    for x in (3.0, 2.0, 1.0):
        recorder.step(np.array([x]), x)
    claim = amv.claim("value[k] + step2[k] <= value[k] + 4")
    assert amv.audit(recorder.trace(), [claim]).verdict == amv.Verdict.HOLDS


def falling(**constants):
    recorder = amv.Recorder("falling", value_error=1e-12)
    for value in (1.0, 0.5, 0.3, 0.2):
        recorder.step([value], value)
    return recorder.trace(**constants)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("exists k >= 5: step2[k] == 0", "the run ends at k = 3, and the claim is about k ≥ 5"),
        ("exists k: value[k] <= 0.1", "without a limit (exists k <= 3: …) no run refutes it"),
        ("exists k <= 9: value[k] <= 0.1", "the claim allows k ≤ 9"),
    ],
)
def test_a_run_that_ends_before_such_a_k_says_so(text, why):
    (found,) = amv.audit(falling(), amv.claim(text)).findings
    assert found.verdict is Verdict.UNDECIDED
    assert why in found.reason


def test_a_declared_infimum_that_a_value_undercuts_is_noted():
    gap = amv.claim("value[k] - fstar <= 1/k")
    (found,) = amv.audit(falling(fstar=0.4), gap).findings
    assert found.verdict is Verdict.HOLDS
    assert found.notes[0].startswith("fstar = 0.4 is no infimum: the value at k = 3 is 0.2")
    for honest in (0.2, amv.within(0.3, 0.2)):
        assert amv.audit(falling(fstar=honest), gap).findings[0].notes == ()


@pytest.mark.parametrize(
    ("given", "claimed"), [({"l": 1}, "G1"), ({"f_star": 0}, "G2"), ({"fstr": 0}, "gap")]
)
def test_a_run_s_constant_of_nearly_the_name_that_is_wanted_is_refused(given, claimed):
    asked = amv.claim("value[k] - fstar <= 1/k") if claimed == "gap" else claimed
    with pytest.raises(InvalidInput, match=r"did you mean '(L|fstar)'\?"):
        amv.audit(falling(**given), asked)
    amv.audit(falling(**given))  # what nobody asked for refuses nothing
    amv.audit(falling(**given), amv.claim("value[k] <= B", B=2))
