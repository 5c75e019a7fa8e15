"""Batches on a phone: started, noted while they are made, finished; and their labels."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from xml.etree.ElementTree import Element

import pypdfium2
import pytest
from flask import Flask
from werkzeug.test import TestResponse

from core.clock import local, now, today
from core.db import db
from domain.batches.models import Batch, BatchHistory, BatchIngredient, BatchZoneTime
from domain.batches.releasing import block_batch
from domain.labels.models import PackageCode
from tests.blueprints.workshop.conftest import Bench
from tests.fixtures.pages import text_of
from tests.fixtures.web import Browser

Page = Callable[[TestResponse], Element]
Count = Callable[..., int]


def start_form(bench: Bench, **changes: Any) -> dict[str, Any]:
    form = {"variant_id": str(bench.variant_id), "quantity": "60"} | {
        f"ingredients.{place}.{name}": value
        for place, values in ((0, ("糯米", "NM1", "坂里粮站", "66")), (2, ("红曲米", "HQ1", "古田", "4.25")))
        for name, value in zip(("material", "lot", "supplier", "kilograms"), values, strict=True)
    }
    return {name: value for name, value in (form | changes).items() if value is not None}


def marked(document: Element) -> set[str | None]:
    fields = (field for tag in ("input", "select", "textarea") for field in document.iter(tag))
    return {field.get("name") for field in fields if field.get("aria-invalid")}


def batch(app: Flask, key: int) -> Batch:
    with app.app_context():
        found = db.session.get_one(Batch, key)
        assert found.ingredients is not None
        assert found.zone_times is not None
        return found


def wall(delta: timedelta) -> str:
    return local(now() + delta).strftime("%Y-%m-%dT%H:%M")


def test_a_batch_is_made_from_start_to_test(app: Flask, owner: Browser, bench: Bench, page: Page) -> None:
    started = owner.post("/workshop/batches/new", start_form(bench))
    assert started.status_code == 302
    key = int(started.location.rsplit("/", 1)[1])
    path = f"/workshop/batches/{key}"
    made = batch(app, key)
    assert [(row.material, row.quantity_grams) for row in made.ingredients] == [("糯米", 66_000), ("红曲米", 4_250)]
    assert (made.quantity, made.made_on, made.workshop_id) == (60, today(), bench.workshop_id)
    assert owner.post(f"{path}/zones/raw/start").status_code == 302
    first = batch(app, key).zone_times[0].started_at
    assert owner.post(f"{path}/zones/raw/start").status_code == 302
    assert batch(app, key).zone_times[0].started_at == first
    assert "进行中" in text_of(page(owner.get(path)))
    assert owner.post(f"{path}/zones/raw/finish").status_code == 302
    assert batch(app, key).zone_times[0].finished_at is not None
    hours = {"started_at": wall(timedelta(hours=-3)), "finished_at": wall(timedelta(hours=-1))}
    assert owner.post(f"{path}/zones/washing", hours).status_code == 302
    washing = next(times for times in batch(app, key).zone_times if times.zone == "washing")
    assert washing.finished_at is not None
    assert washing.finished_at - washing.started_at == timedelta(hours=2)
    more = {"material": "井水", "lot": "-", "supplier": "自家井", "kilograms": "120"}
    assert owner.post(f"{path}/ingredients", more).status_code == 302
    assert owner.post(f"{path}/finish").status_code == 302
    assert batch(app, key).status == "awaiting_test"
    late = owner.post(f"{path}/ingredients", more)
    assert late.status_code == 409
    assert "已经结束制作" in text_of(page(late))
    assert len(batch(app, key).ingredients) == 3


def test_another_row_keeps_what_was_typed(owner: Browser, bench: Bench, page: Page, count: Count) -> None:
    response = owner.post("/workshop/batches/new", start_form(bench, add_row="1", quantity="oops"))
    assert response.status_code == 200
    values = {field.get("name"): field.get("value") for field in page(response).iter("input")}
    assert values["ingredients.0.material"] == "糯米"
    assert values["quantity"] == "oops"
    assert "ingredients.3.material" in values
    assert count(Batch) == 2


def test_a_batch_can_be_made_like_an_earlier_one(owner: Browser, bench: Bench, page: Page) -> None:
    document = page(owner.get(f"/workshop/batches/new?like={bench.batch_id}"))
    values = {field.get("name"): field.get("value") for field in document.iter("input")}
    assert (values["ingredients.0.material"], values["ingredients.0.kilograms"]) == ("糯米", "66")
    assert values["quantity"] == "8"


BAD_STARTS = [
    ({"variant_id": None}, {"variant_id"}),
    ({"variant_id": "x"}, {"variant_id"}),
    ({"variant_id": "999999"}, {"variant_id"}),
    ({"variant_id": "99999999999999999999"}, {"variant_id"}),
    ({"quantity": "0"}, {"quantity"}),
    ({"quantity": "-3"}, {"quantity"}),
    ({"quantity": "100001"}, {"quantity"}),
    ({"quantity": "2.5"}, {"quantity"}),
    ({"made_on": "2999-01-01"}, {"made_on"}),
    ({"made_on": "昨天"}, {"made_on"}),
    ({"made_on": "2026-02-30"}, {"made_on"}),
    ({"lot": "批 1"}, {"lot"}),
    ({"lot": "A" * 21}, {"lot"}),
    ({"lot": "A/B"}, {"lot"}),
    ({"ingredients.0.kilograms": "-1"}, {"ingredients.0.kilograms"}),
    ({"ingredients.2.kilograms": "1.2345"}, {"ingredients.2.kilograms"}),
    ({"ingredients.2.kilograms": "lots"}, {"ingredients.2.kilograms"}),
    ({"ingredients.2.lot": " "}, {"ingredients.2.lot"}),
    (
        {"ingredients.0.material": "长" * 41, "ingredients.2.supplier": ""},
        {"ingredients.0.material", "ingredients.2.supplier"},
    ),
    ({"ingredients.0.material": "米\x00"}, {"ingredients.0.material"}),
    ({"ingredients.0.poison": "x"}, set()),
    ({"workshop_id": "1"}, set()),
]


def test_a_bad_start_names_its_field_and_starts_nothing(
    subtests: pytest.Subtests, owner: Browser, bench: Bench, page: Page, count: Count
) -> None:
    for changes, names in BAD_STARTS:
        with subtests.test(changes=changes, names=names):
            response = owner.post("/workshop/batches/new", start_form(bench, **changes))
            assert response.status_code == 422
            document = page(response)
            assert marked(document) == names
            assert [element for element in document.iter() if element.get("class") in {"field-error", "refusal"}]
            assert count(Batch) == 2
            assert count(BatchIngredient) == 4


def test_another_workshops_variant_is_no_choice(owner: Browser, bench: Bench, theirs: Bench, page: Page) -> None:
    response = owner.post("/workshop/batches/new", start_form(bench, variant_id=str(theirs.variant_id)))
    assert response.status_code == 422
    assert marked(page(response)) == {"variant_id"}


def test_a_lot_used_before_is_refused_at_the_lot(owner: Browser, bench: Bench, page: Page) -> None:
    response = owner.post("/workshop/batches/new", start_form(bench, lot=bench.lot))
    assert response.status_code == 409
    assert marked(page(response)) == {"lot"}


BAD_HOURS = [
    ({}, {"started_at"}),
    ({"started_at": "早上"}, {"started_at"}),
    ({"started_at": "2026-13-01T08:00"}, {"started_at"}),
    ({"started_at": "0001-01-01T00:00"}, {"started_at"}),
    ({"started_at": "9999-12-31T23:59"}, {"started_at"}),
    ({"started_at": "1999-01-01T08:00"}, {"started_at"}),
    ({"started_at": "now"}, {"started_at"}),
    ({"started_at": "@-2", "finished_at": "@-3"}, {"finished_at"}),
    ({"started_at": "@-2", "finished_at": "@1"}, {"finished_at"}),
    ({"started_at": "@1"}, {"started_at"}),
    ({"started_at": "@-2", "finished_at": "x"}, {"finished_at"}),
    ({"started_at": "@-2", "zone": "raw"}, set()),
]


def test_bad_hours_name_their_field_and_note_nothing(
    subtests: pytest.Subtests, app: Flask, owner: Browser, bench: Bench, page: Page
) -> None:
    for form, names in BAD_HOURS:
        with subtests.test(form=form, names=names):
            before = [(row.started_at, row.finished_at) for row in batch(app, bench.open_batch_id).zone_times]
            typed = {
                name: wall(timedelta(hours=int(value[1:]))) if value.startswith("@") else value
                for name, value in form.items()
            }
            response = owner.post(f"/workshop/batches/{bench.open_batch_id}/zones/raw", typed)
            assert response.status_code == 422
            assert marked(page(response)) == names
            assert [(row.started_at, row.finished_at) for row in batch(app, bench.open_batch_id).zone_times] == before


def test_there_are_three_zones_and_no_other(
    subtests: pytest.Subtests, owner: Browser, bench: Bench, count: Count
) -> None:
    for act in ("", "/start", "/finish"):
        for zone in ("kitchen", "RAW", "raw ", "%00"):
            with subtests.test(zone=zone, act=act):
                before = count(BatchZoneTime)
                response = owner.post(
                    f"/workshop/batches/{bench.open_batch_id}/zones/{zone}{act}", {"started_at": wall(-timedelta(1))}
                )
                assert response.status_code == 404
                assert count(BatchZoneTime) == before


BAD_INGREDIENTS = [
    ({"material": ""}, {"material"}),
    ({"lot": ""}, {"lot"}),
    ({"supplier": ""}, {"supplier"}),
    ({"kilograms": ""}, {"kilograms"}),
    ({"kilograms": "0"}, {"kilograms"}),
    ({"kilograms": "-2"}, {"kilograms"}),
    ({"kilograms": "0.0001"}, {"kilograms"}),
    ({"kilograms": "10001"}, {"kilograms"}),
    ({"material": "长" * 41}, {"material"}),
    ({"supplier": "长" * 61}, {"supplier"}),
    ({"lot": "\x1b[0m"}, {"lot"}),
    ({"batch_id": "1"}, set()),
]


def test_a_bad_ingredient_names_its_field_and_adds_nothing(
    subtests: pytest.Subtests, owner: Browser, bench: Bench, page: Page, count: Count
) -> None:
    for changes, names in BAD_INGREDIENTS:
        with subtests.test(changes=changes, names=names):
            form = {"material": "盐", "lot": "Y1", "supplier": "盐业", "kilograms": "2"} | changes
            response = owner.post(f"/workshop/batches/{bench.open_batch_id}/ingredients", form)
            assert response.status_code == 422
            assert marked(page(response)) == names
            assert count(BatchIngredient) == 4


def test_labels_are_minted_once_per_packet_and_printed_on_both_papers(
    owner: Browser, bench: Bench, page: Page, count: Count
) -> None:
    path = f"/workshop/batches/{bench.batch_id}"
    assert owner.post(f"{path}/labels", {"count": "4"}).location.startswith(path)
    assert count(PackageCode, batch_id=bench.batch_id) == 8
    assert "标签都打过了" in text_of(page(owner.get(path)))
    for paper, pages in (("a4", 1), ("60x40", 4)):
        response = owner.get(f"{path}/labels.pdf?run=2&paper={paper}")
        assert (response.status_code, response.mimetype) == (200, "application/pdf")
        assert "attachment" in response.headers["Content-Disposition"]
        assert len(pypdfium2.PdfDocument(response.get_data())) == pages
    assert owner.get(f"{path}/labels.pdf?run=3").status_code == 404


BAD_LABEL_NUMBERS = [
    ({}, 422),
    ({"count": "0"}, 422),
    ({"count": "-1"}, 422),
    ({"count": "5"}, 409),
    ({"count": "501"}, 422),
    ({"count": "four"}, 422),
    ({"count": "1.5"}, 422),
    ({"count": "99999999999999999999"}, 422),
    ({"count": "1\x00"}, 422),
    ({"count": "1", "serial": "MYOWNSERIAL1"}, 422),
]


def test_a_bad_number_of_labels_mints_none(
    subtests: pytest.Subtests, owner: Browser, bench: Bench, page: Page, count: Count
) -> None:
    for form, status in BAD_LABEL_NUMBERS:
        with subtests.test(form=form, status=status):
            response = owner.post(f"/workshop/batches/{bench.batch_id}/labels", form)
            assert response.status_code == status
            assert marked(page(response)) == (set() if "serial" in form else {"count"})
            assert count(PackageCode, batch_id=bench.batch_id) == 4


def test_only_a_released_batch_gets_labels(app: Flask, owner: Browser, bench: Bench, page: Page, count: Count) -> None:
    refused = owner.post(f"/workshop/batches/{bench.open_batch_id}/labels", {"count": "1"})
    assert refused.status_code == 409
    assert "还没有检验放行" in text_of(page(refused))
    assert count(PackageCode, batch_id=bench.open_batch_id) == 0
    with app.app_context():
        block_batch(db.session.get_one(Batch, bench.batch_id), by="实验室", reason="复检")
        db.session.commit()
    assert owner.get(f"/workshop/batches/{bench.batch_id}/labels.pdf?run=1").status_code == 409


def test_a_finished_batch_stays_finished(owner: Browser, bench: Bench, count: Count) -> None:
    path = f"/workshop/batches/{bench.open_batch_id}/finish"
    assert owner.post(path, {"status": "released"}).status_code == 422
    assert owner.post(path).status_code == 302
    moves = count(BatchHistory, batch_id=bench.open_batch_id)
    assert owner.post(path).status_code == 409
    assert count(BatchHistory, batch_id=bench.open_batch_id) == moves
