"""Favorites, recently viewed, searches and topics of the mini-program."""

from __future__ import annotations

from tests.blueprints.shop.api.conftest import World
from tests.blueprints.shop.api.phone import Phone


def test_a_buyer_keeps_looks_and_searches(phone: Phone, world: World) -> None:
    assert phone.put(f"/favorites/{world.product}").status_code == 204
    assert phone.put("/favorites/nope").status_code == 404
    assert [item["slug"] for item in phone.get("/favorites").get_json()["items"]] == [world.product]
    phone.get(f"/products/{world.product}")
    assert [item["slug"] for item in phone.get("/recently-viewed").get_json()["items"]] == [world.product]
    phone.get("/products", q="红曲")
    assert phone.get("/searches").get_json() == {"own": ["红曲"], "hot": []}
    for path in (f"/favorites/{world.product}", "/recently-viewed", "/searches"):
        assert phone.delete(path).status_code == 204
    assert phone.get("/favorites").get_json() == phone.get("/recently-viewed").get_json() == {"items": []}
    assert phone.get("/searches").get_json()["own"] == []


def test_a_visitor_has_no_lists_of_their_own(fresh_phone: Phone, world: World) -> None:
    assert fresh_phone.get("/favorites").status_code == 401
    assert fresh_phone.get("/searches").get_json() == {"own": [], "hot": []}
    assert fresh_phone.get("/topics/nope").status_code == 404
