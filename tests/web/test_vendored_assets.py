"""What others made and we serve is exactly what the manifest says."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import accord.web

VENDOR = Path(accord.web.__file__).parent / "static" / "vendor"
MANIFEST = json.loads((VENDOR / "MANIFEST.json").read_text(encoding="utf-8"))


def test_every_file_has_the_hash_on_record() -> None:
    for entry in MANIFEST:
        content = (VENDOR / entry["file"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == entry["sha256"], entry["file"]


def test_the_manifest_names_every_file_with_version_and_licence() -> None:
    files = {path.name for path in VENDOR.iterdir() if path.is_file()} - {"MANIFEST.json"}
    assert {entry["file"] for entry in MANIFEST} == files
    for entry in MANIFEST:
        assert entry["name"]
        assert entry["version"]
        assert entry["licence"] in {"MIT", "0BSD"}
        assert (VENDOR / entry["licence_file"]).read_text(encoding="utf-8").strip()


def test_no_asset_of_ours_or_others_is_fetched_from_elsewhere() -> None:
    ours = [path for path in VENDOR.parent.rglob("*") if path.suffix in {".css", ".js"}]
    for path in ours:
        text = path.read_text(encoding="utf-8")
        assert "url(http" not in text, path.name
        assert "@import" not in text, path.name
        assert "sourceMappingURL" not in text, path.name
