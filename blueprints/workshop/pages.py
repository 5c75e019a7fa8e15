"""What every page of the owner's console has: the blueprint, the owner's workshop, whose acts these are."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template

from core.errors import NotFound
from core.web.attempting import WHOLE, attempt, make_showable
from core.web.forms import Form
from core.web.guards import require_identity
from domain.fulfillment.worklist import status_counts
from domain.orders.models import WorkshopOrderStatus
from domain.workshops.directory import workshops_by_id
from domain.workshops.models import Workshop

blueprint = Blueprint("workshop", __name__, url_prefix="/workshop")
# Views of this console take these from here, too.
__all__ = ["WHOLE", "actor", "attempt", "blueprint", "console", "own_workshop", "own_workshop_ids"]


def own_workshop_ids() -> frozenset[int]:
    """The workshops the signed-in owner acts for. Everything of another workshop is NotFound."""
    return require_identity().workshop_ids


def own_workshop() -> Workshop:
    """The workshop on whose behalf new things are made: the owner's first."""
    for workshop in sorted(workshops_by_id(set(own_workshop_ids())).values(), key=lambda row: row.id):
        return workshop
    raise NotFound(what="workshop")


def actor() -> str:
    """Who acts, as histories keep it."""
    identity = require_identity()
    return f"{identity.name} #{identity.account_id}"


def console(template: str, heading: str, tab: str, status: int = 200, **values: Any) -> tuple[str, int]:
    """A page of the console under its own frame. `form` is a refused one, shown again as it was typed."""
    if isinstance(values.get("form"), Form):
        make_showable(values["form"])
    workshop = own_workshop()
    to_pack = status_counts(workshop.id).get(WorkshopOrderStatus.TO_PACK, 0)
    frame = {"heading": heading, "tab": tab, "workshop": workshop, "to_pack_count": to_pack}
    return render_template(f"workshop/{template}", **frame, **values), status
