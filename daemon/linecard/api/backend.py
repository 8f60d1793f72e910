"""For authors of backends, through which a PBX is read and changed."""

from linecard.errors import BackendError
from linecard.infrastructure.credentials import RefusedCredentials, TokenFile, digest_credentials, lock_account
from linecard.infrastructure.request_gate import RequestGate, read_retry_after
from linecard.infrastructure.side_by_side import make_side_by_side, name_keys, split_independent
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
from linecard.ports.probe import SupportsProbe

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
    "RefusedCredentials",
    "RequestGate",
    "Result",
    "Scope",
    "SupportsExamine",
    "SupportsForecast",
    "SupportsPrecheck",
    "SupportsProbe",
    "SupportsSecrets",
    "TokenFile",
    "digest_credentials",
    "lock_account",
    "make_side_by_side",
    "name_keys",
    "read_retry_after",
    "sorted_numbers",
    "split_independent",
]
