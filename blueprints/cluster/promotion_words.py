"""A promotion in words: its heading, what stands in its form, and what its history says was changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson
from flask_babel import gettext
from werkzeug.datastructures import MultiDict

from blueprints.cluster.picking import scope_name
from core.money import yuan
from core.web.display import wall_time
from core.web.forms import Form
from core.web.inputs import typed_fen, typed_local_time
from core.web.language import told
from domain.promotions.models import Bundle, Coupon, FlashSale, GroupBuy, Promotion, PromotionHistory
from domain.promotions.terms import Scope


def heading_of(found: Promotion) -> str:
    """What people call it: its title, or the goods it is about."""
    if isinstance(found, FlashSale):
        return gettext("秒杀：%(name)s", name=f"{told(found.variant.product)} {found.variant.name}")
    if isinstance(found, GroupBuy):
        return gettext("拼团：%(name)s", name=f"{told(found.variant.product)} {found.variant.name}")
    return found.title


def typed(found: Promotion) -> Form[Any]:
    """Its form as it would have been typed."""
    values = _goods_typed(found) if not isinstance(found, Coupon) else _coupon_typed(found)
    return Form(raw=MultiDict({name: str(value) for name, value in values.items() if value is not None}))


def _goods_typed(found: FlashSale | GroupBuy | Bundle) -> dict[str, object]:
    values: dict[str, object] = {
        "price_fen": typed_fen(found.price_fen), "starts_at": typed_local_time(found.starts_at),
        "ends_at": typed_local_time(found.ends_at),
    }  # fmt: skip
    if isinstance(found, FlashSale):
        return values | {"sku": found.variant.sku, "seats": found.seats, "per_person_limit": found.per_person_limit}
    if isinstance(found, GroupBuy):
        funder = "workshop" if found.funded_by_workshop_id else "cluster"
        return values | {
            "sku": found.variant.sku, "size": found.size, "hours": found.hours, "seats": found.seats,
            "per_person_limit": found.per_person_limit, "funder": funder,
        }  # fmt: skip
    values["title"] = found.title
    for place, item in enumerate(found.items):
        values |= {f"parts.{place}.sku": item.variant.sku, f"parts.{place}.quantity": item.quantity}
    return values


def _coupon_typed(coupon: Coupon) -> dict[str, object]:
    return {
        "title": coupon.title, "kind": coupon.kind, "threshold_fen": typed_fen(coupon.threshold_fen),
        "off_fen": typed_fen(coupon.off_fen or None), "cap_fen": typed_fen(coupon.cap_fen),
        "tenths": f"{(10_000 - coupon.off_basis_points) / 1000:g}" if coupon.off_basis_points else "",
        "target": coupon.scope if coupon.scope == Scope.ALL else f"{coupon.scope}:{coupon.scope_ref}",
        "code": coupon.code, "total_limit": coupon.total_limit, "per_person_limit": coupon.per_person_limit,
        "valid_from": typed_local_time(coupon.valid_from), "valid_until": typed_local_time(coupon.valid_until),
    }  # fmt: skip


def terms_in_words(history: Sequence[PromotionHistory]) -> dict[int, list[tuple[str, str]]]:
    """What each line of a history made different from the one before it: words and values, by the line's key."""
    before: dict[str, Any] = {}
    told_by_line = {}
    for line in history:
        terms: dict[str, Any] = orjson.loads(line.terms)
        told_by_line[line.id] = [
            (word, _value(name, terms))
            for name, word in _words().items()
            if name in terms and terms[name] != before.get(name) and terms[name] not in ("", None, 0)
        ]
        before |= terms
    return told_by_line


def _words() -> dict[str, str]:
    return {
        "title": gettext("名字"), "threshold_fen": gettext("满多少可用"), "off_fen": gettext("减多少"),
        "off_basis_points": gettext("减"), "cap_fen": gettext("最多减"), "price_fen": gettext("价格"),
        "scope": gettext("用在哪里"), "total_limit": gettext("一共多少张"), "seats": gettext("名额"), "size": gettext("几人成团"),
        "hours": gettext("一个团开多久"),
        "per_person_limit": gettext("每人限购"), "valid_from": gettext("从"), "valid_until": gettext("到"),
        "starts_at": gettext("从"), "ends_at": gettext("到"), "code": gettext("券码"),
    }  # fmt: skip


def _value(name: str, terms: dict[str, Any]) -> str:
    value = terms[name]
    if name.endswith("_fen"):
        return yuan(value)
    if name.endswith(("_at", "_from", "_until")):
        return wall_time(datetime.fromisoformat(value))
    if name == "off_basis_points":
        return f"{value / 100:g}%"
    return scope_name(value, terms.get("scope_ref", "")) if name == "scope" else str(value)
