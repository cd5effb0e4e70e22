r"""Follows every operator of an evaluation, forward and backward.

``TorchDispatchMode`` sees what autograd calls too, which the public ``TorchFunctionMode`` does not:
a gradient's ball could not be had by the latter. It is documented for this use ("Extending torch
native API") and torch's own counters of operations are built on it. A ``TorchFunctionMode`` watches
what leaves torch: numpy, lists, raw memory.

For each operator, in this order: what makes constants; views, which need nothing; a rule; the
rule of its form that is not in place; torch's own decomposition into operators that have rules;
else its results are unknown, and so is whatever it was given, which it may have changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from amverify.record.shadow import choices, fields, products, routes, sums
from amverify.record.shadow.balls import Ball
from amverify.record.shadow.names import BLANK, CONSTANT, INERT, MISTAKEN, PLAIN, REFUSED, VIEWS
from amverify.record.shadow.numerals import Numerals
from amverify.record.shadow.operands import RULES, NoRule, Operand
from amverify.record.shadow.store import Store, has_memory

__all__ = ["Following", "Leaving", "choices", "fields", "products", "routes", "sums"]


@cache
def _decompositions() -> Any:
    known: Any = torch.export.default_decompositions()
    return {func: known[func] for func in known if str(func) not in MISTAKEN}


class Following(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Keeps the store's shadows while operators run.

    Attributes:
        lack: why nothing at all is known, if so.
        coarsest: the coarsest real format of what depended on x.
        random: whether a generator that was handed over was drawn from.
    """

    def __init__(self, store: Store) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.store = store
        self.lack: str | None = None
        self.random = False
        self.coarsest = "float64"
        self.numerals = Numerals()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """One operator."""
        with self.numerals.inside():
            return self._followed(func, args, kwargs)

    def _followed(self, func: Any, args: Any, kwargs: Any) -> Any:
        kwargs = kwargs or {}
        name, base, seeded = _named(func)
        if seeded:
            self.random |= kwargs.get("generator") is not None
        if base == "native_batch_norm_backward" and args[7]:
            args = (*args[:3], None, None, *args[5:])  # a batch's own means are used
        given = _tensors((args, kwargs))
        if base in INERT:
            return func(*args, **kwargs)
        if base in REFUSED or name == "view.dtype":
            return self._lost(func, args, kwargs, given, name)
        if any(_foreign(t) for t in given):
            return self._lost(func, args, kwargs, given, f"{base} on sparse or complex tensors")
        if not all(t.grad_fn is None or self.store.met(t) for t in given):
            return self._lost(func, args, kwargs, given, "a tensor that was computed unseen")
        if not isinstance(found := self._simple(func, base, args, kwargs, given), _Other):
            return found
        why = next((m.why for t in given if (m := self.store.of(t)).why), None)
        if why is not None:
            return self._lost(func, args, kwargs, given, why)
        if base.endswith("_") and not base.endswith("__"):
            return self._in_place(func, name, args, kwargs, given)
        return self._applied(func, name, args, kwargs, given)

    def _simple(self, func: Any, base: str, args: Any, kwargs: Any, given: list[Tensor]) -> Any:
        """What needs no rule."""
        if base in ("_local_scalar_dense", "equal"):
            return self._number(func, args, kwargs, given)
        if base in VIEWS:
            out = func(*args, **kwargs)
            for t in _tensors(out):
                self.store.of(t, create=True)
            if base == "lift_fresh" and (meant := self.numerals.constant(base, args, out)):
                self.store.write(out, meant, False)
            return out
        if base in CONSTANT or base in BLANK or not given:
            out = func(*args, **kwargs)
            for t in _tensors(out):
                if base in BLANK:
                    self.store.blank(t)
                elif (meant := self.numerals.constant(base, args, t)) is not None:
                    self.store.write(t, meant, False)
                else:
                    self.store.settle(t, False)
            return out
        return _OTHER

    def _number(self, func: Any, args: Any, kwargs: Any, given: list[Tensor]) -> Any:
        """A tensor becomes a python number; a truth value that is sure may decide the way."""
        out = func(*args, **kwargs)
        for t in given:
            known = self.store.of(t)
            sure = t.dtype is torch.bool and self.store.exact(t)
            if known.depends and not sure:
                self.lack = self.lack or "a number that depends on x leaves torch (.item())"
        return out

    def _in_place(self, func: Any, name: str, args: Any, kwargs: Any, given: list[Tensor]) -> Any:
        base, _, overload = PLAIN.get(name, name).partition(".")
        rule = RULES.get(f"{base[:-1]}.{overload}") or RULES.get(f"{base[:-1]}.default")
        depends = self._depends(given)
        if rule is None:
            plain = getattr(getattr(torch.ops.aten, base[:-1], None), overload, None)
            if plain is None:
                return self._lost(func, args, kwargs, given, base)
            with self:
                return args[0].copy_(plain(*args, **kwargs))
        try:
            found = self._ruled(base[:-1], rule, args, kwargs)
        except NoRule as lack:
            return self._lost(func, args, kwargs, given, f"{base} ({lack})")
        out = func(*args, **kwargs)
        self._keep(out, found, depends)
        return out

    def _applied(self, func: Any, name: str, args: Any, kwargs: Any, given: list[Tensor]) -> Any:
        depends, rule = self._depends(given), RULES.get(name)
        exact = not any(t.is_floating_point() or not self.store.exact(t) for t in given)
        if rule is None and not exact:
            found = self._decomposed(func, args, kwargs)
            if found is not NotImplemented:
                return found
        out = func(*args, **kwargs)
        whole = all(not t.is_floating_point() for t in _tensors(out))
        if exact and (whole or rule is None):
            self._settled(out, depends)
            return out
        if rule is None:
            if not depends and "out" not in kwargs:
                self._settled(out, False)
                return out
            return self._lose((out, given), name)
        try:
            self._keep(out, self._ruled(name.partition(".")[0], rule, args, kwargs), depends)
        except NoRule as lack:
            return self._lose((out, []), f"{name} ({lack})")
        self._updated(name, args)
        return out

    def _decomposed(self, func: Any, args: Any, kwargs: Any) -> Any:
        """The operator in terms of others, as torch defines it."""
        if "out" in kwargs:
            return NotImplemented
        with self:
            found = func.decompose(*args, **kwargs)
            if found is NotImplemented and (known := _decompositions().get(func)) is not None:
                found = known(*args, **kwargs)
        return found

    def _updated(self, name: str, args: Any) -> None:
        """Running means that an operator changes without saying so."""
        if name == "native_batch_norm.default" and args[5]:
            for t in _tensors(args[3:5]):
                self.store.lose(t, "running means, used after they were updated")

    def _ruled(self, base: str, rule: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        args, kwargs = self.numerals.read(base, args, kwargs)
        given = {key: _operands(x, self.store) for key, x in kwargs.items()}
        return rule(*_operands(args, self.store), **given)

    def _depends(self, given: Iterable[Tensor]) -> bool:
        return any(self.store.of(t).depends for t in given)

    def _settled(self, out: Any, depends: bool) -> None:
        for t in _tensors(out):
            self.store.settle(t, depends)

    def _keep(self, out: Any, found: Any, depends: bool) -> None:
        """Shadows of the results; truth values and indices that are sure need none."""
        results = [out] if isinstance(out, Tensor) else list(out)
        balls: list[Ball | None] = [found] if isinstance(found, Ball) else list(found)
        for t, ball in zip(results, balls, strict=True):
            if t is None or ball is None or not t.numel():
                continue
            if t.is_floating_point():
                self._met(t, depends)
                self.store.write(t, _fit(ball, t), depends)
            elif bool((ball.radius() == 0).all() & (ball.mid == t).all()):
                self.store.settle(t, depends)
            else:
                self.store.write(t, ball, depends)

    def _met(self, t: Tensor, depends: bool) -> None:
        held = torch.finfo(getattr(torch, self.coarsest)).eps
        if depends and torch.finfo(t.dtype).eps > held:
            self.coarsest = str(t.dtype).removeprefix("torch.")

    def _lost(self, func: Any, args: Any, kwargs: Any, given: list[Tensor], why: str) -> Any:
        """Run an operator of which nothing is known."""
        out = func(*args, **kwargs)
        base = str(func).removeprefix("aten.").partition(".")[0]
        changed = given if base.endswith("_") or "out" in kwargs else []
        return self._lose((out, changed), why)

    def _lose(self, found: tuple[Any, list[Tensor]], why: str) -> Any:
        out, changed = found
        if not _tensors(out):
            self.lack = self.lack or why
        for t in (*_tensors(out), *changed):
            self.store.lose(t, why)
        return out


class _Other:
    """No simple case."""


_OTHER = _Other()


class Leaving(TorchFunctionMode):
    """Notices tensors that leave torch while they depend on x."""

    EXITS = frozenset(
        ("numpy", "tolist", "__array__", "__dlpack__", "data_ptr", "untyped_storage", "storage",
         "__cuda_array_interface__", "to_dlpack", "__deepcopy__", "__reduce_ex__", "__float__",
         "__int__", "__index__", "__complex__")
    )  # fmt: skip

    MAKERS = frozenset(("tensor", "as_tensor", "asarray", "new_tensor", "__new__", "Tensor"))

    def __init__(self, following: Following) -> None:
        super().__init__()
        self.following = following

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """One call of torch's interface."""
        name = getattr(func, "__name__", "")
        if name in self.EXITS or name in self.MAKERS:
            for t in _tensors(args if name in self.EXITS else _listed(args)):
                if self.following.store.of(t).depends:
                    lack = f"a tensor that depends on x leaves torch ({name})"
                    self.following.lack = self.following.lack or lack
        with self.following.numerals.called(name, args, kwargs or {}):
            return func(*args, **(kwargs or {}))


def _fit(ball: Ball, like: Tensor) -> Ball:
    """The ball in the shape of a result."""
    if ball.mid.shape == like.shape:
        return ball
    rad = None if ball.rad is None else ball.rad.reshape(like.shape)
    return Ball(ball.mid.reshape(like.shape), rad)


def _listed(args: Any) -> list[Any]:
    """Lists among the arguments of what makes tensors: their entries are read one by one."""
    return [x for x in args if isinstance(x, list | tuple)]


def _foreign(t: Tensor) -> bool:
    return not has_memory(t) or t.is_complex() or t.is_quantized


@cache
def _named(func: Any) -> tuple[str, str, bool]:
    """An operator's name with its overload and without, and whether it draws random numbers."""
    name = str(func).removeprefix("aten.")
    return name, name.partition(".")[0], torch.Tag.nondeterministic_seeded in func.tags


def _operands(x: Any, store: Store) -> Any:
    """An operator's arguments with tensors as operands."""
    if isinstance(x, Tensor):
        return Operand(x, store)
    return type(x)([_operands(part, store) for part in x]) if type(x) in (list, tuple) else x


def _tensors(within: Any) -> list[Tensor]:
    """All tensors within arguments or results."""
    if isinstance(within, Tensor):
        return [within]
    if isinstance(within, dict):
        within = within.values()
    elif not isinstance(within, tuple | list):
        return []
    found: list[Tensor] = []
    for part in within:
        if isinstance(part, Tensor):
            found.append(part)
        elif isinstance(part, tuple | list | dict):
            found += _tensors(part)
    return found
