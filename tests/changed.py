"""The test files that a change can have touched: `python tests/changed.py [BASE]` prints them, one a line.

The import graph of `accord` and of the tests' own modules gives most of it. What imports do not show stands in tables:
data of a package, what start-up wires together, and tests that start programs of ours, which depend on all of a node.
BASE is a commit; without one it is where this branch left main. Uncommitted and new files count too.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any, Final

import grimp

CHECKOUT: Final = Path(__file__).parent.parent
_SOURCE, _TESTS = "src/accord/", "tests/"

STARTS_PROGRAMS: Final = ("subprocess", "multiprocessing", "federation_kit.loaded", "accord.lab")
"""Whatever imports one of these starts nodes: any change of our code or of its data can touch it."""

OF_THE_HARNESS: Final = ("tests/postgresql_server.py", "tests/migrated_store.py")
"""Start programs for every test that uses the store: what imports them does not start nodes of its own."""

_BY_NAME: Final = re.compile(r"\bimport_module\(")
"""Imports that no import statement shows."""

PAGES: Final = ("accord.sites.", "accord.web.", "accord.node.urls", "accord.node.bank_urls")
"""What Django's test client reaches through addresses, which no import shows."""

WIRED: Final = ("tests/capabilities/", "tests/sites/", "tests/thread/")
"""What a change of any capability can touch: at the start they connect to each other's events and ports, and share a store."""

EVERYTHING: Final = (
    "pyproject.toml",
    "uv.lock",
    "requirements.txt",
    "tests/conftest.py",
    "tests/levels.py",
    "tests/migrated_store.py",
    "tests/quick_passwords.py",
    "src/accord/node/settings.py",
)
"""What all tests stand on."""

READ_BY: Final = {
    "docs/": ("tests/node/test_docs_commands.py", "tests/adapters/test_bank_api_docs.py", "tests/test_levels.py"),
    "README.md": ("tests/node/test_docs_commands.py",),
    "benchmarks/": (),
    "tests/statement_counts.toml": ("tests/sites/test_page_statements.py",),
}
"""Files outside the packages, and the tests that read them."""

ALWAYS: Final = ("tests/test_architecture.py", "tests/test_levels.py", "tests/web/test_translations.py")
"""What reads the whole source."""


def main() -> int:
    base = sys.argv[1] if len(sys.argv) > 1 else _git("merge-base", "HEAD", _main_branch()).strip()
    sys.stdout.writelines(f"{file}\n" for file in sorted(affected_by(changed_files(base))))
    return 0


def changed_files(base: str) -> set[str]:
    """Files that differ from `base`, with their former names, and files that git does not know yet."""
    differing = _git("diff", "--name-only", "--no-renames", base)
    return {*differing.splitlines(), *_git("ls-files", "--others", "--exclude-standard").splitlines()}


def affected_by(changed: Iterable[str]) -> set[str]:
    """The test files, as paths in the checkout, that must run after these files changed."""
    changed = set(changed)
    everywhere = {path.relative_to(CHECKOUT).as_posix() for path in (CHECKOUT / _TESTS).glob("**/test_*.py")}
    if not changed:
        return set()
    if changed & set(EVERYTHING) or any("/migrations/" in name for name in changed):
        return everywhere
    found = {file for prefix, files in READ_BY.items() if any(name.startswith(prefix) for name in changed) for file in files}
    ours = {name for name in changed if name.startswith(_SOURCE)}
    if any(name.startswith(f"{_SOURCE}capabilities/") for name in ours):
        found |= {file for file in everywhere if file.startswith(WIRED)}
    found |= _reached(ours, {name for name in changed if name.startswith(_TESTS)}, everywhere)
    return {*found, *ALWAYS} & everywhere


def _reached(sources: set[str], tests: set[str], everywhere: set[str]) -> set[str]:
    """Test files whose imports, conftests or helper modules reach one of these files."""
    graph, imports = _graph(), _imports()
    modules = {module for name in sources for module in _modules_of(name, graph.modules)}
    modules |= {user for module in modules for user in graph.find_downstream_modules(module)}
    found = set()
    for file in everywhere:
        files, ours, starts_programs = imports.of(file)
        uses_data = any(_is_data_beside(name, files) for name in tests)
        if files & tests or ours & modules or uses_data or (sources and starts_programs):
            found.add(file)
    return found


