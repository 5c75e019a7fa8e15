"""Where parcels go and what sending them costs."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Keyed, Model, Timestamped


class Address(Model, Keyed, Timestamped):
    """A buyer's address. An order copies it, so that a later change doesn't redirect a parcel."""

    __tablename__ = "addresses"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    recipient: Mapped[str]
    phone: Mapped[str]
    province: Mapped[str]
    city: Mapped[str]
    district: Mapped[str]
    street: Mapped[str]
    is_default: Mapped[bool] = mapped_column(default=False)

    @property
    def masked_phone(self) -> str:
        return f"{self.phone[:3]}****{self.phone[-4:]}"

    @property
    def text(self) -> str:
        return f"{self.province}{self.city}{self.district}{self.street}"


class FreightRule(Model):
    """What a workshop asks for a parcel: a base up to a weight, then per started kilogram, free over an amount."""

    __tablename__ = "freight_rules"
    __table_args__ = (
        CheckConstraint("base_fen >= 0 AND extra_kilogram_fen >= 0 AND base_weight_grams > 0", name="amounts_positive"),
    )

    workshop_id: Mapped[int] = mapped_column(ForeignKey("workshops.id"), primary_key=True)
    base_fen: Mapped[int]
    base_weight_grams: Mapped[int]
    extra_kilogram_fen: Mapped[int]
    free_over_fen: Mapped[int | None]
