"""What the process of the pages imports: no columns, kernels or tables before somebody asks for what needs them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from federation_kit.commands import environment_of

NOT_NEEDED = ("polars", "pyarrow", "deltalake", "numba", "llvmlite", "numpy")

_PROGRAM = """
import importlib, json, sys
import accord.node.wsgi
from django.conf import settings
from django.urls import get_resolver
get_resolver().url_patterns
for middleware in settings.MIDDLEWARE:
    importlib.import_module(middleware.rpartition(".")[0])
for processor in settings.TEMPLATES[0]["OPTIONS"]["context_processors"]:
    importlib.import_module(processor.rpartition(".")[0])
print(json.dumps(sorted(name for name in sys.modules if "." not in name)))
"""


def test_pages_are_served_without_what_the_analysis_needs(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM], env=environment_of(tmp_path / "home"), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    imported = json.loads(done.stdout.splitlines()[-1])
    assert "django" in imported
    assert [name for name in NOT_NEEDED if name in imported] == []
