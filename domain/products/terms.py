"""What a product is found by. Chinese has no spaces, so its texts are taken apart into single signs and pairs of signs;
Latin words and numbers are kept whole with their beginnings. The embedded PostgreSQL has no pg_trgm: an indexed array it is.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from core.db import db
from domain.products.models import BRAND_NAMES, Brand, Product
from domain.workshops.models import Workshop

_RUNS = re.compile(r"[\u3400-\u9fff]+|[a-z0-9]+")
_LONGEST_BEGINNING = 8


def terms_of(texts: Iterable[str]) -> list[str]:
    """Every term under which one of the texts is found, sorted."""
    found: set[str] = set()
    for text in texts:
        for run in _runs(text):
            if run[0] > "z":
                found |= {*run, *_pairs(run)}
            else:
                found |= {run, *(run[:length] for length in range(1, min(len(run), _LONGEST_BEGINNING) + 1))}
    return sorted(found)


def asked_terms(words: str) -> list[str]:
    """The terms that a product must have, all of them, to be found by `words`."""
    asked: set[str] = set()
    for run in _runs(words):
        asked |= set(_pairs(run) or run) if run[0] > "z" else {run[:_LONGEST_BEGINNING]}
    return sorted(asked)


def index_product(product: Product) -> None:
    """Bring a product's terms up to date: names, brand, shelf, workshop, tagline, ingredients. Every editing act calls it."""
    workshop = db.session.get_one(Workshop, product.workshop_id)
    category = product.category
    texts = [
        product.name, product.name_en, product.tagline, BRAND_NAMES[Brand(product.brand)], workshop.name,
        workshop.name_en, category.name, category.name_en, *product.ingredients,
    ]  # fmt: skip
    product.search_text = "\n".join(plain(text) for text in texts)
    product.search_terms = terms_of(texts)


def plain(text: str) -> str:
    """Wide and narrow, large and small letters are the same."""
    return unicodedata.normalize("NFKC", text).lower()


def _runs(text: str) -> list[str]:
    return _RUNS.findall(plain(text))


def _pairs(run: str) -> list[str]:
    return [run[place : place + 2] for place in range(len(run) - 1)]
