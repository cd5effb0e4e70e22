"""The step of z_L: R's proximal map, for softmax cross-entropy in the host's memory by a compiled
loop where numba is installed (the extra ``fast``), row by row and in float64 as R's own.
"""

from __future__ import annotations

from array import array

import torch
from torch import Tensor

from amverify.compiled.available import compiled
from amverify.network.layered import LayeredProblem
from amverify.network.losses import CrossEntropy


def output_step(problem: LayeredProblem, centre: Tensor, z: Tensor, lam: float) -> Tensor:
    """argmin_u R(u) + (λ/2)‖u − centre‖², λ > 0, of the shape of z, which is a guess of it."""
    loops = compiled() if type(problem.loss) is CrossEntropy and z.is_cpu else None
    if loops is None:
        return problem.loss.prox(centre, problem.target, lam, z)
    given = [u.contiguous() for u in (centre, z, problem.target)]
    made = torch.empty_like(given[0])
    operands = array("q", [u.data_ptr() for u in (*given, made)])
    targets, classes = problem.target.shape
    enough = torch.finfo(z.dtype).eps
    loops.proximal(
        operands.buffer_info()[0],
        z.numel() // classes,
        targets,
        classes,
        z.dtype is torch.float32,
        lam,
        enough,
    )
    return made
