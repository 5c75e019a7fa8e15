"""Topics: pages of chosen products in an order of their own."""

from __future__ import annotations

from collections.abc import Callable

from flask import flash, redirect, request, url_for
from flask_babel import gettext
from pydantic import Field
from werkzeug.wrappers import Response

from blueprints.cluster.pages import blueprint, console
from core.identity import Role
from core.web.attempting import attempt
from core.web.forms import Form, Payload, bind_form
from core.web.guards import require_identity, role
from core.web.idempotency import once
from core.web.language import told
from domain.products import queue
from domain.products.models import ListingStatus
from domain.showcase import topics as window
from domain.showcase.models import Topic


class TopicForm(Payload):
    title: str = Field(min_length=2, max_length=40)
    title_en: str = Field(default="", max_length=80)
    intro: str = Field(default="", max_length=400)
    intro_en: str = Field(default="", max_length=800)
    is_shown: bool = False


class ProductForm(Payload):
    """A product by its slug."""

    product: str = Field(max_length=80)


class PlaceForm(Payload):
    """A product that is in the topic."""

    product_id: int = Field(ge=1, le=2**53)


@blueprint.get("/topics")
@role(Role.OPERATOR)
def topics() -> tuple[str, int]:
    return console("cluster/topics.html", gettext("专题"), "topics", topics=window.every_topic())


@blueprint.get("/topics/new")
@role(Role.OPERATOR)
def new_topic() -> tuple[str, int]:
    return _page(None, None)


@blueprint.post("/topics/new")
@role(Role.OPERATOR)
@once
def create_topic() -> tuple[str, int] | Response:
    return _write(None)


@blueprint.get("/topics/<slug>")
@role(Role.OPERATOR)
def edit_topic(slug: str) -> tuple[str, int]:
    return _page(window.find_topic(slug), None)


@blueprint.post("/topics/<slug>")
@role(Role.OPERATOR)
def change_topic(slug: str) -> tuple[str, int] | Response:
    return _write(window.find_topic(slug, lock=True))


@blueprint.post("/topics/<slug>/products")
@role(Role.OPERATOR)
def add_topic_product(slug: str) -> tuple[str, int] | Response:
    form = bind_form(ProductForm)
    return _arrange(slug, form, lambda topic: window.add_product(topic, form.value.product))


@blueprint.post("/topics/<slug>/products/forward")
@role(Role.OPERATOR)
def move_topic_product(slug: str) -> tuple[str, int] | Response:
    form = bind_form(PlaceForm)
    return _arrange(slug, form, lambda topic: window.move_forward(topic, form.value.product_id))


@blueprint.post("/topics/<slug>/products/remove")
@role(Role.OPERATOR)
def remove_topic_product(slug: str) -> tuple[str, int] | Response:
    form = bind_form(PlaceForm)
    return _arrange(slug, form, lambda topic: window.remove_product(topic, form.value.product_id))


def _arrange(
    slug: str, form: Form[ProductForm] | Form[PlaceForm], act: Callable[[Topic], None]
) -> tuple[str, int] | Response:
    topic = window.find_topic(slug, lock=True)
    refused = attempt(form, lambda: act(topic))
    if refused:
        return _page(topic, form, refused)
    return redirect(url_for("cluster.edit_topic", slug=slug) + "#products")


def _write(topic: Topic | None) -> tuple[str, int] | Response:
    form = bind_form(TopicForm)
    file = request.files.get("picture")
    content = file.read() if file and file.filename else b""
    made: list[Topic] = []
    author = require_identity().account_id

    def act() -> None:
        made.append(window.write_topic(topic, window.TopicFields(**form.value.model_dump()), content, author))

    refused = attempt(form, act)
    if refused:
        return _page(topic, form, refused)
    flash(gettext("已保存"), "success")
    return redirect(url_for("cluster.edit_topic", slug=made[0].slug))


def _page(
    topic: Topic | None, form: Form[TopicForm] | Form[ProductForm] | Form[PlaceForm] | None, status: int = 200
) -> tuple[str, int]:
    goods = queue.listings(ListingStatus.ON_SALE, None, size=200).items if topic else []
    inside = {each.product_id for each in topic.products} if topic else set()
    return console(
        "cluster/topic.html",
        topic.title if topic else gettext("新专题"),
        "topics",
        status,
        topic=topic,
        form=form,
        names=queue.products_by_id(inside),
        choices=[(product.slug, told(product)) for product in goods if product.id not in inside],
    )
