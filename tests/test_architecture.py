"""What the house asks of every file, beyond what ruff, mypy and the import contracts can say."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).parent.parent
SOURCE = CHECKOUT / "src" / "accord"
MODULES = sorted(path for path in SOURCE.rglob("*.py") if "migrations" not in path.parts)
WALL_CLOCKS = {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"), ("time", "time")}
LINES = 420
"""Files are to be around 300 lines; past this they want a second room."""


def _relative(path: Path) -> str:
    return path.relative_to(CHECKOUT).as_posix()


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def _kept_files() -> list[Path]:
    """What the repository holds, or would hold after the next commit."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=True)
    return [path for name in done.stdout.split("\0") if name and (path := CHECKOUT / name).is_file()]


def test_the_wall_clock_is_read_in_one_place() -> None:
    calls = [
        f"{_relative(path)}:{node.lineno}"
        for path in MODULES
        if path != SOURCE / "core" / "clock.py"
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and (node.func.value.id, node.func.attr) in WALL_CLOCKS
    ]
    assert not calls, f"ask accord.core.clock.now() instead: {calls}"


def test_files_stay_a_readable_size() -> None:
    lines = {_relative(path): path.read_text(encoding="utf-8").count("\n") for path in MODULES}
    assert {name: count for name, count in lines.items() if count > LINES} == {}


def test_errors_raised_say_what_to_do() -> None:
    """A bare Exception or RuntimeError tells nobody what to do; programming mistakes stay assertions."""
    raised = [
        f"{_relative(path)}:{line}"
        for path in MODULES
        for line, name in _raised(_tree(path))
        if name in ("Exception", "RuntimeError")
    ]
    assert not raised, f"raise one of accord.core.errors: {raised}"


def _raised(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and isinstance(node.exc.func, ast.Name):
            yield node.lineno, node.exc.func.id


def test_only_capabilities_query_rows() -> None:
    """Pages ask queries, which filter by what the actor may see; a page that asked the table would go round them."""
    asking = [
        f"{_relative(path)}:{node.lineno}"
        for path in MODULES
        if "capabilities" not in path.parts
        for node in ast.walk(_tree(path))
        if (isinstance(node, ast.Attribute) and node.attr in ("objects", "_default_manager"))
        or (isinstance(node, ast.alias) and node.name in ("get_object_or_404", "get_list_or_404"))
    ]
    assert not asking, f"go through the capability's queries or services: {asking}"


def test_every_folder_of_code_is_a_package() -> None:
    bare = {_relative(path.parent) for path in SOURCE.rglob("*.py") if not (path.parent / "__init__.py").exists()}
    assert not bare


def test_names_of_test_files_are_unique() -> None:
    """Test folders are no packages, so that two files of one name would be one module."""
    names = Counter(path.name for path in (CHECKOUT / "tests").rglob("test_*.py"))
    assert [name for name, count in names.items() if count > 1] == []


def test_the_repository_holds_nothing_of_one_machine_or_of_the_extra_data() -> None:
    """Paths of a home or work folder, and files of the extra test data, which may not be passed on."""
    own_paths = re.compile(rb"(?<![\w.])/(?:work|root|home)/[\w.]")
    foreign = re.compile(r"(fbs_sms_zh|sms_ham_zh|smishing_en|sms_id)\.jsonl|(cycle200|fanin200)-")
    found = [
        _relative(path)
        for path in _kept_files()
        if foreign.search(path.name) or (path.suffix not in {".png", ".woff2"} and own_paths.search(path.read_bytes()))
    ]
    assert not found


def test_requirements_are_those_of_the_lock() -> None:
    """pip and uv install the same versions, each by hash; `make lock` renews both files."""
    lock = tomllib.loads((CHECKOUT / "uv.lock").read_text(encoding="utf-8"))
    locked = {
        (package["name"], package["version"]): _hashes(package) for package in lock["package"] if package["name"] != "accord"
    }
    exported: dict[tuple[str, str], set[str]] = {}
    for block in re.split(r"\n(?=[a-z0-9])", (CHECKOUT / "requirements.txt").read_text(encoding="utf-8")):
        if stated := re.match(r"([a-z0-9._-]+)(?:\[[\w,-]+\])?==([\w.!+]+)", block):
            exported[stated[1], stated[2]] = set(re.findall(r"sha256:[0-9a-f]{64}", block))
    assert exported.keys() == locked.keys()
    assert all(exported[name] <= locked[name] and exported[name] for name in exported)


def _hashes(package: dict[str, Any]) -> set[str]:
    files = [*package.get("wheels", ()), *([package["sdist"]] if "sdist" in package else ())]
    return {file["hash"] for file in files}


def test_contracts_cover_every_floor_and_capability() -> None:
    """A new floor or capability must be put into the import contracts in the same step."""
    contracts = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
    floors = {name.strip() for layer in contracts[0]["layers"] for name in layer.split("|")}
    assert floors == {f"accord.{path.parent.name}" for path in SOURCE.glob("*/__init__.py")}
    ordered = next(contract["layers"] for contract in contracts if contract.get("containers") == ["accord.capabilities"])
    assert {name for layer in ordered for name in re.split(r"\s*[|:]\s*", layer)} == {
        path.parent.name for path in (SOURCE / "capabilities").glob("*/__init__.py")
    }


def _contracts() -> list[dict[str, Any]]:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))
    return list(project["tool"]["importlinter"]["contracts"])


def test_the_rows_of_every_capability_are_protected() -> None:
    """Another capability meets them through services, queries and events."""
    own = {"people": ["accord.capabilities.people", "accord.capabilities.unit_of_work"]}
    with_rows = {path.parent.name for path in (SOURCE / "capabilities").glob("*/models*") if path.parent.name != "__pycache__"}
    expected = {
        f"accord.capabilities.{name}.models": [
            *own.get(name, [f"accord.capabilities.{name}"]),
            "accord.sites",
            "accord.node",
            "accord.lab",
        ]
        for name in with_rows
    }
    protected = [contract for contract in _contracts() if contract["type"] == "protected"]
    assert {one for contract in protected for one in contract["protected_modules"]} == expected.keys()
    for contract in protected:
        for module in contract["protected_modules"]:
            assert contract["allowed_importers"] == expected[module]


def test_capabilities_are_installed_in_the_order_of_their_layers() -> None:
    """So that what an earlier one offers is there when a later one connects to it."""
    from django.conf import settings

    layers = next(contract["layers"] for contract in _contracts() if contract.get("containers") == ["accord.capabilities"])
    installed = [name.rpartition(".")[2] for name in settings.INSTALLED_APPS if name.startswith("accord.capabilities.")]
    assert installed == list(reversed(layers))
