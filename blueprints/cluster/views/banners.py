"""The first page's banners: picture, where it leads, its place, from which day until which."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from flask import flash, redirect, request, url_for
from flask_babel import gettext
from pydantic import Field
from werkzeug.wrappers import Response

from blueprints.cluster.pages import blueprint, console
from core.clock import today
from core.identity import Role
from core.settings import settings
from core.web.attempting import attempt
from core.web.forms import Form, Payload, bind_form
from core.web.guards import require_identity, role
from core.web.idempotency import once
from core.web.language import told
from domain.products import queue
from domain.products.models import ListingStatus
from domain.showcase import banners as window
from domain.showcase.models import Banner
from domain.showcase.topics import every_topic
from domain.workshops.directory import list_members


class BannerForm(Payload):
    """Days are the workshops' own, both included."""

    title: str = Field(min_length=2, max_length=40)
    title_en: str = Field(default="", max_length=80)
    target: str = Field(max_length=120)
    position: int = Field(default=0, ge=0, le=999)
    from_day: date
    until_day: date | None = None


@blueprint.get("/banners")
@role(Role.OPERATOR)
def banners() -> tuple[str, int]:
    rows = window.every_banner()
    return console(
        "cluster/banners.html",
        gettext("首页横幅"),
        "banners",
        banners=rows,
        paths={row.id: window.target_of(row).split(":") for row in rows},
        shown={banner.picture + banner.title for banner in window.banners_now()},
    )


@blueprint.get("/banners/new")
@role(Role.OPERATOR)
def new_banner() -> tuple[str, int]:
    return _page(None, None)


@blueprint.post("/banners/new")
@role(Role.OPERATOR)
@once
def create_banner() -> tuple[str, int] | Response:
    return _write(None)


@blueprint.get("/banners/<int:banner_id>")
@role(Role.OPERATOR)
def edit_banner(banner_id: int) -> tuple[str, int]:
    return _page(window.find_banner(banner_id), None)


@blueprint.post("/banners/<int:banner_id>")
@role(Role.OPERATOR)
def change_banner(banner_id: int) -> tuple[str, int] | Response:
    return _write(window.find_banner(banner_id))


@blueprint.post("/banners/<int:banner_id>/remove")
@role(Role.OPERATOR)
def remove_banner(banner_id: int) -> Response:
    window.remove_banner(banner_id)
    flash(gettext("横幅已删除"), "success")
    return redirect(url_for("cluster.banners"))


def _write(banner: Banner | None) -> tuple[str, int] | Response:
    form = bind_form(BannerForm)
    file = request.files.get("picture")
    content = file.read() if file and file.filename else b""
    author = require_identity().account_id
    refused = attempt(form, lambda: window.write_banner(banner, _fields(form.value), content, author))
    if refused:
        return _page(banner, form, refused)
    flash(gettext("已保存"), "success")
    return redirect(url_for("cluster.banners"))


def _fields(form: BannerForm) -> window.BannerFields:
    until = _midnight(form.until_day + timedelta(days=1)) if form.until_day else None
    return window.BannerFields(form.title, form.target, form.position, _midnight(form.from_day), until, form.title_en)


def _midnight(on: date) -> datetime:
    return datetime.combine(on, time.min, settings().zone)


def _page(banner: Banner | None, form: Form[BannerForm] | None, status: int = 200) -> tuple[str, int]:
    zone = settings().zone
    return console(
        "cluster/banner.html",
        gettext("改横幅") if banner else gettext("新横幅"),
        "banners",
        status,
        banner=banner,
        form=form,
        target=window.target_of(banner) if banner and banner.id else "",
        targets=_targets(),
        from_day=banner.shown_from.astimezone(zone).date() if banner else today(),
        until_day=(banner.shown_until.astimezone(zone) - timedelta(days=1)).date()
        if banner and banner.shown_until
        else None,
    )


def _targets() -> list[tuple[str, str]]:
    """What a banner may lead to, with its kind in front."""
    topics = [(f"topic:{topic.slug}", gettext("专题：%(name)s", name=topic.title)) for topic in every_topic()]
    makers = [(f"workshop:{row.slug}", gettext("作坊：%(name)s", name=told(row))) for row in list_members()]
    goods = queue.listings(ListingStatus.ON_SALE, None, size=200).items
    return [*topics, *makers, *((f"product:{row.slug}", gettext("商品：%(name)s", name=told(row))) for row in goods)]
