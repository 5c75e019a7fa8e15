"""Workshops for tests."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from typing import Any

from core.clock import today
from core.db import db
from domain.shipping.templates import USUAL, save_template
from domain.workshops.models import Certificate, Workshop, Zone, ZoneKind

_numbers = count(1)


def make_workshop(**values: Any) -> Workshop:
    """A member of the cluster with a valid certificate, three zones and a freight rule (¥8.00, free over ¥99)."""
    n = next(_numbers)
    defaults = {
        "slug": f"workshop-{n}",
        "name": f"测试作坊{n}",
        "kind": "wine",
        "town": "坂里乡",
        "address": "加工区 1 号",
    }
    workshop = Workshop(**(defaults | {"is_member": True} | values))
    db.session.add(workshop)
    db.session.flush()
    db.session.add_all(Zone(workshop_id=workshop.id, kind=kind) for kind in ZoneKind)
    db.session.add(
        Certificate(
            workshop_id=workshop.id,
            type="食品生产加工小作坊核准证",
            number=f"示例 {n}",
            scope="测试",
            issued_on=today() - timedelta(days=100),
            expires_on=today() + timedelta(days=900),
        )
    )
    save_template(workshop.id, [USUAL])
    db.session.flush()
    return workshop
