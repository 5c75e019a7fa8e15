"""What a buyer keeps, looked at and searched for."""

from __future__ import annotations

from flask import Response

from blueprints.shop.api.products import ProductCard, product_card
from blueprints.shop.api.surface import (
    CATALOG,
    ME,
    Answer,
    Parameters,
    Picture,
    Slug,
    answer,
    answers,
    blueprint,
    picture,
)
from core.web.guards import current_identity, public, require_identity, signed_in
from core.web.language import told
from domain.browsing import keeping
from domain.showcase.topics import shown_topic


class KeptPath(Parameters):
    slug: Slug


class Kept(Answer):
    """Only what can be bought now, the newest first."""

    items: list[ProductCard]


class Searches(Answer):
    """`own` are the buyer's newest searches; `hot` is what many buyers search for."""

    own: list[str]
    hot: list[str]


class Topic(Answer):
    """A page of chosen products in their order."""

    slug: str
    title: str
    intro: str
    picture: Picture | None
    items: list[ProductCard]


@blueprint.get("/favorites", tags=[ME], summary="我的收藏", responses=answers(Kept))
@signed_in
def list_favorites() -> Response:
    cards = keeping.favorites_of(require_identity().account_id)
    return answer(Kept(items=[product_card(card) for card in cards]))


@blueprint.put("/favorites/<slug>", tags=[ME], summary="收藏商品", responses=answers(None, 404, 409, status=204))
@signed_in
def keep_favorite(path: KeptPath) -> Response:
    keeping.keep_favorite(require_identity().account_id, path.slug)
    return answer(None, 204)


@blueprint.delete("/favorites/<slug>", tags=[ME], summary="取消收藏", responses=answers(None, 409, status=204))
@signed_in
def drop_favorite(path: KeptPath) -> Response:
    keeping.drop_favorite(require_identity().account_id, path.slug)
    return answer(None, 204)


@blueprint.get("/recently-viewed", tags=[ME], summary="最近浏览", responses=answers(Kept))
@signed_in
def list_viewed() -> Response:
    cards = keeping.viewed_by(require_identity().account_id)
    return answer(Kept(items=[product_card(card) for card in cards]))


@blueprint.delete("/recently-viewed", tags=[ME], summary="清空浏览记录", responses=answers(None, 409, status=204))
@signed_in
def clear_viewed() -> Response:
    keeping.clear_views(require_identity().account_id)
    return answer(None, 204)


@blueprint.get("/searches", tags=[CATALOG], summary="搜过的和大家在搜", responses=answers(Searches))
@public
def list_searches() -> Response:
    identity = current_identity()
    own = keeping.searches_of(identity.account_id) if identity else []
    return answer(Searches(own=own, hot=keeping.hot_words()))


@blueprint.delete("/searches", tags=[ME], summary="清空搜索记录", responses=answers(None, 409, status=204))
@signed_in
def clear_own_searches() -> Response:
    keeping.clear_searches(require_identity().account_id)
    return answer(None, 204)


@blueprint.get("/topics/<slug>", tags=[CATALOG], summary="专题", responses=answers(Topic, 404))
@public
def read_topic(path: KeptPath) -> Response:
    topic, cards = shown_topic(path.slug)
    return answer(
        Topic(
            slug=topic.slug,
            title=told(topic, "title"),
            intro=told(topic, "intro"),
            picture=picture(topic.picture),
            items=[product_card(card) for card in cards],
        )
    )
