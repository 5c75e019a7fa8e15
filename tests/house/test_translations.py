"""Chinese first, English complete: the catalogue has every text, and English pages hold no Chinese but marked data."""

from __future__ import annotations

import ast
import gettext
import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.etree.ElementTree import Element

import pytest
from babel.messages.mofile import write_mo
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from tools.check import check_translations
from tools.translations import CHINESE, PO, ROOMS, ROOT, read_catalog

ENGLISH = {"Accept-Language": "en-US,en;q=0.9"}
# Attributes that are read by people, or aloud to them.
READ = ("alt", "aria-label", "placeholder", "title", "data-confirm", "data-confirm-yes", "data-confirm-no")
# Texts for others than readers of a page: labels are printed in Chinese (GB 7718), WeChat's bill names the goods, and
# the history of a box keeps the owner's own words.
NOT_FOR_PAGES = {
    "domain/labels/printing.py",
    "domain/orders/paying.py",
    "domain/fulfillment/packing.py",
    "domain/settlement/paper.py",
}
PUBLIC_PAGES = (
    "/",
    "/products",
    "/products?brand=hong&sort=price_up",
    "/products?q=nothing-like-this",
    "/products/sidatong-three-year",
    "/products/neifang-soft-tofu",
    "/workshops",
    "/workshops?kind=wine",
    "/workshops/sidatong",
    "/live",
    "/live/sidatong",
    "/cart",
    "/me",
    "/scan",
    "/sign-in",
    "/staff/sign-in",
    "/api/v1/docs",
)
OWNERS_PAGES = (
    "/workshop",
    "/workshop/orders",
    "/workshop/batches",
    "/workshop/batches/new",
    "/workshop/products",
    "/workshop/products/new",
    "/workshop/cameras",
    "/workshop/statements",
    "/workshop/sales",
)


def test_the_catalogue_is_complete_and_keeps_every_place() -> None:
    assert not check_translations()


def test_a_place_that_got_lost_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    spoiled = read_catalog()
    spoiled.get("批次 %(lot)s").string = "Batch"
    monkeypatch.setattr("tools.translations.read_catalog", lambda: spoiled)
    assert check_translations() == ["other places to fill in: '批次 %(lot)s'"]


def test_english_is_english_and_fits_into_attributes() -> None:
    """A text may stand in a double-quoted attribute unescaped; Chinese words are quoted only where they must be."""
    quoting = {"请先点击右下角“使用完整服务”再登录", "酒类请写：过量饮酒有害健康"}
    for message in read_catalog():
        if message.id and message.id not in quoting:
            assert not CHINESE.search(str(message.string)), message.id
            assert not re.search('["<>]', str(message.string)), message.id


def test_the_catalogue_compiles_and_the_application_uses_the_newest() -> None:
    catalog = read_catalog()
    assert not catalog.fuzzy, "without a header the catalogue is left out by pybabel compile"
    compiled = io.BytesIO()
    write_mo(compiled, catalog)
    with PO.with_suffix(".mo").open("rb") as file:
        used = gettext.GNUTranslations(file)
    for message in catalog:
        if message.id:
            assert used.gettext(str(message.id)) == message.string, "run: pybabel compile --directory translations"


def test_no_chinese_stands_in_a_template_untranslated() -> None:
    """Chinese words of a template are arguments of `_()`, or the name of the language itself."""
    for path in sorted((ROOT / "templates").rglob("*.html")):
        source = re.sub(r"\{#.*?#\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        plain = re.sub(r"\{\{.*?\}\}|\{%.*?%\}", "", source, flags=re.DOTALL).replace("中文", "")
        assert not CHINESE.search(plain), f"{path.name}: {CHINESE.search(plain)}"
        bare = re.sub(r"""\b_\(\s*('[^']*'|"[^"]*")""", "", source).replace("中文", "")
        assert not CHINESE.search(bare), f"{path.name}: {CHINESE.search(bare)}"


def test_no_chinese_is_pieced_together_in_code() -> None:
    """An f-string can't be a key of the catalogue: texts have `%(name)s` places."""
    for path in (path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))):
        if str(path.relative_to(ROOT)) not in NOT_FOR_PAGES:
            assert not list(_pieced(path)), path


def _pieced(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.JoinedStr) and CHINESE.search(ast.unparse(node)):
            yield ast.unparse(node)


def test_english_pages_are_english(app: Flask, client: FlaskClient, page: Callable[[TestResponse], Element]) -> None:
    """Of the whole demo: whatever Chinese is left is data that has no English, and says so by its `lang`."""
    code = _load_demo(app)
    pages = {path: client.get(path, headers=ENGLISH) for path in (*PUBLIC_PAGES, code, code.rsplit("/21/", 1)[0])}
    assert {path: answer.status_code for path, answer in pages.items()} == dict.fromkeys(pages, 200)
    left = {path: _chinese_on(page(answer)) for path, answer in pages.items()}
    assert not {path: texts for path, texts in left.items() if texts}
    asked = "/api/v1/products/sidatong-three-year"
    assert client.get(asked, headers=ENGLISH).get_json()["name"] == "Sidatong Three-Year Red-Yeast Wine"
    assert client.get(asked).get_json()["name"] == "四大桶三年陈红曲酒"


def test_answers_to_wrong_addresses_are_english(client: FlaskClient, page: Callable[[TestResponse], Element]) -> None:
    for path, status in (
        ("/no-such-page", 404),
        ("/products/no-such-product", 404),
        ("/01/09521000101012/10/NO1/21/ABCDEFGHJKMN", 404),
        ("/01/123", 400),
        ("/scan?code=%20%20~~", 422),
        ("/orders", 302),
    ):
        response = client.get(path, headers=ENGLISH)
        assert response.status_code == status, path
        if status != 302:
            assert not _chinese_on(page(response)), path


