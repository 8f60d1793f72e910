"""For authors of backends, through which a PBX is read and changed."""

from linecard.errors import BackendError
from linecard.model.directory import VACANT, Change, Entry, Holding, Scope, sorted_numbers
from linecard.model.forecast import Forecast
from linecard.model.outcome import Caveat, ChangeStatus, Result
from linecard.ports.backend import (
    Backend,
    Can,
    PhoneSecret,
    SupportsExamine,
    SupportsForecast,
    SupportsPrecheck,
    SupportsSecrets,
)
from linecard.ports.kind import BackendKind

__all__ = [
    "VACANT",
    "Backend",
    "BackendError",
    "BackendKind",
    "Can",
    "Caveat",
    "Change",
    "ChangeStatus",
    "Entry",
    "Forecast",
    "Holding",
    "PhoneSecret",
    "Result",
    "Scope",
    "SupportsExamine",
    "SupportsForecast",
    "SupportsPrecheck",
    "SupportsSecrets",
    "sorted_numbers",
]
