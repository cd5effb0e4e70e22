r"""An exported graph, walked: each ATen operation is a rule, or breaks the chain."""

from __future__ import annotations

import math
import operator
from typing import Any

import torch
from torch import Tensor
from torch.export import default_decompositions
from torch.export.graph_signature import InputKind
from torch.fx import GraphModule, Node
from torch.fx.operator_schemas import normalize_function

from amverify.definability.call import Call
from amverify.definability.domain import Domain
from amverify.definability.grouped import OF_MASKS
from amverify.definability.layers import OPERATIONS
from amverify.definability.ledger import Broken, Ledger, Refused
from amverify.definability.meeting import meets
from amverify.definability.tracing import place, quietly
from amverify.definability.values import Value, constant


class Walk:
    """One program: values of its nodes, up to its outputs or to where the chain breaks."""

    def __init__(self, program: Any, domain: Domain, names: tuple[str, ...]) -> None:
        self.program, self.domain, self.ledger = prepared(program), domain, Ledger()
        self.values: dict[Node, Any] = {}
        self.told: list[str] = []
        self.node: Node | None = None
        self.variables = 0
        self._enter(names)

    def _enter(self, names: tuple[str, ...]) -> None:
        """Ranges of parameters, buffers, constants and inputs."""
        nodes = {n.name: n for n in self.program.graph.nodes if n.op == "placeholder"}
        given = iter(names)
        for spec in self.program.graph_signature.input_specs:
            node = nodes.get(getattr(spec.arg, "name", ""))
            user = spec.kind is InputKind.USER_INPUT
            name = next(given, getattr(spec.arg, "name", "")) if user else str(spec.target)
            if node is None:
                continue
            meta = node.meta.get("val")
            if not isinstance(meta, Tensor):
                continue
            self.values[node] = self._leaf(name, meta, self._held(spec), user)

    def _held(self, spec: Any) -> Tensor | None:
        state = {**self.program.constants, **dict(self.program.state_dict)}
        held = state.get(str(spec.target))
        return held if isinstance(held, Tensor) else None

    def _leaf(self, name: str, meta: Tensor, held: Tensor | None, user: bool) -> Value:
        shown = name.removeprefix("held.")
        fixed = self.domain.holds(shown)
        floating = meta.dtype.is_floating_point
        trains = user or (held is not None and held.requires_grad)
        if not floating or not trains:
            return _fixed(held)
        box = self.domain.box(shown)
        size = "×".join(str(n) for n in meta.shape) or "a number"
        where = f" in [{box[0]:g}, {box[1]:g}]" if box else ""
        self.told.append(f"{shown} ({size}){' fixed' if fixed else where}")
        if fixed:
            return _fixed(held) if box is None else constant(*box)
        self.variables += math.prod(meta.shape)
        low, high = box or (-math.inf, math.inf)
        return Value(low, high)

    def outputs(self) -> list[Value]:
        """What is known of the user's outputs.

        Raises:
            Refused: where no rule applies; ``broken`` then says where.
        """
        kept = set(self.program.graph_signature.user_outputs)
        nodes = {n.name: n for n in self.program.graph.nodes}
        wanted = [nodes[str(name)] for name in kept if str(name) in nodes]
        needed = _ancestors(wanted)
        changed = _changed_buffers(self.program, nodes)
        for node in self.program.graph.nodes:
            if node in needed:
                self._visit(node, changed)
        return [_first(self.values[node]) for node in wanted]

    def _visit(self, node: Node, changed: set[str]) -> None:
        self.ledger.place, self.node = place(node), node
        meta = node.meta.get("val")
        if isinstance(meta, Tensor) and meta.is_complex():
            raise Refused("complex numbers have no rule", "give real and imaginary parts")
        if node.op == "placeholder":
            if node.name in changed:
                raise Refused("it reads a buffer that it changes: not the same at each call")
            self.values.setdefault(node, constant(-math.inf, math.inf))
        elif node.op == "call_function":
            self.values[node] = self._called(node)
        elif node.op == "get_attr":
            self.values[node] = constant(-math.inf, math.inf)

    def _called(self, node: Node) -> Any:
        if node.target is operator.getitem:
            whole, index = self.values[node.args[0]], int(str(node.args[1]))  # type: ignore[index]
            return whole[index] if isinstance(whole, list) and len(whole) > 1 else _first(whole)
        if not isinstance(node.target, torch._ops.OpOverload):
            raise _higher_order(node)
        call = self._call(node)
        handler = OPERATIONS.get(call.name) if node.target.namespace == "aten" else None
        if handler is None:
            raise _unknown(node)
        if call.name not in OF_MASKS and any(v.masked for v in call.values()):
            raise Refused("entries of −∞ (a mask) enter it")
        try:
            return call.by_place(call.whole(handler(call)))
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise Refused(f"no rule for this form of it ({error})") from None

    def _call(self, node: Node) -> Call:
        target: Any = node.target
        bound = normalize_function(
            target, node.args, node.kwargs, normalize_to_only_use_kwargs=True
        )
        if bound is None:
            raise Refused("its arguments can't be told apart")
        tensors = {k: v for k, v in bound.kwargs.items() if isinstance(v, Node)}
        metas = {k: v.meta.get("val") for k, v in tensors.items()}
        every = {**metas, **_of_lists(bound.kwargs)}
        sizes = {k: _size(m) for k, m in every.items() if isinstance(m, Tensor)}
        out = node.meta.get("val")
        out = next(iter(out), None) if isinstance(out, list | tuple) else out
        pair = list(tensors.values())[:2]
        return Call(
            operation(node),
            {k: self._argument(v) for k, v in bound.kwargs.items()},
            sizes,
            _size(out) if isinstance(out, Tensor) else (),
            str(out.dtype) if isinstance(out, Tensor) else "",
            len(pair) == 2 and pair[0] is pair[1],
            frozenset(
                k for k, m in metas.items() if isinstance(m, Tensor) and m.dtype.is_floating_point
            ),
            self.ledger,
            operation(node) == "where" and self._meets(node),
        )  # fmt: skip

    def _meets(self, node: Node) -> bool:
        """Of a ``where``: its condition compares what is continuous, and its branches agree."""
        condition = node.args[0]
        if not isinstance(condition, Node):
            return False
        compared = (self._argument(x) for x in condition.args)
        steady = not any(isinstance(v, Value) and v.jumps for v in compared)
        return steady and meets(node, operation, self._number)

    def _number(self, node: Node) -> float | None:
        """What a fixed tensor holds in all its entries."""
        value = self.values.get(node)
        if node.op != "placeholder" or not isinstance(value, Value) or value.varies:
            return None
        return value.low if value.low == value.high and not value.masked else None

    def _argument(self, given: Any) -> Any:
        if isinstance(given, Node):
            found = self.values.get(given)
            return _first(found) if found is not None else None
        if isinstance(given, list | tuple):
            return [self._argument(item) for item in given]
        return given

    def broken(self, refused: Refused) -> Broken:
        """What was refused, with its node and its line."""
        node = self.node
        if node is None or refused.operation:
            return refused.at(refused.operation or "input", "")
        return refused.at(f"{operation(node)} (node {node.name})", place(node))


