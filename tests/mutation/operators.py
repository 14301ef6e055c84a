"""The changes that are tried: what a careless edit, or a deliberate one, would take away from a module."""

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from difflib import unified_diff
from typing import Final

Enums = Mapping[str, tuple[str, ...]]
"""The members of each enumeration of the package, by the name of its class."""

ROW_KEYWORDS: Final = frozenset(
    [
        "needs",
        "proves",
        "undo_needs",
        "undo",
        "point_of_no_return",
        "trusts_exit",
        "when",
        "stretch",
        "kind",
    ]
)
"""What a row of a procedure's table can lose and is still a row."""
_COMPARISONS: Final = {
    ast.Lt: ("<", "<="),
    ast.LtE: ("<=", "<"),
    ast.Gt: (">", ">="),
    ast.GtE: (">=", ">"),
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
    ast.Is: ("is", "is not"),
    ast.IsNot: ("is not", "is"),
    ast.In: ("in", "not in"),
    ast.NotIn: ("not in", "in"),
}
_MESSAGES: Final = frozenset(("say", "running", "waiting"))
"""Methods that show progress."""
_CALLS: Final = {"any": "all", "all": "any", "min": "max", "max": "min"}
_VERDICTS: Final = {"no": ("unknown",), "unknown": ("yes", "note"), "yes": ("unknown",), "refuse": ("note", "unknown")}
"""What a condition returns, and its neighbour: the first that the module has."""


@dataclass(frozen=True, slots=True)
class Change:
    """A piece of a module, replaced. `function` is the outermost one around it, with its first line."""

    path: str
    operator: str
    line: int
    start: int
    end: int
    new: str
    function: tuple[str, int] | None

    def apply(self, source: bytes) -> bytes:
        """Return the changed module."""
        return source[: self.start] + self.new.encode() + source[self.end :]

    def key(self, source: bytes) -> str:
        """Identify the change by what it is, not by where: it is the same when lines are added elsewhere."""
        start = source.rfind(b"\n", 0, self.start) + 1
        stop = source.find(b"\n", self.end)
        return f"{self.path} {self.operator} {source[start:stop].decode().strip()} {self.start - start} {self.new}"

    def diff(self, source: bytes) -> str:
        """Return the lines that differ, without their numbers."""
        before, after = source.decode().splitlines(), self.apply(source).decode().splitlines()
        lines = unified_diff(before, after, n=0, lineterm="")
        return "\n".join(line.rstrip() for line in lines if not line.startswith(("---", "+++", "@@")))


def enums_of(sources: Iterator[bytes]) -> Enums:
    """Find every enumeration and its members."""
    found: dict[str, tuple[str, ...]] = {}
    for source in sources:
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.ClassDef) and any("Enum" in ast.unparse(base) for base in node.bases):
                targets = (each.targets[0] for each in node.body if isinstance(each, ast.Assign))
                found[node.name] = tuple(each.id for each in targets if isinstance(each, ast.Name))
    return found


def changes_of(path: str, source: bytes, enums: Enums) -> list[Change]:
    """Return all changes of a module, each once, in the order of the text; a few are no Python."""
    finder = _Finder(path, source, enums)
    finder.visit(ast.parse(source))
    unique = {(each.start, each.end, each.new): each for each in finder.found}
    return sorted(unique.values(), key=lambda each: (each.start, each.end, each.new))


