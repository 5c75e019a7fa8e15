"""The page a packet's code opens: each verdict, what stands on it, and how readings are counted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any
from xml.etree.ElementTree import Element

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from domain.batches.models import Batch, BatchStatus
from domain.products.models import ListingStatus
from tests.blueprints.trace.conftest import PHONE, Pack
from tests.fixtures.pages import text_of

CheckPage = Callable[[TestResponse], Element]


def verdict_of(document: Element) -> str:
    section = document.find(".//section[@data-verdict]")
    assert section is not None
    return section.get("data-verdict", "")


def links_of(document: Element) -> set[str]:
    return {link.get("href", "") for link in document.iter("a")}


def test_a_good_packet_is_told_on_one_page(client: FlaskClient, pack: Pack, page: CheckPage) -> None:
    packet = pack(brand="hong")
    document = page(client.get(packet.path, headers=PHONE))
    assert verdict_of(document) == "genuine_first"
    text = text_of(document)
    for words in (
        "验证通过", "第 1 次查询", "首次", "三年陈红曲酒", "500 mL 单瓶", "石格老酒坊", packet.lot, "生产日期", "保质期至",
        "糯米", "66 kg", "NM261101", "坂里乡粮站", "红曲米", "原料区", "洗手消毒区", "生产加工区", "检验合格",
        "食品生产加工小作坊核准证", "有效", "标签可以被照着印", "12315", packet.serial,
    ):  # fmt: skip
        assert words in text, words
    assert {f"/live/{packet.workshop_slug}", f"/products/{packet.product_slug}"} <= links_of(document)


@pytest.mark.parametrize(
    ("status", "days_old", "void", "verdict", "words"),
    [
        (BatchStatus.RECALLED, 0, False, "recalled", ["这一批已召回", "请停止食用", "大肠菌群超标"]),
        (BatchStatus.BLOCKED, 0, False, "blocked", ["这一批已封存", "酒精度复检中"]),
        (BatchStatus.AWAITING_TEST, 0, False, "not_released", ["这一批还没放行"]),
        (BatchStatus.RELEASED, 0, True, "void", ["这个码已作废"]),
        (BatchStatus.RELEASED, 31, False, "past_date", ["已过保质期"]),
    ],
)
def test_a_packet_with_something_wrong_says_so_first(
    client: FlaskClient, pack: Pack, page: CheckPage, status: BatchStatus, days_old: int, void: bool, verdict: str,
    words: list[str],
) -> None:  # fmt: skip
    packet = pack(status, days_old=days_old, void=void)
    response = client.get(packet.path, headers=PHONE)
    assert response.status_code == 200
    document = page(response)
    assert verdict_of(document) == verdict
    assert all(word in text_of(document) for word in words)
    assert (f"/products/{packet.product_slug}" in links_of(document)) == (verdict == "past_date")


def test_a_batch_code_admits_what_it_cannot_prove(client: FlaskClient, pack: Pack, page: CheckPage) -> None:
    packet = pack()
    document = page(client.get(packet.batch_path, headers=PHONE))
    assert verdict_of(document) == "batch_only"
    text = text_of(document)
    assert "不能证明手里这一包是真的" in text
    assert "次查询" not in text.split("这个码能说明什么")[0]
    assert packet.serial not in text


def test_a_recall_turns_the_page_red_at_once(
    client: FlaskClient, pack: Pack, page: CheckPage, change_batch: Callable[[int, Callable[[Batch], Any]], None]
) -> None:
    from domain.batches.releasing import recall_batch

    packet = pack()
    assert verdict_of(page(client.get(packet.path, headers=PHONE))) == "genuine_first"
    change_batch(packet.batch_id, lambda batch: recall_batch(batch, by="regulator", reason="铅超标"))
    response = client.get(packet.path, headers=PHONE)
    assert verdict_of(page(response)) == "recalled"
    assert response.headers["Cache-Control"] == "private, no-store"
    assert "verdict-red" in response.text


def test_a_film_stands_on_the_page_while_there_is_one(
    app: Flask, client: FlaskClient, pack: Pack, page: CheckPage
) -> None:
    from core.db import db
    from domain.cameras.models import Camera, CameraStatus
    from domain.recordings.models import RecordingFile
    from domain.workshops.models import ZoneKind

    packet = pack()
    assert "这一批没有录像可看" in text_of(page(client.get(packet.path, headers=PHONE)))
    with app.app_context():
        batch = db.session.get_one(Batch, packet.batch_id)
        for zone in ZoneKind:
            camera = Camera(
                workshop_id=batch.workshop_id, zone=zone, name=zone, address_encrypted="", status=CameraStatus.ACTIVE
            )
            db.session.add(camera)
            db.session.flush()
            times = next(times for times in batch.zone_times if times.zone == zone)
            if zone != ZoneKind.WASHING:
                db.session.add(_file(RecordingFile, camera.id, times.started_at))
        db.session.commit()
    response = client.get(packet.path, headers=PHONE)
    document = page(response)
    films = document.findall(".//figure[@data-player]")
    assert [film.get("id") for film in films] == ["film-production", "film-raw"]
    assert all("/v/r" in film.get("data-src", "") and film.get("data-poster") for film in films)
    assert "这段时间没有录像" in text_of(document)  # the washing zone's
    assert response.text.index("film-production") < response.text.index('id="ingredients"')


def _file(model: Any, camera_id: int, started_at: Any) -> Any:
    return model(
        camera_id=camera_id, started_at=started_at, ended_at=started_at + timedelta(seconds=60),
        stream_started_at=started_at, object_key=f"recordings/{camera_id}.mp4", size_bytes=1, sha256=b"", init_bytes=1,
        init_sha256=b"", fragments=b"",
    )  # fmt: skip


def test_each_visitor_counts_once_and_later_ones_are_told(
    app: Flask, pack: Pack, page: CheckPage, count_scans: Callable[[], int]
) -> None:
    packet = pack()
    visitors = [app.test_client() for _ in range(3)]
    for number, visitor in enumerate(visitors):
        agent = {"User-Agent": f"Phone {number}"}
        for _ in range(2):
            text = text_of(page(visitor.get(packet.path, headers=agent)))
        assert f"第 {number + 1} 次查询" in text
    assert "码是我们发出的，这一批检验合格。 第 3 次查询" in text
    assert count_scans() == 3
    roaming = visitors[0].get(packet.path, headers={"User-Agent": "Phone 0"}, environ_base={"REMOTE_ADDR": "10.9.8.7"})
    assert "第 3 次查询" in text_of(page(roaming))


def test_a_code_read_very_often_raises_doubt(app: Flask, pack: Pack, page: CheckPage) -> None:
    packet = pack()
    text = ""
    for number in range(10):
        text = text_of(page(app.test_client().get(packet.path, headers={"User-Agent": f"Phone {number}"})))
        assert ("仿印" in text) == (number == 9)


def test_twenty_phones_at_once_are_counted_twenty_times(app: Flask, pack: Pack, count_scans: Callable[[], int]) -> None:
    packet = pack()
    barrier, answers = Barrier(20, timeout=30), []

    def scan(number: int) -> None:
        client = app.test_client()
        barrier.wait()
        answers.append(client.get(packet.path, headers={"User-Agent": f"Phone {number}"}).status_code)

    threads = [Thread(target=scan, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200] * 20
    assert count_scans() == 20


@pytest.mark.parametrize(
    "headers",
    [{"User-Agent": "Mozilla/5.0 (compatible; Baiduspider/2.0)"}, {"User-Agent": "Googlebot/2.1"}, {"User-Agent": ""},
     {"User-Agent": "facebookexternalhit/1.1"}, PHONE | {"Sec-Purpose": "prefetch;prerender"}],
)  # fmt: skip
def test_programs_and_previews_are_not_counted(
    client: FlaskClient, pack: Pack, page: CheckPage, count_scans: Callable[[], int], headers: dict[str, str]
) -> None:
    packet = pack()
    text = text_of(page(client.get(packet.path, headers=headers)))
    assert "次查询" not in text.split("三年陈红曲酒")[0].split("验证通过")[-1]
    assert count_scans() == 0


def test_head_and_options_answer_without_counting(
    client: FlaskClient, pack: Pack, count_scans: Callable[[], int]
) -> None:
    packet = pack()
    head = client.head(packet.path, headers=PHONE)
    assert (head.status_code, head.data) == (200, b"")
    options = client.options(packet.path, headers=PHONE)
    assert options.status_code == 200
    assert {"GET", "HEAD", "OPTIONS"} <= {method.strip() for method in options.headers["Allow"].split(",")}
    assert count_scans() == 0


def test_a_trailing_slash_changes_nothing(client: FlaskClient, pack: Pack, page: CheckPage) -> None:
    packet = pack()
    for path, verdict in ((packet.path, "genuine_first"), (packet.batch_path, "batch_only")):
        response = client.get(f"{path}/", headers=PHONE)
        assert response.status_code == 200
        document = page(response)
        assert verdict_of(document) == verdict
        canonical = document.find(".//link[@rel='canonical']")
        assert canonical is not None
        assert canonical.get("href") == f"http://localhost{path}"


def test_a_code_without_a_lot_leads_to_the_product_with_its_query(client: FlaskClient, pack: Pack) -> None:
    packet = pack()
    for path in (f"/01/{packet.gtin}", f"/01/{packet.gtin}/"):
        response = client.get(f"{path}?utm=pack&x=1&_external=1", headers=PHONE)
        assert response.status_code == 307
        assert response.location == f"/products/{packet.product_slug}?utm=pack&x=1&_external=1"


def test_a_product_off_sale_is_not_offered(client: FlaskClient, pack: Pack, page: CheckPage) -> None:
    packet = pack(listing=ListingStatus.OFF_SALE)
    assert f"/products/{packet.product_slug}" not in links_of(page(client.get(packet.path, headers=PHONE)))


def test_the_page_is_light(client: FlaskClient, pack: Pack) -> None:
    assert len(client.get(pack().path, headers=PHONE).data) < 16_000


def test_times_are_the_workshops_own(app: Flask, client: FlaskClient, pack: Pack, page: CheckPage) -> None:
    from core.db import db

    packet = pack()
    with app.app_context():
        started_at = db.session.get_one(Batch, packet.batch_id).started_at
    assert started_at is not None
    in_zhangzhou = (started_at + timedelta(hours=8)).strftime("%Y-%m-%d %H:%M")
    assert in_zhangzhou in text_of(page(client.get(packet.path, headers=PHONE)))
