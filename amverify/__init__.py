"""amverify: convergence claims of alternating-minimisation training, checked on runs.

    import amverify as amv

    recorder = amv.Recorder.attach(optimizer, loss)   # the training loop stays as it was
    ...
    print(amv.audit(recorder.trace(), "descent"))

What is listed here is public; everything else may change without notice. A name is imported when
it is first used (PEP 562), so that listing theorems or asking for help loads no torch.

| to | there are |
|---|---|
| judge a run | ``audit``, ``Report``, ``Finding``, ``Verdict``, ``Evidence``, ``Witness`` |
| know what is claimed | ``theorem``, ``CATALOGUE``, ``Theorem``; ``theorems``, the package |
| know what can be claimed of a run | ``usable`` |
| write a claim of one's own | ``claim``, ``within`` |
| claim it of a subject | ``Claim``, ``Subject`` (``amverify audit module:subject``) |
| know that KL holds of a loss | ``definable``, ``Certificate``, ``nondegenerate`` |
| see which exponent a run shows | ``estimate``, ``kl_plot`` (fitted: they confirm no claim) |
| record a run | ``Recorder``, ``traced``, ``traced_exactly`` |
| keep it | ``Trace``, ``load_trace``, ``save_trace`` |
| draw a problem with known constants | ``families``, the package |
| look for a counterexample | ``falsify`` |
| show a report | ``render``, ``to_json``, ``from_json``, ``to_html``, ``to_junit``, |
| | ``to_sarif``, ``to_logger`` (TensorBoard, W&B) |
| state a problem | ``LayeredProblem``, ``Band``, ``Penalty``, ``CrossEntropy``, ``SquaredError``, |
| | ``activation``, ``gaussian`` |
| solve it | ``TIAM``, ``JointTIAM``, ``palm``, ``mdlam``, ``ipalm``, ``gauss_seidel``, |
| | ``StepRule``, ``Inertia``, ``DlADMM``, ``BCD``, ``gradient_method`` |
| train any network | ``SAMT``, ``NonFiniteLoss``, ``save_checkpoint``, ``load_checkpoint`` |
| fit and predict | ``TIAMClassifier``, ``TIAMRegressor`` (scikit-learn's manner) |
| judge in expectation | ``ReplayedTraining``, ``ReplayedSweeps``, ``probe`` |
| catch what went wrong | ``AmverifyError``, ``InvalidInput``, ``CorruptFile``, ``CannotWrite`` |

Rooms and floors are in ``tests/test_architecture.py``: methods and theorems never import each
other, they meet in a trace.
"""

from importlib import import_module as _import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from amverify import families, theorems
    from amverify.claims import claim, within
    from amverify.command.usable import usable
    from amverify.definability.certificate import Certificate
    from amverify.definability.definable import definable
    from amverify.definability.minimiser import nondegenerate
    from amverify.errors import AmverifyError, CannotWrite, CorruptFile, InvalidInput
    from amverify.estimators import TIAMClassifier, TIAMRegressor
    from amverify.expectation import ReplayedSweeps, ReplayedTraining
    from amverify.expectation.probing import probe
    from amverify.falsification import falsify
    from amverify.fitted.exponent import estimate
    from amverify.fitted.plot import kl_plot
    from amverify.judge.audit import audit
    from amverify.methods.bcd import BCD
    from amverify.methods.dladmm import DlADMM
    from amverify.methods.gradient import gradient_method
    from amverify.methods.inertia import Inertia
    from amverify.methods.joint import JointTIAM
    from amverify.methods.step import StepRule
    from amverify.methods.tiam import TIAM, gauss_seidel, ipalm, mdlam, palm
    from amverify.network.activations import activation
    from amverify.network.coupling import Band, Penalty
    from amverify.network.initial import gaussian
    from amverify.network.layered import LayeredProblem
    from amverify.network.losses import CrossEntropy, SquaredError
    from amverify.record.exact import traced_exactly
    from amverify.record.layered.run import traced
    from amverify.record.recorder import Recorder
    from amverify.report import from_json, render, to_html, to_json, to_junit, to_logger, to_sarif
    from amverify.samt import SAMT, NonFiniteLoss, load_checkpoint, save_checkpoint
    from amverify.subject.subject import Claim, Subject
    from amverify.theorems import CATALOGUE, Theorem, theorem
    from amverify.trace.file import load_trace, save_trace
    from amverify.trace.trace import Trace
    from amverify.verdict import Evidence, Finding, Report, Verdict, Witness

