"""`python -m tools.check`: what can be said about the code without running it. `make check`; also part of `make test`."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, TemplateSyntaxError
from markdown_it import MarkdownIt

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
ROOMS = ["app.py", "core", "gateways", "domain", "blueprints", "demo", "sandbox", "cameras", "tools"]


def main() -> None:
    checks: dict[str, Callable[[], list[str]]] = {
        "ruff": lambda: _run("ruff", "check", "--quiet", "."),
        "format": lambda: _run("ruff", "format", "--check", "--quiet", "."),
        "mypy": lambda: _run("mypy", *ROOMS),
        "import contracts": lambda: _run("lint-imports", "--no-cache"),
        "templates": check_templates,
        "links in docs": check_links,
        "translations": check_translations,
    }
    failed = False
    for name, check in checks.items():
        began = time.monotonic()
        faults = check()
        failed = failed or bool(faults)
        print(f"{'FAILED' if faults else 'ok    '} {name} ({time.monotonic() - began:.1f} s)", flush=True)
        for fault in faults:
            print(f"  {fault}")
    sys.exit(1 if failed else 0)


def check_templates() -> list[str]:
    """Every template parses."""
    environment = Environment(
        loader=FileSystemLoader(ROOT / "templates"), extensions=["jinja2.ext.i18n", "jinja2.ext.do"], autoescape=True
    )
    faults = []
    for name in environment.list_templates():
        source, _, _ = environment.loader.get_source(environment, name)  # type: ignore[union-attr]
        try:
            environment.parse(source)
        except TemplateSyntaxError as error:
            faults.append(f"templates/{name}:{error.lineno}: {error.message}")
    return faults


def check_links() -> list[str]:
    """Every relative link and picture of the documents leads to a file, every anchor to a heading."""
    faults = []
    for document in [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        for target in _targets(document):
            path, _, anchor = target.partition("#")
            place = (document.parent / path).resolve() if path else document
            if not place.exists():
                faults.append(f"{document.relative_to(ROOT)}: no such file: {target}")
            elif anchor and place.suffix == ".md" and anchor not in _anchors(place):
                faults.append(f"{document.relative_to(ROOT)}: no such heading: {target}")
    return faults


def check_translations() -> list[str]:
    """The English catalogue has every text, translated, with the same places to fill in."""
    from tools.translations import gather, read_catalog

    catalog = read_catalog()
    faults = []
    for wanted in gather():
        if not wanted.id:
            continue
        found = catalog.get(wanted.id)
        if found is None or not found.string:
            faults.append(f"no English for {wanted.id!r}")
        elif _places(str(wanted.id)) != _places(str(found.string)):
            faults.append(f"other places to fill in: {wanted.id!r}")
    return faults[:20] + ([f"and {len(faults) - 20} more"] if len(faults) > 20 else [])


def _places(text: str) -> set[str]:
    return set(re.findall(r"%\((\w+)\)[sd]", text))


def _targets(document: Path) -> list[str]:
    tokens = [child for token in MarkdownIt().parse(document.read_text("utf-8")) for child in token.children or []]
    addresses = [str(token.attrs.get("href") or token.attrs.get("src") or "") for token in tokens]
    return [address for address in addresses if address and not re.match(r"[a-z]+:", address)]


def _anchors(document: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", document.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def _run(*command: str) -> list[str]:
    finished = subprocess.run(
        [str(BIN / command[0]), *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return (finished.stdout + finished.stderr).strip().splitlines()[-40:] if finished.returncode else []


if __name__ == "__main__":
    main()