@cache
def _graph() -> Any:
    """The import graph. A module that imports by name at run time counts as importing all of its package."""
    graph = grimp.build_graph("accord")
    for path in (CHECKOUT / _SOURCE).glob("**/*.py"):
        if not _BY_NAME.search(path.read_text(encoding="utf-8")):
            continue
        parts = path.relative_to(CHECKOUT / "src").with_suffix("").parts
        importer, package = ".".join(parts).removesuffix(".__init__"), ".".join(parts[:-1])
        for module in graph.find_descendants(package) - {importer}:
            graph.add_import(importer=importer, imported=module)
    return graph


@cache
def _imports() -> _TestImports:
    return _TestImports(_graph().modules)


def _modules_of(name: str, known: set[str]) -> set[str]:
    """The module that a source file is; for a template, a catalogue or a table, every module of its package."""
    parts = PurePosixPath(name.removeprefix("src/")).with_suffix("").parts
    if name.endswith(".py"):
        module = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        if module in known:
            return {module}  # else it is gone, and its whole package counts
    package = ".".join(parts[:3])
    while package and package not in known:
        package = package.rpartition(".")[0]
    return {module for module in known if module == package or module.startswith(f"{package}.")}


def _is_data_beside(name: str, files: set[str]) -> bool:
    """Whether a changed file that is no Python lies in the folder of a test module, or below it."""
    folders = {PurePosixPath(file).parent for file in files} - {PurePosixPath("tests")}
    return not name.endswith(".py") and any(PurePosixPath(name).is_relative_to(folder) for folder in folders)


class _TestImports:
    """What each test file imports: helper modules of the tests, its conftests, modules of `accord`, programs."""

    def __init__(self, known: set[str]) -> None:
        self._known = known
        self._read: dict[str, tuple[set[str], set[str], bool]] = {}
        self._helpers: dict[str, set[str]] = {}
        for path in (CHECKOUT / _TESTS).glob("**/*.py"):
            name = path.parent.name if path.name == "__init__.py" else path.stem
            self._helpers.setdefault(name, set()).add(path.relative_to(CHECKOUT).as_posix())

    def of(self, file: str) -> tuple[set[str], set[str], bool]:
        """All files of the tests that `file` stands on, itself among them; all modules of `accord` that they name; whether
        they start programs."""
        todo, files, ours, starts = [file], set[str](), set[str](), False
        while todo:
            current = todo.pop()
            if current in files:
                continue
            files.add(current)
            helpers, modules, programs = self._direct(current)
            todo += [*helpers, *self._conftests(current)]
            ours |= modules
            starts = starts or programs
        return files, ours, starts

    def _conftests(self, file: str) -> list[str]:
        folders = [parent / "conftest.py" for parent in PurePosixPath(file).parents]
        return [path.as_posix() for path in folders if path.parts[0] == "tests" and (CHECKOUT / path).exists()]

    def _direct(self, file: str) -> tuple[set[str], set[str], bool]:
        if file not in self._read:
            names = _imported_names((CHECKOUT / file).read_text(encoding="utf-8"))
            parts = {part for name in names if not name.startswith("accord.") for part in name.split(".")}
            helpers = {path for part in parts for path in self._helpers.get(part, ())}
            modules = {module for name in names for module in self._ours(name)}
            if "django.test.Client" in names:
                modules |= {module for module in self._known if module.startswith(PAGES)}
            programs = file not in OF_THE_HARNESS and any(name.startswith(STARTS_PROGRAMS) for name in names)
            self._read[file] = helpers, modules, programs
        return self._read[file]

    def _ours(self, name: str) -> set[str]:
        """`accord.a.b.Thing` as the modules that it may be, with the packages above them."""
        parts = name.split(".")
        return {".".join(parts[:end]) for end in range(2, len(parts) + 1)} & self._known if parts[0] == "accord" else set()


def _imported_names(text: str) -> set[str]:
    """Names of imports anywhere in a file, inside functions too, and of modules named in strings."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith("accord."):
            names.add(node.value)
    return names


def _main_branch() -> str:
    for name in ("main", "origin/main"):
        if subprocess.run(["git", "rev-parse", "-q", "--verify", name], cwd=CHECKOUT, capture_output=True).returncode == 0:
            return name
    return "HEAD"


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    sys.exit(main())