__version__ = "0.2.0"

__all__ = [
    "BCD",
    "CATALOGUE",
    "SAMT",
    "TIAM",
    "AmverifyError",
    "Band",
    "CannotWrite",
    "Certificate",
    "Claim",
    "CorruptFile",
    "CrossEntropy",
    "DlADMM",
    "Evidence",
    "Finding",
    "Inertia",
    "InvalidInput",
    "JointTIAM",
    "LayeredProblem",
    "NonFiniteLoss",
    "Penalty",
    "Recorder",
    "ReplayedSweeps",
    "ReplayedTraining",
    "Report",
    "SquaredError",
    "StepRule",
    "Subject",
    "TIAMClassifier",
    "TIAMRegressor",
    "Theorem",
    "Trace",
    "Verdict",
    "Witness",
    "__version__",
    "activation",
    "audit",
    "claim",
    "definable",
    "estimate",
    "falsify",
    "families",
    "from_json",
    "gauss_seidel",
    "gaussian",
    "gradient_method",
    "ipalm",
    "kl_plot",
    "load_checkpoint",
    "load_trace",
    "mdlam",
    "nondegenerate",
    "palm",
    "probe",
    "render",
    "save_checkpoint",
    "save_trace",
    "theorem",
    "theorems",
    "to_html",
    "to_json",
    "to_junit",
    "to_logger",
    "to_sarif",
    "traced",
    "traced_exactly",
    "usable",
    "within",
]

_HOMES = {
    "claims": "claim within",
    "subject.subject": "Claim Subject",
    "command.usable": "usable",
    "definability.certificate": "Certificate",
    "definability.definable": "definable",
    "definability.minimiser": "nondegenerate",
    "errors": "AmverifyError CannotWrite CorruptFile InvalidInput",
    "estimators": "TIAMClassifier TIAMRegressor",
    "expectation": "ReplayedSweeps ReplayedTraining",
    "expectation.probing": "probe",
    "falsification": "falsify",
    "families": "families",
    "fitted.exponent": "estimate",
    "fitted.plot": "kl_plot",
    "judge.audit": "audit",
    "methods.bcd": "BCD",
    "methods.dladmm": "DlADMM",
    "methods.gradient": "gradient_method",
    "methods.inertia": "Inertia",
    "methods.joint": "JointTIAM",
    "methods.step": "StepRule",
    "methods.tiam": "TIAM gauss_seidel ipalm mdlam palm",
    "network.activations": "activation",
    "network.coupling": "Band Penalty",
    "network.initial": "gaussian",
    "network.layered": "LayeredProblem",
    "network.losses": "CrossEntropy SquaredError",
    "record.exact": "traced_exactly",
    "record.recorder": "Recorder",
    "record.layered.run": "traced",
    "report": "from_json render to_html to_json to_junit to_logger to_sarif",
    "samt": "SAMT NonFiniteLoss load_checkpoint save_checkpoint",
    "theorems": "CATALOGUE Theorem theorem theorems",
    "trace.file": "load_trace save_trace",
    "trace.trace": "Trace",
    "verdict": "Evidence Finding Report Verdict Witness",
}
"""Where each name is imported from, when it is used."""
_HOME = {name: home for home, names in _HOMES.items() for name in names.split()}


def __getattr__(name: str) -> Any:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = _import_module(f"{__name__}.{home}")
    found = module if name == home else getattr(module, name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