class _Finder(ast.NodeVisitor):
    """Walk a module, and collect changes."""

    def __init__(self, path: str, source: bytes, enums: Enums) -> None:
        self.path, self.source, self.enums = path, source, enums
        self.found: list[Change] = []
        tree = ast.parse(source)
        imports = (node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom))
        self.names = {name.asname or name.name for node in imports for name in node.names}
        self.names |= {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
        given = (node for node in tree.body if isinstance(node, ast.AnnAssign) and node.value and _is_claim(node.value))
        self.claims = {ast.unparse(node.target) for node in given}
        self.lines = [0]
        for line in source.splitlines(keepends=True):
            self.lines.append(self.lines[-1] + len(line))
        self.scope: list[str] = []
        self.function: tuple[str, int] | None = None

    def start(self, node: ast.expr | ast.stmt) -> int:
        return self.lines[node.lineno - 1] + node.col_offset

    def end(self, node: ast.expr | ast.stmt) -> int:
        return self.lines[(node.end_lineno or 0) - 1] + (node.end_col_offset or 0)

    def text(self, node: ast.expr) -> str:
        return self.source[self.start(node) : self.end(node)].decode()

    def add(self, operator: str, start: int, end: int, new: str) -> None:
        line = self.source[:start].count(b"\n") + 1
        self.found.append(Change(self.path, operator, line, start, end, new, self.function))

    def swap(self, operator: str, node: ast.expr | ast.stmt, new: str) -> None:
        self.add(operator, self.start(node), self.end(node), new)

    # -- where ---------------------------------------------------------------------------------------------------------

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.scope.append(node.name)
        for statement in node.body:
            self.visit(statement)
        self.scope.pop()

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self.scope.append(node.name)
        outer = self.function
        self.visit(node.args)
        if outer is None:
            first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
            self.function = (".".join(self.scope), first)
        returns_bool = isinstance(node.returns, ast.Name) and node.returns.id == "bool"
        for statement in node.body:
            if returns_bool and isinstance(statement, ast.Return) and isinstance(statement.value, ast.Call):
                self.swap("return early", statement.value, "True")
                self.swap("return early", statement.value, "False")
            self.visit(statement)
        self.function = outer
        self.scope.pop()

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815 - the name of the base class

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        """Leave types alone: they are checked before anything runs."""
        if node.value and ast.unparse(node.annotation) != "TypeAlias":
            self.visit(node.value)

    def visit_arg(self, node: ast.arg) -> None:
        """Leave types alone."""

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """Leave wording alone."""

    # -- what ----------------------------------------------------------------------------------------------------------

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        old, new = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
        for place, (left, right) in enumerate(zip(node.values, node.values[1:], strict=False)):
            gap = self.source[self.end(left) : self.end(right)].decode()
            self.add("and/or", self.end(left), self.end(right), re.sub(rf"\b{old}\b", new, gap, count=1))
            if place == 0:
                self.add("condition dropped", self.start(left), self.start(right), "")
            self.add("condition dropped", self.end(left), self.end(right), "")
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        if isinstance(node.op, ast.Not):
            self.swap("not dropped", node, self.text(node.operand))
        self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare) -> None:
        left = node.left
        for operator, right in zip(node.ops, node.comparators, strict=True):
            old, new = _COMPARISONS[type(operator)]
            start = self.end(left)
            gap = self.source[start : self.start(right)].decode()
            self.add("comparison", start, self.start(right), gap.replace(old, new, 1))
            left = right
        self.generic_visit(node)

    def visit_If(self, node: ast.If) -> None:
        leaves = isinstance(node.body[-1], ast.Return | ast.Raise | ast.Continue | ast.Break)
        self.swap("guard dropped" if leaves and not node.orelse else "branch dropped", node.test, "False")
        self._negated(node.test)
        self.generic_visit(node)

    def visit_IfExp(self, node: ast.IfExp) -> None:
        self._negated(node.test)
        self.generic_visit(node)

    def visit_comprehension(self, node: ast.comprehension) -> None:
        for condition in node.ifs:
            self.swap("condition dropped", condition, "True")
        self.generic_visit(node)

    def _negated(self, test: ast.expr) -> None:
        is_covered = isinstance(test, ast.BoolOp | ast.Compare | ast.NamedExpr)
        if not is_covered and not (isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)):
            self.swap("condition negated", test, f"not ({self.text(test)})")

    def visit_Expr(self, node: ast.Expr) -> None:
        if isinstance(node.value, ast.Yield | ast.YieldFrom):
            self.swap("statement dropped", node, "yield from ()")
        elif not isinstance(node.value, ast.Constant):
            called = node.value.func if isinstance(node.value, ast.Call) else None
            is_message = isinstance(called, ast.Attribute) and called.attr in _MESSAGES
            self.swap("message dropped" if is_message else "statement dropped", node, "pass")
        self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        is_stored = self.function and isinstance(node.targets[0], ast.Attribute | ast.Subscript)
        if is_stored and not self.scope[-1].startswith("__"):
            self.swap("statement dropped", node, "pass")
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name in _CALLS:
            self.swap("any/all, min/max", node.func, _CALLS[name])
        for each in _VERDICTS.get(name, ()):
            if each in self.names and name in self.names:
                self.swap("verdict replaced", node.func, each)
                break
        claims = [each for each in node.args if _is_claim(each) or ast.unparse(each) in self.claims]
        self._without(claims, "condition of a row dropped")
        for keyword in node.keywords:
            if keyword.arg in ROW_KEYWORDS and name in {"ProcedureStep", "replace", "change"}:
                self._keyword_dropped(keyword)
        self.generic_visit(node)

    def _keyword_dropped(self, keyword: ast.keyword) -> None:
        start = self.lines[keyword.lineno - 1] + keyword.col_offset
        stop = self.end(keyword.value)
        rest = re.match(rb"\s*,", self.source[stop:])
        self.add("condition of a row dropped", start, stop + (rest.end() if rest else 0), "")

    def visit_Tuple(self, node: ast.Tuple | ast.List | ast.Set) -> None:
        if isinstance(node.ctx if hasattr(node, "ctx") else ast.Load(), ast.Load):
            is_row = all(_is_claim(each) or ast.unparse(each) in self.claims for each in node.elts)
            several = [
                each for each in node.elts if isinstance(each, ast.Call | ast.Attribute | ast.Starred | ast.Name)
            ]
            wanted = is_row or (len(several) == len(node.elts) > 1 and self._is_collection(node))
            self._without(several if wanted else [], "condition of a row dropped" if is_row else "element dropped")
        self.generic_visit(node)

    visit_Set = visit_Tuple  # noqa: N815 - the name of the base class
    visit_List = visit_Tuple  # noqa: N815 - the name of the base class

    def _is_collection(self, node: ast.expr) -> bool:
        """Whether dropping an element leaves something of the same shape: no pair that is unpacked."""
        return self.function is None or not isinstance(node, ast.Tuple)

    def _without(self, elements: list[ast.expr], operator: str) -> None:
        for each in elements:
            stop = self.end(each)
            rest = re.match(rb"\s*,", self.source[stop:])
            self.add(operator, self.start(each), stop + (rest.end() if rest else 0), "")

    def visit_Attribute(self, node: ast.Attribute) -> None:
        members = self.enums.get(node.value.id, ()) if isinstance(node.value, ast.Name) else ()
        if node.attr in members and len(members) > 1:
            neighbour = members[(members.index(node.attr) + 1) % len(members)]
            self.swap("member replaced", node, f"{ast.unparse(node.value)}.{neighbour}")
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        new: Callable[[], str] | None = None
        if isinstance(node.value, bool):
            new = lambda: str(not node.value)  # noqa: E731 - one of three
        elif isinstance(node.value, int):
            new = lambda: str(node.value + 1)  # noqa: E731 - as above
        elif isinstance(node.value, float):
            new = lambda: str(node.value * 2 + 1)  # noqa: E731 - as above
        if new is not None:
            self.swap("constant changed", node, new())


def _is_claim(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"Claim", "Condition"}