def prepared(program: Any) -> Any:
    """Without in-place operations, and what has no rule taken apart where torch knows how."""
    for _ in range(3):
        table, known = {}, default_decompositions()
        again = False
        for node in _calls(program):
            target = node.target
            if not isinstance(target, torch._ops.OpOverload):
                again = again or target is not operator.getitem
                continue
            again = again or _in_place(target)
            random = torch.Tag.nondeterministic_seeded in target.tags
            if operation(node) not in OPERATIONS and target in known and not random:
                table[target] = known[target]
        if not table and not again:
            return program
        before = [str(n.target) for n in _calls(program)]
        with quietly():
            program = program.run_decompositions(table)
        if before == [str(n.target) for n in _calls(program)]:
            return program
    return program


def _in_place(target: Any) -> bool:
    name = target.name().partition(".")[0]
    return bool(name.endswith("_")) and not name.endswith("__")


def _calls(program: Any) -> list[Node]:
    graph: GraphModule = program.graph_module
    return [n for n in graph.graph.nodes if n.op == "call_function"]


def operation(node: Node) -> str:
    """The operation's name, without namespace, overload and the underscore of in-place ones."""
    name = getattr(node.target, "name", None)
    text = name() if callable(name) else str(name or getattr(node.target, "__name__", node.target))
    base = text.rpartition("::")[2].partition(".")[0]
    base = base.removesuffix("_").removeprefix("special_")
    return f"a{base[3:]}" if base.startswith("arc") else base


def _fixed(held: Tensor | None) -> Value:
    if held is None or held.numel() == 0 or held.is_meta or held.is_complex():
        return constant(-math.inf, math.inf)
    numbers = held.detach().double()
    masked = bool((numbers == -math.inf).any())
    finite = numbers[numbers != -math.inf]
    if not bool(torch.isfinite(finite).all()):
        raise Refused("a fixed tensor holds NaN or +∞")
    if finite.numel() == 0:
        return constant(-math.inf)
    made = constant(float(finite.min()), float(finite.max()))
    return Value(made.low, made.high, varies=False, masked=masked, degree=0)


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, list) else value


def _read(node: Node) -> list[Node]:
    """The inputs that its result depends on: batch statistics do not depend on the running ones."""
    if operation(node) == "_native_batch_norm_legit_functional" and node.args[5] is True:
        return [n for n in node.all_input_nodes if n not in node.args[3:5]]
    return node.all_input_nodes


def _ancestors(nodes: list[Node]) -> set[Node]:
    found, todo = set(nodes), list(nodes)
    while todo:
        for node in _read(todo.pop()):
            if node not in found:
                found.add(node)
                todo.append(node)
    return found


def _changed_buffers(program: Any, nodes: dict[str, Node]) -> set[str]:
    changed = set(program.graph_signature.buffers_to_mutate.values())
    inputs = program.graph_signature.inputs_to_buffers
    return {name for name, buffer in inputs.items() if buffer in changed}


def _size(meta: Tensor) -> tuple[int, ...]:
    """A tensor's size; Refused where it depends on values, as that of x[x > 0] does."""
    if not all(isinstance(n, int) for n in meta.shape):
        raise Refused("a size depends on the values of tensors")
    return tuple(meta.shape)


def _of_lists(arguments: dict[str, Any]) -> dict[str, Any]:
    """The tensors in lists of tensors, by the name of the list and their number in it."""
    lists = {k: v for k, v in arguments.items() if isinstance(v, list | tuple)}
    return {
        f"{k}.{i}": item.meta.get("val")
        for k, given in lists.items()
        for i, item in enumerate(given)
        if isinstance(item, Node)
    }


def _unknown(node: Node) -> Refused:
    target: Any = node.target
    if torch.Tag.nondeterministic_seeded in target.tags:
        return Refused("random: another value at each call")
    if target.namespace != "aten":
        return Refused(f"no rule for this operation ({target.name()})")
    return Refused("no rule for this operation")


def _higher_order(node: Node) -> Refused:
    name = str(getattr(node.target, "__name__", node.target))
    if name in ("cond", "while_loop", "scan", "map_impl", "switch"):
        return Refused("a branch depends on the values of tensors", "", f"control flow ({name})")
    return Refused("no rule for this operation")
