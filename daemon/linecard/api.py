"""All that plugins and reports may use of linecard. What is not here may change without notice."""

from linecard.errors import BackendError, LinecardError, ReportError
from linecard.hookspecs import hookimpl
from linecard.infrastructure import inbox_files
from linecard.infrastructure.files import (
    create_private,
    drop_part,
    make_folder,
    rename_new,
    sync_folder,
    write_whole,
)
from linecard.infrastructure.sqlite import create_sqlite_engine
from linecard.infrastructure.templates import BUILT_IN, Templates, locate_error
from linecard.languages import LANGUAGES, wording
from linecard.model.concern import Concern, Finding
from linecard.model.directory import VACANT, Change, Entry, Holding, Scope, sorted_numbers
from linecard.model.filed import Filed, Index
from linecard.model.notice import Notice
from linecard.model.outcome import FINE, Caveat, Code, Effect, Fate, Outcome, Result, Verdict
from linecard.model.report import Headline, Line, Report
from linecard.model.run import Drop, Event, Hold, Run, State
from linecard.model.sheet import FILE_FAULTS, RESTORE, Action, Column, Fault, FaultCode, Row, Severity
from linecard.model.summary import Ended, Summary, Undecided, Week, Wrong
from linecard.ports.backend import Backend, Can, PhoneSecret, SupportsExamine, SupportsPrecheck, SupportsSecrets
from linecard.ports.concerns import SupportsConcerns
from linecard.ports.context import Clock, Context, Level, Log, Site
from linecard.ports.inbox import (
    Inbox,
    InboxError,
    Listing,
    Parting,
    ServerKey,
    SupportsProbe,
    SupportsReply,
    SupportsTrust,
    Unfinished,
    Watch,
)
from linecard.ports.keyring import Key, Keyring, KeyringError
from linecard.ports.kind import BackendKind, InboxKind, KeyringKind, Kind, OpenerKind, SinkKind
from linecard.ports.opener import CannotOpen, Opener, OpenerError
from linecard.ports.renderer import IndexRenderer, Renderer
from linecard.ports.secret import Secret
from linecard.ports.sink import Letter, Note, Sink, SinkError, SupportsNotify, Write
from linecard.rules import as_dict
from linecard.rules.backoff import Backoff
from linecard.rules.checksum import ending_of
from linecard.rules.containers import detect_container
from linecard.rules.defuse import defuse
from linecard.rules.excerpt import Excerpt
from linecard.rules.expiry import expiry
from linecard.rules.names import is_junk, is_system_file, safe_name
from linecard.rules.openpgp import PgpKind, detect_openpgp, key_version, preamble_length
from linecard.rules.own_sheet import MOST_REASON, RETRY_HEADER, UNDO_HEADER
from linecard.rules.sanitize import is_printable, sanitize, sanitize_json, sanitize_line, spell_out
from linecard.rules.undo import undo_rows
from linecard.rules.wording import COUNTED, Wording, result

__all__ = [
    "BUILT_IN",
    "COUNTED",
    "FILE_FAULTS",
    "FINE",
    "LANGUAGES",
    "MOST_REASON",
    "RESTORE",
    "RETRY_HEADER",
    "UNDO_HEADER",
    "VACANT",
    "Action",
    "Backend",
    "BackendError",
    "BackendKind",
    "Backoff",
    "Can",
    "CannotOpen",
    "Caveat",
    "Change",
    "Clock",
    "Code",
    "Column",
    "Concern",
    "Context",
    "Drop",
    "Effect",
    "Ended",
    "Entry",
    "Event",
    "Excerpt",
    "Fate",
    "Fault",
    "FaultCode",
    "Filed",
    "Finding",
    "Headline",
    "Hold",
    "Holding",
    "Inbox",
    "InboxError",
    "InboxKind",
    "Index",
    "IndexRenderer",
    "Key",
    "Keyring",
    "KeyringError",
    "KeyringKind",
    "Kind",
    "Letter",
    "Level",
    "Line",
    "LinecardError",
    "Listing",
    "Log",
    "Note",
    "Notice",
    "Opener",
    "OpenerError",
    "OpenerKind",
    "Outcome",
    "Parting",
    "PgpKind",
    "PhoneSecret",
    "Renderer",
    "Report",
    "ReportError",
    "Result",
    "Row",
    "Run",
    "Scope",
    "Secret",
    "ServerKey",
    "Severity",
    "Sink",
    "SinkError",
    "SinkKind",
    "Site",
    "State",
    "Summary",
    "SupportsConcerns",
    "SupportsExamine",
    "SupportsNotify",
    "SupportsPrecheck",
    "SupportsProbe",
    "SupportsReply",
    "SupportsSecrets",
    "SupportsTrust",
    "Templates",
    "Undecided",
    "Unfinished",
    "Verdict",
    "Watch",
    "Week",
    "Wording",
    "Write",
    "Wrong",
    "as_dict",
    "create_private",
    "create_sqlite_engine",
    "defuse",
    "detect_container",
    "detect_openpgp",
    "drop_part",
    "ending_of",
    "expiry",
    "hookimpl",
    "inbox_files",
    "is_junk",
    "is_printable",
    "is_system_file",
    "key_version",
    "locate_error",
    "make_folder",
    "preamble_length",
    "rename_new",
    "result",
    "safe_name",
    "sanitize",
    "sanitize_json",
    "sanitize_line",
    "sorted_numbers",
    "spell_out",
    "sync_folder",
    "undo_rows",
    "wording",
    "write_whole",
]
