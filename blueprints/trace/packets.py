"""`/01/<GTIN>[/10/<lot>[/21/<serial>]]`: the page of a packet, of a batch, or the way to the product."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from blueprints.trace.films import films_of, main_film
from blueprints.trace.visitors import current_visitor
from core.errors import NotFound
from core.gs1 import TraceCode, is_valid_gtin
from core.settings import settings
from core.web.guards import public
from core.web.limits import limit
from domain.batches.finding import history_of
from domain.labels.scanning import CodeFacts, Reading, Verdict, product_of, read_code
from domain.recordings.showing import live_views

blueprint = Blueprint("trace", __name__, url_prefix="/01")
# A recalled packet is an answer like any other; only what is no code of ours is an error.
_STATUS = {Verdict.MALFORMED: 400, Verdict.UNKNOWN: 404}
_NOT_FOR_SALE = {Verdict.RECALLED, Verdict.BLOCKED, Verdict.VOID, Verdict.NOT_RELEASED}


@blueprint.get("/<gtin>/10/<lot>/21/<serial>", strict_slashes=False)
@public
def packet(gtin: str, lot: str, serial: str) -> Response:
    limit("scan", times=120, seconds=60)
    return _answer(read_code(gtin, lot, serial, current_visitor()))


@blueprint.get("/<gtin>/10/<lot>", strict_slashes=False)
@public
def batch(gtin: str, lot: str) -> Response:
    limit("scan", times=120, seconds=60)
    return _answer(read_code(gtin, lot, None, None))


@blueprint.get("/<gtin>", strict_slashes=False)
@public
def product(gtin: str) -> AnyResponse:
    """A code without a lot leads to the product, with all that its query said (GS1-Conformant Resolver: 307)."""
    if not is_valid_gtin(gtin):
        return malformed(gtin)
    limit("scan", times=120, seconds=60)
    found = product_of(gtin)
    if found is None:
        return _answer(Reading(Verdict.UNKNOWN, TraceCode(gtin)))
    query = f"?{request.query_string.decode()}" if request.query_string else ""
    return redirect(url_for("shop.product", slug=found.slug) + query, 307)


@blueprint.get("/<name>.txt")
@public
def verification(name: str) -> Response:
    """The file by which WeChat sees that the addresses below `/01/` are ours."""
    content = settings().wechat_verification_files.get(f"{name}.txt")
    if content is None:
        raise NotFound(what="file")
    return Response(content, content_type="text/plain; charset=utf-8")


@blueprint.get("/", defaults={"rest": ""})
@blueprint.get("/<path:rest>")
@public
def malformed(rest: str) -> Response:
    """Anything else below `/01/`: the parts of a code in another order, or garbage."""
    limit("scan", times=120, seconds=60)
    return _answer(Reading(Verdict.MALFORMED))


def _answer(reading: Reading) -> Response:
    if reading.facts is None:
        return make_response(render_template("trace/unknown.html", reading=reading), _STATUS[reading.verdict])
    response = make_response(_page(reading, reading.facts))
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _page(reading: Reading, facts: CodeFacts) -> str:
    films = films_of(facts.batch)
    return render_template(
        "trace/packet.html",
        reading=reading,
        facts=facts,
        canonical=settings().public_base_url + (reading.trace.path if reading.trace else ""),
        history=history_of(facts.batch),
        films=films,
        main_film=main_film(films),
        live=[view for view in live_views(facts.workshop) if view.is_live],
        may_buy=facts.is_on_sale and reading.verdict not in _NOT_FOR_SALE,
        retention_days=settings().recording_retention_days,
    )
