"""Put a changed module in the place of one that is loaded, in this process only."""

import gc
import sys
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from types import CodeType, FunctionType, ModuleType
from typing import Any, TypeAlias

from tests.mutation.operators import Change

Functions: TypeAlias = dict[tuple[str, str, int], list[FunctionType]]


class NotPatchableError(Exception):
    """The change takes effect only where the module is imported again."""


def functions_of(root: str) -> Functions:
    """Find every function below a directory by file, name and first line."""
    gc.unfreeze()
    found: Functions = {}
    for each in gc.get_objects():
        if isinstance(each, FunctionType) and each.__code__.co_filename.startswith(root):
            code = each.__code__
            found.setdefault((code.co_filename, code.co_qualname, code.co_firstlineno), []).append(each)
    gc.freeze()
    return found


def patch(change: Change, source: bytes, file: str, functions: Functions) -> None:
    """Replace a function's code, or the values of a module that has only values."""
    new = compile(change.apply(source), file, "exec")
    if change.function is None:
        _patch_values(sys.modules[change.path.removesuffix(".py").replace("/", ".").removesuffix(".__init__")], new)
        return
    name, line = change.function
    code = next((each for each in _codes(new) if (each.co_qualname, each.co_firstlineno) == (name, line)), None)
    replaced = functions.get((file, name, line))
    if code is None or not replaced:
        raise NotPatchableError(name)
    try:
        for each in replaced:
            each.__code__ = code
    except ValueError as error:
        raise NotPatchableError(name) from error


def _codes(code: CodeType) -> Iterator[CodeType]:
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield each
            yield from _codes(each)


def _patch_values(module: ModuleType, new: CodeType) -> None:
    """Change the module's own values where they are, so that every other module that has them sees it."""
    if any(isinstance(each, type) and each.__module__ == module.__name__ for each in vars(module).values()):
        raise NotPatchableError(module.__name__)
    names: dict[str, Any] = {"__name__": module.__name__, "__file__": module.__file__}
    exec(new, names)  # noqa: S102 - the module, changed
    for name, value in names.items():
        if name.startswith("__") or isinstance(value, FunctionType | ModuleType | type):
            continue
        _overwrite(module, name, vars(module)[name], value)


def _overwrite(module: ModuleType, name: str, old: Any, new: Any) -> None:
    if old == new and type(old) is type(new):
        return
    if _in_place(old, new):
        return
    holders = [
        each
        for each in list(sys.modules.values())
        if each is not module and getattr(each, "__dict__", {}).get(name) is old and not isinstance(old, bool)
    ]
    if holders or not name.startswith("_"):
        raise NotPatchableError(name)
    setattr(module, name, new)


def _in_place(old: Any, new: Any) -> bool:
    """Make one value equal to another without replacing it; False where that cannot be done."""
    if type(old) is not type(new):
        return False
    if isinstance(old, dict):
        old.clear()
        old.update(new)
    elif isinstance(old, set):
        old.clear()
        old |= new
    elif isinstance(old, list):
        old[:] = new
    elif isinstance(old, tuple) and len(old) == len(new):
        return all(one == two or _in_place(one, two) for one, two in zip(old, new, strict=True))
    elif is_dataclass(old) and not isinstance(old, type):
        for field in fields(old):
            object.__setattr__(old, field.name, getattr(new, field.name))
    else:
        return False
    return True
