"""`/scan`: a code is scanned by the phone's camera, or typed; then its page opens."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request
from flask_babel import gettext
from werkzeug.wrappers import Response

from core.errors import InvalidInput
from core.web.forms import Form, Payload
from core.web.guards import public
from core.web.limits import limit
from core.web.responses import said_fields
from domain.labels.recognizing import recognize

blueprint = Blueprint("asking", __name__)
LONGEST_CODE = 300


@blueprint.get("/scan")
@public
def scan() -> Response | str | tuple[str, int]:
    code = request.args.get("code", "").strip()
    return _open(code) if code else _form(code)


@blueprint.post("/scan")
@public
def scan_typed() -> Response | str | tuple[str, int]:
    return _open(request.form.get("code", "").strip())


def _open(code: str) -> Response | str | tuple[str, int]:
    """Lead to the page of the code, or show the form again with what was wrong."""
    limit("scan", times=120, seconds=60)
    try:
        if len(code) > LONGEST_CODE:
            raise InvalidInput({"code": "太长了，不像是追溯码"})
        if not code:
            raise InvalidInput({"code": "请先扫码，或者输入码下面的字"})
        return redirect(recognize(code).path, 303)
    except InvalidInput as error:
        return _form(code[:LONGEST_CODE], said_fields(error)), 422


def _form(code: str, errors: dict[str, str] | None = None) -> str:
    form: Form[Payload] = Form(raw={"code": code}, errors=errors or {})
    return render_template("shop/scan.html", form=form, code=code, heading=gettext("扫码看这一包"))
