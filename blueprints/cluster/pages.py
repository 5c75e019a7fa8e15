"""What every page of the operator's console has: the blueprint, its frame, whose acts these are."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template

from blueprints.cluster.navigation import navigation
from core.web.attempting import make_showable
from core.web.forms import Form
from core.web.guards import require_identity

blueprint = Blueprint("cluster", __name__, url_prefix="/cluster")


def actor() -> str:
    """Who acts, as histories keep it."""
    return f"operator #{require_identity().account_id}"


def console(template: str, heading: str, entry: str, status: int = 200, **values: Any) -> tuple[str, int]:
    """A page under the console's frame. `template` is below `templates/`; `entry` is the view whose navigation entry is
    marked; `form`, if any, is a refused one, shown again as it was typed."""
    if isinstance(values.get("form"), Form):
        make_showable(values["form"])
    frame = {
        "heading": heading,
        "entry": f"cluster.{entry}",
        "navigation": navigation(),
        "who": require_identity().name,
    }
    return render_template(template, **frame, **values), status
