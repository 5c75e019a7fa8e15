"""Labels of a released batch: minting codes and downloading them as a PDF."""

from __future__ import annotations

from io import BytesIO
from typing import Literal

from flask import Response as FlaskResponse
from flask import flash, redirect, send_file, url_for
from flask_babel import gettext
from pydantic import Field
from werkzeug.wrappers import Response

from blueprints.workshop.batch_page import batch_page, label_runs, own_batch
from blueprints.workshop.pages import attempt, blueprint
from core.errors import NotFound
from core.identity import Role
from core.web.forms import Payload, bind_form, parse_query
from core.web.guards import role
from domain.labels.minting import BatchNotReleased, mint_codes

MOST_AT_ONCE = 500


class LabelForm(Payload):
    count: int = Field(ge=1, le=MOST_AT_ONCE)


class LabelQuery(Payload):
    """Which printing, on which paper: A4 sheets of 21, or a roll of 60 × 40 mm."""

    run: int = Field(ge=1, le=100_000)
    paper: Literal["a4", "60x40"] = "a4"


@blueprint.post("/batches/<int:batch_id>/labels")
@role(Role.OWNER)
def mint_labels(batch_id: int) -> tuple[str, int] | Response:
    batch = own_batch(batch_id)
    form = bind_form(LabelForm)
    refused = attempt(form, lambda: mint_codes(batch, form.value.count), "count")
    if refused:
        return batch_page(batch, form, refused)
    flash(gettext("%(count)s 个追溯码好了，下载后打印", count=form.value.count), "success")
    return redirect(url_for("workshop.batch", batch_id=batch_id) + "#labels")


@blueprint.get("/batches/<int:batch_id>/labels.pdf")
@role(Role.OWNER)
def labels_pdf(batch_id: int) -> FlaskResponse:
    # The PDF and font libraries take a second to import: the first print waits for them, not every start.
    from domain.labels.printing import a4_sheet, thermal_labels

    batch, query = own_batch(batch_id), parse_query(LabelQuery)
    if not batch.is_sellable:
        raise BatchNotReleased
    runs = label_runs(batch)
    if query.run > len(runs):
        raise NotFound(what="labels")
    draw = a4_sheet if query.paper == "a4" else thermal_labels
    body = draw(batch, runs[query.run - 1].codes)
    name = f"{batch.lot}-{query.run}-{query.paper}.pdf"
    response = send_file(BytesIO(body), mimetype="application/pdf", as_attachment=True, download_name=name)
    response.headers["Cache-Control"] = "no-store"
    return response
