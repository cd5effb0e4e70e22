r"""Data-parallel training: all ranks step with the mean gradient, so all keep the same α.

    g_i = Σ_r n_r ∇_i ℓ(w; ξ_r) / Σ_r n_r      averaged before the block is stepped and α is trained

n_r are the samples of rank r's batch, where ``step`` knows them (of a loss that is told, or from
``samples=`` beside a closure); else all ranks weigh alike, as ``DistributedDataParallel`` has it.

The hypergradient −reduce(g^{(t)} ⊙ g^{(t−1)}) is made of averaged gradients on every rank, the
sweep's order comes from the same seed, so equal models stay equal to the last bit. The loss
travels in the same message: if it is not finite on one rank, all ranks stop with the same error.

Start with ``torchrun``; ``torch.distributed.init_process_group("gloo")`` on CPUs, ``"nccl"`` on
GPUs; give SAMT the bare module, not one wrapped in ``DistributedDataParallel``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import torch
import torch.distributed as dist
from torch import Tensor

from amverify.compiled.available import compiled
from amverify.errors import InvalidInput
from amverify.samt.blocks import Group


def is_parallel(process_group: dist.ProcessGroup | None) -> bool:
    """Whether there is another rank to average with."""
    if not (dist.is_available() and dist.is_initialized()):
        return False
    return dist.get_world_size(process_group) > 1


def average(
    loss: Tensor,
    gradients: Sequence[Tensor],
    samples: float | None,
    process_group: dist.ProcessGroup | None,
) -> tuple[Tensor, list[Tensor]]:
    """Mean over the ranks of a loss and of a block's gradients, in one message.

    Raises:
        InvalidInput: on every rank, if some know their samples and others do not.
    """
    dtype = gradients[0].dtype
    wide = torch.float64 if dtype == torch.float64 else torch.float32
    rest = torch.tensor([1.0 if samples is None else samples, samples is None])
    flat = torch.cat([g.reshape(-1).to(wide) for g in gradients] + [loss.reshape(1).to(wide)])
    flat = torch.cat([flat * rest[0].item(), rest.to(flat)])
    dist.all_reduce(flat, group=process_group)
    count, silent = flat[-2].item(), round(flat[-1].item())
    if 0 < silent < dist.get_world_size(process_group):
        raise InvalidInput(
            f"step: samples= is known on some ranks and not on {silent} of them; give it on all"
        )
    flat = flat[:-2] / count
    *parts, mean = torch.split(flat, [*(g.numel() for g in gradients), 1])
    return mean[0], [
        part.reshape(g.shape).to(g.dtype) for part, g in zip(parts, gradients, strict=True)
    ]


def check_same_model(groups: Sequence[Group], process_group: dist.ProcessGroup | None) -> None:
    """Refuse ranks whose blocks differ: in number, names, shapes or values.

    Ranks of which some have compiled loops are refused too: sums would differ by rounding, so
    would step sizes.

    Raises:
        InvalidInput: on every rank, with the first block that differs.
    """
    size = dist.get_world_size(process_group)
    rank = dist.get_rank(process_group)
    device = groups[0]["params"][0].device
    facts = torch.tensor([len(groups), compiled() is not None], device=device)
    gathered = [torch.zeros_like(facts) for _ in range(size)]
    dist.all_gather(gathered, facts, group=process_group)
    numbers, loops = zip(*(fact.tolist() for fact in gathered), strict=True)
    if len(set(loops)) > 1:
        without = ", ".join(str(place) for place, has in enumerate(loops) if not has)
        raise InvalidInput(
            f"ranks differ: numba serves on some, and not on {without}: sums would differ by "
            "rounding, so would step sizes; install the extra 'fast' everywhere or nowhere"
        )
    if len(set(numbers)) > 1:
        raise InvalidInput(
            f"ranks hold different models: {list(numbers)} blocks on ranks 0 … {size - 1}"
        )
    mine = torch.stack([_digest(group) for group in groups]).to(device)
    every = [torch.zeros_like(mine) for _ in range(size)]
    dist.all_gather(every, mine, group=process_group)
    for number, group in enumerate(groups):
        if any(not torch.equal(other[number], every[0][number]) for other in every):
            shapes = ", ".join(str(tuple(p.shape)) for p in group["params"])
            raise InvalidInput(
                f"ranks hold different models: block {group['name']!r} (here, on rank {rank}, of "
                f"shape {shapes}) differs; build the same model from the same seed on every rank"
            )


def _digest(group: Group) -> Tensor:
    """SHA-256 of a block's name, shapes, step-size settings and values, as 32 bytes."""
    told = [(tuple(p.shape), str(p.dtype)) for p in group["params"]]
    found = hashlib.sha256(repr((group["name"], told, float(group["lr"]))).encode())
    for parameter in group["params"]:
        found.update(parameter.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy())
    return torch.tensor(list(found.digest()), dtype=torch.uint8)
