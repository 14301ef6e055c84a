"""The wheel holds what its command line runs, and nothing that only the tests need."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.shipped_rules import ROOT

PACKAGE = ROOT / "boks_exporter"
EXPLAIN = {
    PACKAGE / "remote" / "install_texts.py",
    PACKAGE / "remote" / "gate-installer.sh",
    PACKAGE / "transport" / "ssh" / "conversation.py",
}
"""Texts with such words for an administrator to run elsewhere; nothing here runs them."""
START = "boks_exporter.__main__"

CHANGES_THE_MACHINE = ("useradd", "userdel", "unshare", "mount --bind", "/etc/sudoers")


def _name(file: Path) -> str:
    return ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {_name(file): file for file in PACKAGE.rglob("*.py")}


def _executed(node: ast.AST) -> Iterator[ast.AST]:
    """Walk a tree without the blocks that only a type checker reads."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
            continue
        yield child
        yield from _executed(child)


def _imported(file: Path) -> Iterator[str]:
    """Yield the names that a module imports, and those that it names in a text `module:object` to import later."""
    for node in _executed(ast.parse(file.read_text(encoding="utf-8"))):
        match node:
            case ast.Import(names=names):
                yield from (each.name for each in names)
            case ast.ImportFrom(module=str(module), names=names):
                yield from (f"{module}.{each.name}" for each in names)
            case ast.Constant(value=str(text)) if text.startswith("boks_exporter."):
                yield text.partition(":")[0]


def _modules(dotted: str) -> Iterator[str]:
    """Yield the module that a dotted name is in, and the packages above it."""
    parts = dotted.split(".")
    for length in range(1, len(parts) + 1):
        if (name := ".".join(parts[:length])) in MODULES:
            yield name


def test_every_shipped_module_is_reachable_from_the_command_line() -> None:
    waiting, reached = [START], {START}
    while waiting:
        found = {module for dotted in _imported(MODULES[waiting.pop()]) for module in _modules(dotted)} - reached
        reached |= found
        waiting.extend(found)
    assert sorted(MODULES.keys() - reached) == []
    assert "boks_exporter.simulator.server" in reached


def test_nothing_in_the_package_changes_the_users_or_mounts_of_the_machine_it_runs_on() -> None:
    assert all(file.is_file() for file in EXPLAIN)
    naming = {
        (str(file.relative_to(ROOT)), word)
        for file in PACKAGE.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts and file not in EXPLAIN
        for word in CHANGES_THE_MACHINE
        if word in file.read_text(encoding="utf-8")
    }
    assert naming == set()
