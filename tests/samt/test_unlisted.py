"""What is read of torch under private names: it says what torch's public side did; nothing else."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn.modules.module import register_module_forward_hook
from torch.utils._python_dispatch import TorchDispatchMode

from amverify import samt
from amverify.samt import unlisted

READ = {
    *("_version", "_sequence_nr", "_has_any_global_hook"),
    *(f"_{which}_hooks" for which in ("forward", "forward_pre", "backward", "backward_pre")),
}
OTHERS = {
    *("_buffers", "_parameters", "_modules", "_DropoutNd", "_non_persistent_buffers_set"),
    *("_optimizer_load_state_dict_pre_hooks", "_optimizer_load_state_dict_post_hooks"),
}


def test_a_version_counts_writes() -> None:
    x = torch.zeros(3)
    before = unlisted.version(x)
    x[1:].add_(1)
    assert unlisted.version(x) > before
    assert unlisted.version(x) == unlisted.version(x.detach())


def test_later_losses_have_later_numbers() -> None:
    w = torch.ones(2, requires_grad=True)
    early = w.sum()
    mark = unlisted.next_number()
    late = w.sum()
    first, last = unlisted.number(early), unlisted.number(late)
    assert first is not None
    assert last is not None
    assert first < mark < last
    assert unlisted.number(w) is None


@pytest.mark.parametrize(
    "register",
    [
        "register_forward_hook",
        "register_forward_pre_hook",
        "register_full_backward_hook",
        "register_full_backward_pre_hook",
    ],
)
def test_hooks_of_a_module_are_seen_while_they_are_there(register: str) -> None:
    module = nn.Linear(2, 2)
    assert not unlisted.is_hooked(module)
    handle = getattr(module, register)(lambda *_: None)
    assert unlisted.is_hooked(module)
    handle.remove()
    assert not unlisted.is_hooked(module)


def test_hooks_of_tensors_and_of_all_modules() -> None:
    w = torch.ones(2, requires_grad=True)
    assert not unlisted.has_hooks(w)
    handle = w.register_hook(lambda g: g)
    assert unlisted.has_hooks(w)
    handle.remove()
    assert not unlisted.has_hooks(w)
    assert not unlisted.all_hooked()
    every = register_module_forward_hook(lambda *_: None)
    assert unlisted.all_hooked()
    every.remove()


def test_no_other_file_of_samt_reads_them() -> None:
    own = Path(unlisted.__file__)
    found = {
        (path.name, node.attr)
        for path in Path(samt.__file__).parent.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in READ | OTHERS and path != own
        if not (isinstance(node.value, ast.Name) and node.value.id == "self")
    }
    assert found == set()


def test_what_others_read_under_such_names_is_there() -> None:
    """The recorder's follower, and the type of an exported graph's operators."""
    seen: list[str] = []

    class Seeing(TorchDispatchMode):  # type: ignore[no-untyped-call]
        def __torch_dispatch__(
            self, func: Any, types: Any, args: Any = (), kwargs: Any = None
        ) -> Any:
            seen.append(str(func))
            return func(*args, **(kwargs or {}))

    with Seeing():  # type: ignore[no-untyped-call]
        torch.zeros(2).add(1.0)
    assert "aten.add.Tensor" in seen
    assert isinstance(torch.ops.aten.add.Tensor, torch._ops.OpOverload)
