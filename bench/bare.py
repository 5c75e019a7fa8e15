"""The yardstick: a bare Flask route that returns a fixed JSON body of 2 KB."""

from __future__ import annotations

import json

from flask import Flask, Response

BODY = json.dumps({"items": [{"slug": f"product-{number:04}", "price_fen": 100 * number} for number in range(44)]})
app = Flask(__name__)


@app.get("/")
def fixed() -> Response:
    return Response(BODY, content_type="application/json")
