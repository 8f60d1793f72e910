"""All that plugins may use of linecard: what is common to all here, the rest by what a plugin offers.

A backend imports from `linecard.api` and `linecard.api.backend`, an inbox from `linecard.api.inbox`, and so on with
`sink`, `opener`, `keyring`, `processor` and `renderer`; `linecard.api.report` has what reports consist of, for sinks
and renderers. What is not here may change without notice.
"""

from linecard.errors import LinecardError
from linecard.hookspecs import hookimpl
from linecard.infrastructure.accounts import account_name
from linecard.infrastructure.files import create_private, drop_part, make_folder, rename_new, sync_folder, write_whole
from linecard.infrastructure.model_file import load_model
from linecard.infrastructure.shipped_files import find_ready_file, label_file, list_ready_names
from linecard.infrastructure.sqlite import create_sqlite_engine
from linecard.infrastructure.templates import make_sandbox
from linecard.model.alert import Alert, Finding
from linecard.ports.alerts import SupportsAlerts
from linecard.ports.context import Clock, Context, Level, Log, RateBudgets, Site
from linecard.ports.kind import Kind
from linecard.ports.rate_budget import RateBudget
from linecard.ports.secret import Secret
from linecard.rules.backoff import Backoff
from linecard.rules.expiry import expiry
from linecard.rules.names import safe_name
from linecard.rules.sanitize import is_printable, sanitize, sanitize_json, sanitize_line, spell_out
from linecard.rules.sizes import format_size

API_VERSION = "1.0"
"""The version of `linecard.api`: a plugin says as `LINECARD_API` for which one it was written.

The second number grows when something is added, the first when something is taken away or comes to mean something
else: a plugin works with every version of the same first number that is not older than its own.
"""

__all__ = [
    "API_VERSION",
    "Alert",
    "Backoff",
    "Clock",
    "Context",
    "Finding",
    "Kind",
    "Level",
    "LinecardError",
    "Log",
    "RateBudget",
    "RateBudgets",
    "Secret",
    "Site",
    "SupportsAlerts",
    "account_name",
    "create_private",
    "create_sqlite_engine",
    "drop_part",
    "expiry",
    "find_ready_file",
    "format_size",
    "hookimpl",
    "is_printable",
    "label_file",
    "list_ready_names",
    "load_model",
    "make_folder",
    "make_sandbox",
    "rename_new",
    "safe_name",
    "sanitize",
    "sanitize_json",
    "sanitize_line",
    "spell_out",
    "sync_folder",
    "write_whole",
]
