"""What stacks and composed functions set, read from their sources: to load those takes all of CDK, or Lambda."""

import ast
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def _value(node: ast.AST) -> Any:
    """Return what an expression of literals and calls says: a call as its keywords, a name as its text."""
    if isinstance(node, ast.Dict):
        return {
            _value(key): _value(value) for key, value in zip(node.keys, node.values, strict=True) if key is not None
        }
    if isinstance(node, ast.Call):
        return {keyword.arg: _value(keyword.value) for keyword in node.keywords}
    if isinstance(node, ast.Tuple | ast.List):
        return [_value(element) for element in node.elts]
    return node.value if isinstance(node, ast.Constant) else ast.unparse(node)


def _tree(path: str) -> ast.Module:
    return ast.parse((ROOT / path).read_text(encoding="utf-8"))


def constant(path: str, name: str) -> Any:
    """Return a constant of a module."""
    for node in _tree(path).body:
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        if any(isinstance(target, ast.Name) and target.id == name for target in targets):
            return _value(node.value)  # type: ignore[union-attr]
    raise LookupError(f"{path} has no {name}")


def function(name: str) -> dict[str, Any]:
    """Return what the spec of a function says, with the defaults of `FunctionSpec`."""
    defaults = {
        node.target.id: _value(node.value)
        for node in ast.walk(_tree("infra/functions/spec.py"))
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None
    }
    (call,) = (
        node
        for node in ast.walk(_tree(f"infra/functions/{name}.py"))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "FunctionSpec"
    )
    return defaults | {keyword.arg: _value(keyword.value) for keyword in call.keywords if keyword.arg}


def queue(name: str) -> dict[str, Any]:
    """Return how messages of a queue are worked on."""
    (default,) = (
        node.value
        for node in ast.walk(_tree("infra/constructs/queues.py"))
        if isinstance(node, ast.AnnAssign)
        and getattr(node.target, "id", "") == "max_receives"
        and node.value is not None
    )
    found: dict[str, Any] = constant("infra/stacks/state.py", "QUEUES")[name]
    return {"max_receives": _value(default)} | found


LAGS: dict[str, list[Any]] = constant("infra/stacks/alarms.py", "LAGS")
"""By queue: how old its oldest message may be, in seconds, before an alarm."""
