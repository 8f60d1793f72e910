"""What reports and notices consist of, for sinks and renderers."""

from linecard.errors import ReportError
from linecard.infrastructure.templates import BUILT_IN, Templates, locate_error
from linecard.languages import LANGUAGES, wording
from linecard.model.archive_index import ArchiveEntry, Index
from linecard.model.directory import VACANT, Holding
from linecard.model.follower import FollowerSummary
from linecard.model.notice import Notice
from linecard.model.outcome import FINE, Code, Effect, Outcome, Verdict
from linecard.model.report import Headline, Line, Report
from linecard.model.run import Drop, Event, Hold, Run, State
from linecard.model.sheet import FILE_FAULTS, RESTORE, Action, Column, Fault, FaultCode, Row, Severity
from linecard.model.summary import Ended, Summary, Undecided, Week, Wrong
from linecard.rules import as_dict
from linecard.rules.defuse import build_changed_pattern, defuse
from linecard.rules.excerpt import Excerpt
from linecard.rules.forecasts import format_duration
from linecard.rules.own_sheet import MOST_REASON, RETRY_HEADER, UNDO_HEADER
from linecard.rules.states import find_result
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
    "ArchiveEntry",
    "Code",
    "Column",
    "Drop",
    "Effect",
    "Ended",
    "Event",
    "Excerpt",
    "Fault",
    "FaultCode",
    "FollowerSummary",
    "Headline",
    "Hold",
    "Holding",
    "Index",
    "Line",
    "Notice",
    "Outcome",
    "Report",
    "ReportError",
    "Row",
    "Run",
    "Severity",
    "State",
    "Summary",
    "Templates",
    "Undecided",
    "Verdict",
    "Week",
    "Wording",
    "Wrong",
    "as_dict",
    "build_changed_pattern",
    "defuse",
    "find_result",
    "format_duration",
    "locate_error",
    "result",
    "undo_rows",
    "wording",
]
