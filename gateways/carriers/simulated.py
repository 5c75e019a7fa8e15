"""The simulated carriers of the sandbox, over the network like a real tracking service. Not for production."""

from __future__ import annotations

from datetime import datetime

import httpx

from gateways.carriers.tracking import CarrierUnavailable, ParcelState, Trace


class SimulatedCarriers:
    """`gateways.carriers.tracking.CarrierTracking` at `base_url`. Safe to share between threads."""

    def __init__(self, *, base_url: str, timeout_seconds: float) -> None:
        self._http = httpx.Client(base_url=base_url, timeout=timeout_seconds, headers={"User-Agent": "banli/1"})

    def shut(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def query(self, carrier_code: str, tracking_number: str) -> list[Trace]:
        try:
            response = self._http.get("/carriers/v1/track", params={"carrier": carrier_code, "number": tracking_number})
            response.raise_for_status()
            traces = [
                Trace(
                    datetime.fromisoformat(entry["time"]),
                    ParcelState(entry["state"]),
                    str(entry["place"]),
                    str(entry["text"]),
                )
                for entry in response.json()["traces"]
            ]
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            raise CarrierUnavailable(reason=type(error).__name__) from None
        return sorted(traces, key=lambda trace: trace.happened_at)
