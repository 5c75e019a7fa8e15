"""Where parcels go and what sending them costs."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.db import Keyed, Model, Timestamped
from domain.shipping.regions import Destination


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

    @property
    def destination(self) -> Destination:
        """What freight depends on."""
        return Destination(self.province, self.city)


class FreightUnit(StrEnum):
    """What freight is counted by: grams, or packets."""

    WEIGHT = "weight"
    PIECES = "pieces"


class FreightTemplate(Model):
    """How a workshop's goods reach the buyer: what its rules count by, and whether one may fetch them (自提)."""

    __tablename__ = "freight_templates"

    workshop_id: Mapped[int] = mapped_column(ForeignKey("workshops.id"), primary_key=True)
    unit: Mapped[str] = mapped_column(default=FreightUnit.WEIGHT)
    pickup_place: Mapped[str] = mapped_column(default="")
    """Where and when one may fetch; empty: not at all."""

    rules: Mapped[list[FreightRule]] = relationship(
        order_by="FreightRule.id", lazy="selectin", cascade="all, delete-orphan"
    )

    @property
    def allows_pickup(self) -> bool:
        return bool(self.pickup_place)

    def units_of(self, weight_grams: int, pieces: int) -> int:
        """A parcel in what this template counts by."""
        return pieces if self.unit == FreightUnit.PIECES else weight_grams


class FreightRule(Model, Keyed):
    """What a parcel to some regions costs: a base up to so many units, then per started unit, free over an amount.

    `regions` are normal ones (`福建`, `福建/漳州`); the rule without any is the default, one a template. A unit is a gram or
    a packet, as the template says. `is_served` false: the workshop doesn't send there.
    """

    __tablename__ = "freight_rules"
    __table_args__ = (
        CheckConstraint(
            "base_fen >= 0 AND extra_fen >= 0 AND base_units > 0 AND extra_units > 0", name="amounts_positive"
        ),
        CheckConstraint("free_over_fen > 0", name="free_over_positive"),
        Index("uq_freight_rules_default", "workshop_id", unique=True, postgresql_where=text("regions = '{}'::text[]")),
    )

    workshop_id: Mapped[int] = mapped_column(ForeignKey("freight_templates.workshop_id"), index=True)
    regions: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    is_served: Mapped[bool] = mapped_column(default=True)
    base_fen: Mapped[int] = mapped_column(default=0)
    base_units: Mapped[int] = mapped_column(default=1)
    extra_fen: Mapped[int] = mapped_column(default=0)
    extra_units: Mapped[int] = mapped_column(default=1)
    free_over_fen: Mapped[int | None]
