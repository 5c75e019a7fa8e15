"""`python -m tools.error_list`: write docs/errors.md from the error classes themselves."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import blueprints
import core
import domain
import gateways
from core.errors import DomainError

ROOT = Path(__file__).resolve().parents[1]
HEAD = """# Errors

Every refusal has a stable code. The API answers with problem JSON (RFC 9457): `type` is `urn:banli:error:<code>`, `code` is
what clients branch on, `title` is a sentence in the user's language; `fields` names wrong fields. Pages show the same
sentence. This list is written by `python -m tools.error_list`.

| code | status | sentence | when |
| --- | --- | --- | --- |
"""


def main() -> None:
    rows = [_row(error) for error in sorted(set(_errors(DomainError)), key=_code)]
    (ROOT / "docs" / "errors.md").write_text(HEAD + "\n".join(rows) + "\n", encoding="utf-8")
    print(f"docs/errors.md: {len(rows)} errors")


def load_all() -> None:
    """Import every module, so that every error class is known."""
    for package in (core, domain, gateways, blueprints):
        for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            importlib.import_module(module.name)


def _errors(kind: type[DomainError]) -> Iterator[type[DomainError]]:
    for error in kind.__subclasses__():
        yield error
        yield from _errors(error)


def _code(error: type[DomainError]) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", error.__name__).lower()


def _row(error: type[DomainError]) -> str:
    inherited = error.__doc__ is None or error.__doc__ in {base.__doc__ for base in error.__mro__[1:]}
    when = "" if inherited else " ".join((error.__doc__ or "").split("\n\n")[0].split())
    return f"| `{_code(error)}` | {error.status} | {error.message} | {when} |".replace("%%", "%")


if __name__ == "__main__":
    load_all()
    main()
