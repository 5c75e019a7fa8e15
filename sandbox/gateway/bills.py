"""The trade bill of Pay APIv3: a signed address for five minutes, and the file there, which nobody signed."""

import gzip
import hashlib
import secrets
from datetime import date, datetime, timedelta

from flask import Response, g, request

from sandbox import faults
from sandbox.bills import available_at, write_bill
from sandbox.gateway.errors import PayError, bad_field
from sandbox.gateway.views import answer, blueprint
from sandbox.world import world

OLDEST = timedelta(days=92)
LIFE = timedelta(minutes=5)
_files: dict[str, tuple[datetime, bytes]] = {}


@blueprint.get("/bill/tradebill")
def trade_bill() -> Response:
    here = world()
    if set(request.args) - {"bill_date", "bill_type", "tar_type"}:
        raise PayError(400, "PARAM_ERROR", "请求中含有未在API文档中定义的参数")
    day, now, on = _day(), here.clock.now(), faults.current(here.store)
    if not available_at(day) <= now < available_at(day) + OLDEST:
        raise PayError(400, "STATEMENT_CREATING", "账单生成中，请在次日 10 点后获取")
    text = write_bill(here.store, here.keys, g.claim.mchid, day, now, on=on)
    if text is None:
        raise PayError(400, "NO_STATEMENT_EXIST", "账单文件不存在")
    plain = text.encode()
    is_packed = request.args.get("tar_type") == "GZIP"
    file = gzip.compress(plain, mtime=0) if is_packed else plain
    token = secrets.token_hex(16)
    _files[token] = (now + LIFE, file[: len(file) // 2] if on.bill_cut_off else file)
    digest = hashlib.sha1(file if on.bill_packed_hash else plain, usedforsecurity=False).hexdigest()
    url = f"{here.settings.base_url}/v3/billdownload/file?token={token}"
    return answer(200, {"hash_type": "SHA1", "hash_value": digest, "download_url": url})


@blueprint.get("/billdownload/file")
def download() -> Response:
    found = _files.get(request.args.get("token", ""))
    if found is None or world().clock.now() >= found[0]:
        raise PayError(400, "INVALID_REQUEST", "下载地址已失效")
    return Response(found[1], 200, content_type="application/octet-stream")


def _day() -> date:
    try:
        return date.fromisoformat(request.args.get("bill_date", ""))
    except ValueError:
        raise bad_field("/bill_date", request.args.get("bill_date", ""), "应为 YYYY-MM-DD", location="query") from None
