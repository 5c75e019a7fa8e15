"""The workshop's own cameras: which of them give a picture."""

from __future__ import annotations

from flask_babel import gettext

from blueprints.workshop.pages import blueprint, console, own_workshop
from core.identity import Role
from core.web.guards import role
from domain.cameras.watching import cameras_of


@blueprint.get("/cameras")
@role(Role.OWNER)
def cameras() -> tuple[str, int]:
    workshop = own_workshop()
    found = cameras_of([workshop.id]).get(workshop.id, [])
    return console("cameras.html", gettext("镜头"), "cameras", cameras=found)
