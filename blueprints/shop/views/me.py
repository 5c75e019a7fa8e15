"""The buyer's own page."""

from __future__ import annotations

from flask import render_template, url_for
from flask_babel import gettext

from blueprints.shop.pages import blueprint
from core.identity import Identity, Role
from core.web.guards import current_identity, public
from domain.accounts.identities import profile_of
from domain.orders import history


@blueprint.get("/me")
@public
def me() -> str:
    identity = current_identity()
    return render_template(
        "shop/me.html",
        heading=gettext("我的"),
        account=profile_of(identity.account_id) if identity else None,
        counts=history.status_counts(identity.account_id) if identity else {},
        consoles=_consoles(identity) if identity else [],
    )


def _consoles(identity: Identity) -> list[dict[str, str]]:
    consoles = []
    if identity.has(Role.OWNER):
        consoles.append({"name": gettext("我的作坊"), "url": url_for("workshop.today")})
    if identity.has(Role.OPERATOR):
        consoles.append({"name": gettext("集群运营台"), "url": url_for("cluster.overview")})
    return consoles
