"""`python -m tools.translations`: gather every Chinese text of templates and code into the English catalogue.

The Chinese text is the key. Templates are read by Babel; in Python every Chinese string constant counts (errors carry
theirs as data), docstrings aside. New texts arrive untranslated: a test refuses those.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("core", "domain", "gateways", "blueprints")
PO = ROOT / "translations" / "en" / "LC_MESSAGES" / "messages.po"
CHINESE = re.compile(r"[\u4e00-\u9fff]")
# Without a header `pybabel compile` takes the catalogue for a draft and leaves it out. It bears no date: a text that
# hasn't changed must not change the file.
HEADER = """msgid ""
msgstr ""
"Language: en\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

"""


def main() -> None:
    catalog = read_catalog()
    catalog.update(gather(), no_fuzzy_matching=True)
    catalog.obsolete.clear()
    PO.parent.mkdir(parents=True, exist_ok=True)
    with PO.open("wb") as file:
        file.write(HEADER.encode())
        write_po(file, catalog, width=110, sort_output=True, omit_header=True, no_location=True)
    print(f"translations: {len(catalog)} texts, {len(untranslated(catalog))} without English")


def read_catalog() -> Catalog:
    """The English catalogue as it is."""
    if not PO.exists():
        return Catalog(locale="en")
    with PO.open("rb") as file:
        return read_po(file, locale="en")


def gather() -> Catalog:
    """Every text that a person may read."""
    catalog = Catalog(locale="en")
    extracted = extract_from_dir(
        ROOT / "templates",
        method_map=[("**.html", "jinja2")],
        options_map={"**.html": {"extensions": "jinja2.ext.i18n,jinja2.ext.do", "silent": "false"}},
        keywords={"_": None, "gettext": None, "ngettext": (1, 2)},
    )
    for _file, _line, message, _comments, _context in extracted:
        catalog.add(message)
    for text in sorted(set(_texts_of_code())):
        catalog.add(text)
    return catalog


def untranslated(catalog: Catalog) -> list[str]:
    return [str(message.id) for message in catalog if message.id and not message.string]


def _texts_of_code() -> Iterator[str]:
    for room in ROOMS:
        for path in (ROOT / room).rglob("*.py"):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            skipped = set(_not_texts(tree))
            for node in ast.walk(tree):
                match node:
                    case ast.Constant(value=str() as text) if id(node) not in skipped and CHINESE.search(text):
                        yield text


def _not_texts(tree: ast.AST) -> Iterator[int]:
    """Docstrings, and the pieces of f-strings, which can't be keys."""
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield from (id(part) for part in node.values)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield id(node.value)


if __name__ == "__main__":
    main()