def test_the_owners_console_is_english(
    app: Flask, sign_in: Callable[[int], FlaskClient], page: Callable[[TestResponse], Element]
) -> None:
    from core.db import db
    from domain.accounts.models import StaffCredential
    from domain.batches.models import Batch
    from domain.products.models import Variant

    _load_demo(app)
    with app.app_context():
        owner = db.session.scalars(select(StaffCredential.account_id).filter_by(username="sidatong")).one()
        batch = db.session.scalars(select(Batch.id).order_by(Batch.id)).first()
        variant = db.session.scalars(select(Variant.id).order_by(Variant.id)).first()
    browser = sign_in(owner)
    details = (
        f"/workshop/batches/{batch}",
        f"/workshop/variants/{variant}/stock",
        "/workshop/products/sidatong-three-year",
    )
    pages = {path: browser.get(path, headers=ENGLISH) for path in (*OWNERS_PAGES, *details)}
    assert {path: answer.status_code for path, answer in pages.items()} == dict.fromkeys(pages, 200)
    data = _words_of_the_demo()
    left = {
        path: [text for text in _chinese_on(page(answer)) if _is_ours(text, data)] for path, answer in pages.items()
    }
    assert not {path: texts for path, texts in left.items() if texts}


def test_a_choice_of_language_is_kept(client: FlaskClient) -> None:
    assert 'lang="en"' in client.get("/?lang=en").get_data(as_text=True)
    assert 'lang="en"' in client.get("/cart").get_data(as_text=True)
    assert 'lang="zh-CN"' in client.get("/cart?lang=zh", headers=ENGLISH).get_data(as_text=True)
    assert 'lang="zh-CN"' in client.get("/cart", headers=ENGLISH).get_data(as_text=True)


@pytest.mark.parametrize("path", ["/api/v1/no-such-call", "/api/v1/products/no-such-product", "/api/v1/orders"])
def test_problems_of_the_api_are_english(client: FlaskClient, path: str) -> None:
    problem = client.get(path, headers=ENGLISH).get_json()
    assert re.fullmatch(r"[\x20-\x7e’]+", problem["title"])
    assert CHINESE.search(client.get(path).get_json()["title"]), "Chinese comes first"


def test_faults_of_fields_are_english(client: FlaskClient) -> None:
    fields = client.get("/api/v1/products?limit=0&cursor=x", headers=ENGLISH).get_json()["fields"]
    assert fields
    assert not any(CHINESE.search(text) for text in fields.values())


def test_words_within_a_message_are_translated_too(app: Flask) -> None:
    from core.errors import InvalidInput, Phrase
    from core.web.responses import said_fields
    from gateways.carriers.catalog import check_shipment

    with pytest.raises(InvalidInput) as refusal:
        check_shipment("SF", "1")
    with app.test_request_context(headers=ENGLISH):
        assert said_fields(refusal.value)["tracking_number"].startswith(
            "This does not look like a number of SF Express"
        )
    with app.test_request_context():
        assert said_fields(refusal.value)["tracking_number"] == str(refusal.value.fields["tracking_number"])
    assert str(Phrase("第 %(n)s 箱", n=2)) == "第 2 箱"


def _load_demo(app: Flask) -> str:
    """The demo's directory and goods, committed; the address of a packet of the first product."""
    from core.db import db
    from demo import loading
    from domain.batches.models import Batch
    from domain.labels.models import PackageCode
    from domain.products.models import Product, Variant

    with app.app_context():
        loading.load("rtsp://127.0.0.1:1")
        statement = (
            select(Variant.gtin, Batch.lot, PackageCode.serial)
            .join(Batch, Batch.variant_id == Variant.id)
            .join(PackageCode, PackageCode.batch_id == Batch.id)
            .join(Product, Product.id == Variant.product_id)
            .where(Product.slug == "sidatong-three-year")
        )
        gtin, lot, serial = db.session.execute(statement).first() or ("", "", "")
        db.session.commit()
    return f"/01/{gtin}/10/{lot}/21/{serial}"


def _words_of_the_demo() -> list[str]:
    """What owners typed in the demo, the longest first: in their console it stands as they typed it."""
    words: list[str] = []
    for path in (ROOT / "demo" / "content").glob("*.toml"):
        words += re.findall(r'"([^"]+)"', path.read_text(encoding="utf-8"))
    return sorted((word for word in set(words) if CHINESE.search(word)), key=len, reverse=True)


def _is_ours(text: str, data: list[str]) -> bool:
    """Whether Chinese is left of a text when all that an owner typed is taken out."""
    for word in data:
        text = text.replace(word, "")
    return bool(CHINESE.search(text))


def _chinese_on(document: Element) -> list[str]:
    """Every Chinese text of a page that a person meets outside elements marked as Chinese."""
    return list(_unmarked(document))


def _unmarked(element: Element) -> Iterator[str]:
    if str(element.get("lang", "")).startswith("zh") or not isinstance(element.tag, str):
        return
    texts = [element.text or "", *(element.get(name, "") for name in READ)]
    if element.tag == "meta" and element.get("name") == "description":
        texts.append(element.get("content", ""))
    yield from (text.strip() for text in texts if CHINESE.search(text))
    for child in element:
        yield from _unmarked(child)
        if CHINESE.search(child.tail or ""):
            yield str(child.tail).strip()
