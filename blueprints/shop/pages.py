"""The blueprint that all pages of the storefront share. Each noun's views hang themselves on it."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("shop", __name__)
