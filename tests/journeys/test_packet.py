"""A packet's life, end to end: made before the cameras, tested, labelled, scanned, and its own film played."""

from __future__ import annotations

import io
import re
import time
from datetime import UTC, datetime, timedelta
from urllib.parse import urljoin

import av
import pytest

from tests.fixtures.product import Product, wait_until
from tests.journeys.people import Owner, Person

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("product")]


def make_batch(product: Product, workshop: str, seconds_in_each_zone: float) -> tuple[Owner, str]:
    """An owner makes a batch on the console while time really passes; the batch's path. It waits for its test."""
    owner = Owner(product, workshop)
    page = owner.open("/workshop/batches/new")
    row = {"material": "黑豆", "lot": "HD2611", "supplier": "坂里乡粮站", "kilograms": "12.5"}
    kind = next(option for option in page.document.iter("option") if "黑豆老豆腐" in (option.text or ""))
    fields = {f"ingredients.0.{name}": value for name, value in row.items()} | {
        "quantity": "30",
        "variant_id": kind.get("value", ""),
    }
    page = owner.submit(page, "/workshop/batches/new", **fields)
    path = "/workshop" + page.url.split("/workshop", 1)[1].split("#")[0]
    for zone in ("raw", "washing", "production"):
        page = owner.submit(owner.open(path), f"{path}/zones/{zone}/start")
        time.sleep(seconds_in_each_zone)
        owner.submit(owner.open(path), f"{path}/zones/{zone}/finish")
    owner.submit(owner.open(path), f"{path}/finish")
    return owner, path


def code_of_batch(owner: Owner, path: str) -> tuple[str, str]:
    """GTIN and lot as the console shows them."""
    found = re.search(r"/01/(\d{14})/10/([A-Za-z0-9.]+)", owner.open(path).text)
    assert found
    return found[1], found[2]


def decoded_times(product: Product, playlist_url: str) -> tuple[int, list[datetime]]:
    """How many pictures of a playlist can be decoded, and the wall-clock times it gives its fragments."""
    person = Person(product)
    playlist = person.client.get(playlist_url).text
    assert playlist.startswith("#EXTM3U"), playlist[:300]
    times = [datetime.fromisoformat(found) for found in re.findall(r"PROGRAM-DATE-TIME:(\S+)", playlist)]
    pictures, place, size, start, init = 0, "", 0, 0, b""
    for line in playlist.splitlines():
        if line.startswith("#EXT-X-MAP"):
            init = fetch(
                person, playlist_url, re.search(r'URI="([^"]+)"', line)[1], re.search(r'BYTERANGE="(\d+)@(\d+)"', line)
            )
        elif line.startswith("#EXT-X-BYTERANGE"):
            size, start = (int(part) for part in line.split(":")[1].split("@"))
        elif line and not line.startswith("#"):
            place = line
            body = fetch(person, playlist_url, place, (size, start) if size else None)
            with av.open(io.BytesIO(init + body)) as film:
                pictures += sum(1 for _ in film.decode(video=0))
    return pictures, times


def fetch(person: Person, base: str, place: str, part: object) -> bytes:
    headers = {}
    if part:
        size, start = (int(part[1]), int(part[2])) if isinstance(part, re.Match) else part
        headers["Range"] = f"bytes={start}-{start + size - 1}"
    answer = person.client.get(urljoin(base, place), headers=headers)
    assert answer.status_code in {200, 206}, f"{place}: {answer.status_code}"
    return answer.content


def test_a_packet_from_the_pot_to_the_page(product: Product) -> None:
    began_at = datetime.now(UTC)
    owner, path = make_batch(product, "neifang", seconds_in_each_zone=9)
    page = owner.open(path)
    assert not [form for form in page.document.iter("form") if form.get("action") == f"{path}/labels"], (
        "labels before the test"
    )
    gtin, lot = code_of_batch(owner, path)
    product.command("batch", "release", gtin, lot)
    codes = owner.print_codes(path, 2, paper="60x40")
    assert len(set(codes)) == 2
    assert all(re.fullmatch(rf"{product.base_url}/01/{gtin}/10/{lot}/21/[0-9A-Z]{{12}}", code) for code in codes)

    somebody = Person(product)
    wait_until(lambda: "recorded.m3u8" in somebody.client.get(codes[0]).text, 30, product)
    scan = Person(product).open(codes[0])
    assert "黑豆" in scan.text
    assert "HD2611" in scan.text
    films = set(re.findall(r'data-src="([^"]+recorded\.m3u8)"', scan.text))
    assert films
    time.sleep(7)  # the file that was open when the batch ended closes within six seconds
    for film in films:
        pictures, times = decoded_times(product, urljoin(product.base_url, film))
        assert pictures >= 20
        assert all(began_at - timedelta(seconds=5) < at < datetime.now(UTC) for at in times)

    product.command("batch", "recall", gtin, lot, "--reason", "试验召回")
    assert "召回" in Person(product).open(codes[0]).text


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/01/09521000101013", 400),
        ("/01/09521000101012/10/NOSUCH", 404),
        ("/01/09521000101012/10/NOSUCH/21/X", 404),
        ("/01/abc", 400),
    ],
)
def test_codes_that_are_none(product: Product, path: str, status: int) -> None:
    Person(product).open(path, status=status)
