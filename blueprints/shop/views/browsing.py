"""What a buyer keeps, looked at and searched for; a page to search from."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from blueprints.shop.pages import blueprint
from core.web.guards import current_identity, public, require_identity, signed_in
from domain.browsing import keeping


@blueprint.get("/search")
@public
def search() -> str:
    identity = current_identity()
    return render_template(
        "shop/search.html",
        heading=gettext("搜索"),
        searches=keeping.searches_of(identity.account_id) if identity else [],
        hot=keeping.hot_words(),
    )


@blueprint.post("/search/clear")
@signed_in
def clear_searches() -> Response:
    keeping.clear_searches(require_identity().account_id)
    return redirect(url_for("shop.search"))


@blueprint.get("/favorites")
@signed_in
def favorites() -> str:
    cards = keeping.favorites_of(require_identity().account_id)
    return render_template("shop/kept.html", heading=gettext("我的收藏"), cards=cards, clearable=False)


@blueprint.get("/recently-viewed")
@signed_in
def recently_viewed() -> str:
    cards = keeping.viewed_by(require_identity().account_id)
    return render_template("shop/kept.html", heading=gettext("最近浏览"), cards=cards, clearable=True)


@blueprint.post("/recently-viewed/clear")
@signed_in
def clear_views() -> Response:
    keeping.clear_views(require_identity().account_id)
    return redirect(url_for("shop.recently_viewed"))


@blueprint.post("/products/<slug>/favorite")
@signed_in
def keep_favorite(slug: str) -> Response:
    keeping.keep_favorite(require_identity().account_id, slug)
    flash(gettext("已收藏"), "success")
    return redirect(url_for("shop.product", slug=slug))


@blueprint.post("/products/<slug>/favorite/remove")
@signed_in
def drop_favorite(slug: str) -> Response:
    keeping.drop_favorite(require_identity().account_id, slug)
    return redirect(url_for("shop.product", slug=slug))
