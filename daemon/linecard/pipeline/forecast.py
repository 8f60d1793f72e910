"""Forecast: backends that can are asked what the changes of a plan come to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from linecard.errors import BackendError
from linecard.model.directory import Change
from linecard.model.forecast import Forecast, PbxForecast
from linecard.pipeline.feed import Pbx
from linecard.ports.backend import SupportsForecast
from linecard.rules.forecasts import NOT_MADE


def forecast(pbx: Pbx, count: int, changes: Callable[[], Iterable[Change]]) -> Iterator[PbxForecast]:
    """What a PBX says of so many changes, if it says anything; a PBX that cannot be asked stops no plan."""
    if not count or not isinstance(pbx.backend, SupportsForecast):
        return
    try:
        found = pbx.backend.forecast(changes())
    except BackendError as error:
        found = Forecast(notes=(NOT_MADE.format(said=error),))
    if found.seconds > 0 or found.notes:
        yield PbxForecast(pbx.name, count, max(0.0, float(found.seconds)), tuple(found.notes))
