"""The directory of workshops: who they are, their certificate, their three zones, and whether they may sell."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.clock import today
from core.db import Keyed, Model, Timestamped


class WorkshopStatus(StrEnum):
    """Only an active workshop sells."""

    ACTIVE = "active"
    SUSPENDED = "suspended"


class ZoneKind(StrEnum):
    """The three zones each member keeps apart and under a camera: 原料区, 洗手消毒区, 生产加工区."""

    RAW = "raw"
    WASHING = "washing"
    PRODUCTION = "production"


ZONE_NAMES = {ZoneKind.RAW: "原料区", ZoneKind.WASHING: "洗手消毒区", ZoneKind.PRODUCTION: "生产加工区"}


class CertificateType(StrEnum):
    """The two licences to produce: a workshop's, and that of a workshop that became an enterprise."""

    WORKSHOP = "食品生产加工小作坊核准证"
    ENTERPRISE = "食品生产许可证"


class Workshop(Model, Keyed, Timestamped):
    """A food workshop of the district; a member of the cluster, or only listed."""

    __tablename__ = "workshops"

    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    name_en: Mapped[str] = mapped_column(default="")
    kind: Mapped[str]
    town: Mapped[str]
    address: Mapped[str]
    story: Mapped[str] = mapped_column(default="")
    story_en: Mapped[str] = mapped_column(default="")
    picture: Mapped[str] = mapped_column(default="")
    founded_year: Mapped[int | None]
    area_square_meters: Mapped[int | None]
    staff_count: Mapped[int | None]
    trademark: Mapped[str | None]
    is_member: Mapped[bool]
    is_enterprise: Mapped[bool] = mapped_column(default=False)
    status: Mapped[str] = mapped_column(default=WorkshopStatus.ACTIVE)
    commission_basis_points: Mapped[int] = mapped_column(default=500)
    """The cluster's share of what the workshop sells, in 1/10000; copied to each line when it is sold."""

    wechat_mchid: Mapped[str | None] = mapped_column(unique=True)
    """The workshop's own merchant number at WeChat Pay: it receives shares (分账) or sub-orders (合单) there."""
    wechat_mch_name: Mapped[str] = mapped_column(default="")
    """The merchant's full registered name, which WeChat checks."""

    certificates: Mapped[list[Certificate]] = relationship(order_by="Certificate.expires_on.desc()", lazy="selectin")
    zones: Mapped[list[Zone]] = relationship(order_by="Zone.id")

    @property
    def certificate(self) -> Certificate | None:
        """The certificate that lasts longest."""
        return self.certificates[0] if self.certificates else None

    @property
    def may_sell(self) -> bool:
        certificate = self.certificate
        return self.status == WorkshopStatus.ACTIVE and certificate is not None and certificate.is_valid


class Certificate(Model, Keyed):
    """A licence to produce: 食品生产加工小作坊核准证, or 食品生产许可证 for a workshop that became an enterprise."""

    __tablename__ = "certificates"

    workshop_id: Mapped[int] = mapped_column(ForeignKey("workshops.id"), index=True)
    type: Mapped[str]
    number: Mapped[str] = mapped_column(unique=True)
    scope: Mapped[str]
    issued_on: Mapped[date]
    expires_on: Mapped[date]

    @property
    def is_valid(self) -> bool:
        return self.issued_on <= today() <= self.expires_on


class Zone(Model, Keyed):
    """One of a member's zones."""

    __tablename__ = "zones"
    __table_args__ = (UniqueConstraint("workshop_id", "kind"),)

    workshop_id: Mapped[int] = mapped_column(ForeignKey("workshops.id"))
    kind: Mapped[str]

    @property
    def name(self) -> str:
        return ZONE_NAMES[ZoneKind(self.kind)]
