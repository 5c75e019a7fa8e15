"""The house's own measures: sizes, floors, templates in use, models that agree with the migrations."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("core", "gateways", "domain", "blueprints", "sandbox", "cameras", "demo", "tools", "tests")
VAGUE = {"utils", "helpers", "manager", "service", "services", "common", "misc"}
LONGEST_FILE = 400
LONGEST_FUNCTION = 60


def modules() -> list[Path]:
    return [ROOT / "app.py", *(path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py")))]


def test_the_import_contracts_hold() -> None:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stdout[-3000:]


def test_files_and_functions_keep_their_sizes() -> None:
    too_long = []
    for path in modules():
        source = path.read_text(encoding="utf-8")
        if source.count("\n") > LONGEST_FILE:
            too_long.append(f"{path.relative_to(ROOT)}: {source.count(chr(10))} lines")
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or 0) - node.lineno
                if lines > LONGEST_FUNCTION:
                    too_long.append(f"{path.relative_to(ROOT)}:{node.name}: {lines} lines")
    assert not too_long


def test_pages_keep_their_size() -> None:
    pages = [path for path in (ROOT / "templates").rglob("*.html") if path.parent.name != "components"]
    assert not [path.name for path in pages if path.read_text().count("\n") > LONGEST_FUNCTION]


def test_no_room_has_a_vague_name() -> None:
    assert not [path for path in modules() if path.stem in VAGUE or path.parent.name in VAGUE]


def test_packages_of_the_domain_are_empty_at_the_top() -> None:
    assert not [path for path in (ROOT / "domain").glob("*/__init__.py") if path.read_text().strip()]


def test_only_three_places_commit() -> None:
    allowed = {ROOT / "core/web/session.py", ROOT / "core/jobs.py", ROOT / "core/web/limits.py"}
    commits = [
        path
        for path in modules()
        if path.relative_to(ROOT).parts[0] in {"core", "domain", "blueprints", "gateways", "demo"}
        and path not in allowed
        and re.search(r"session\.commit\(|engine\.begin\(", path.read_text(encoding="utf-8"))
    ]
    assert not [str(path) for path in commits if "token_store" not in path.name]


def test_every_template_is_used(app: Flask) -> None:
    sources = [path.read_text(encoding="utf-8") for path in modules()]
    sources += [path.read_text(encoding="utf-8") for path in (ROOT / "templates").rglob("*.html")]
    everything = "\n".join(sources)
    unused = []
    for path in (ROOT / "templates").rglob("*.html"):
        name = str(path.relative_to(ROOT / "templates"))
        # A console's views name their page without the folder.
        short = f'"{path.name}"' if path.parent.name == "workshop" else ""
        if f'"{name}"' not in everything and not (short and short in everything):
            unused.append(name)
    assert not unused


def test_models_and_migrations_agree(app: Flask) -> None:
    from core.db import db

    def ours(_thing: object, name: str | None, kind: str, reflected: bool, _to: object) -> bool:
        return not (kind == "table" and reflected and (name or "").startswith("procrastinate_"))

    with app.app_context(), db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_object": ours})
        differences = [
            difference
            for difference in compare_metadata(context, db.metadata)
            if "alembic_version" not in str(difference)
        ]
    assert not differences


def test_nothing_names_the_workplace() -> None:
    """Code and documents speak of the product: no machine's folders, no registry's host."""
    files = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    hosts = re.compile(r"pypi\.o" r"rg|pythonho" r"sted|npmj" r"s\.|deb\.deb" r"ian|(?<![\w.])/wo" r"rk/")
    named = []
    for name in files:
        path = ROOT / name
        if (
            path.suffix in {".py", ".md", ".toml", ".html", ".js", ".css", ".lock", ".json", ".yml", ""}
            and path.is_file()
        ) and hosts.search(path.read_text(encoding="utf-8", errors="ignore")):
            named.append(name)
    assert not named
