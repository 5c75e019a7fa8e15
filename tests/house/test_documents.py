"""The documents name what there is: settings, commands, processes, addresses, error codes."""

from __future__ import annotations

import importlib
import pkgutil
import re
from pathlib import Path

import click
from flask import Flask

import blueprints
import core
import domain
import gateways
from core.errors import DomainError
from core.settings import Settings

ROOT = Path(__file__).resolve().parents[2]


def text(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def test_every_setting_is_documented() -> None:
    document = text("configuration.md")
    missing = [name.upper() for name in Settings.model_fields if f"`{name.upper()}`" not in document]
    assert not missing


def test_no_setting_is_documented_that_does_not_exist() -> None:
    rows = re.findall(r"^\| `([A-Z0-9_]+)`", text("configuration.md"), re.MULTILINE)
    known = {name.upper() for name in Settings.model_fields}
    known |= set(re.findall(r"\b[A-Z][A-Z0-9_]{3,}\b", (ROOT / "tools" / "run.py").read_text()))
    known |= set(re.findall(r"\$\{([A-Z_]+)", (ROOT / "Procfile").read_text()))
    assert set(rows) <= known, set(rows) - known


def test_every_command_is_documented(app: Flask) -> None:
    document = text("operations.md")
    missing = [name for name in commands(app.cli) if f"flask {name}" not in document]
    assert not missing


def commands(group: click.Group, prefix: str = "") -> list[str]:
    """Our own commands; those of Flask and its extensions have their own documents."""
    names = []
    for name, command in group.commands.items():
        if not prefix and name in {"run", "shell", "routes", "db", "openapi"}:
            continue
        inner = commands(command, f"{name} ") if isinstance(command, click.Group) else [name]
        names += [prefix + each for each in inner] if not isinstance(command, click.Group) else inner
    return names


def test_every_error_code_is_documented() -> None:
    for package in (core, domain, gateways, blueprints):
        for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            importlib.import_module(module.name)
    document = text("errors.md")
    missing = sorted(code for code in codes_below(DomainError) if f"`{code}`" not in document)
    assert not missing


def codes_below(kind: type[DomainError]) -> set[str]:
    found = set()
    for error in kind.__subclasses__():
        if not error.__module__.startswith("tests"):
            found.add(re.sub(r"(?<!^)(?=[A-Z])", "_", error.__name__).lower())
        found |= codes_below(error)
    return found


def test_the_makefiles_commands_stand_at_the_top_of_the_readme() -> None:
    beginning = (ROOT / "README.md").read_text(encoding="utf-8")[:1500]
    assert "make run" in beginning
    assert "make test" in beginning


def test_the_processes_are_commands_that_exist(app: Flask) -> None:
    lines = (ROOT / "Procfile").read_text().splitlines() + (ROOT / "Procfile.dev").read_text().splitlines()
    for line in lines:
        _, _, command = line.partition(": ")
        words = command.removeprefix("sleep 10 && exec ").split()
        if words[:3] == ["flask", "--app", "app"]:
            name = words[3]
            assert name in app.cli.commands, line
            inner = app.cli.commands[name]
            assert not isinstance(inner, click.Group) or words[4] in inner.commands or name == "db", line
        elif words[0] == "gunicorn":
            module, _, attribute = words[1].partition(":")
            # The pretend WeChat makes its application only when a server asks for it.
            known = vars(importlib.import_module(module))
            assert attribute in known or "__getattr__" in known, line
        else:
            assert words[:2] == ["python", "-m"], line
            assert (ROOT / words[2] / "__main__.py").exists(), line


def test_each_noun_has_a_line_in_the_architecture() -> None:
    document = text("architecture.md")
    nouns = [noun.name for noun in pkgutil.iter_modules(domain.__path__)]
    assert not [noun for noun in nouns if f"`{noun}`" not in document]
