"""For authors of sinks, by which reports and notices leave; see also `linecard.api.report`."""

from linecard.infrastructure.workbook import WORKBOOK_ENDING, WORKBOOK_MEDIA_TYPE, write_workbook
from linecard.ports.kind import SinkKind
from linecard.ports.probe import SupportsProbe
from linecard.ports.sink import Letter, Note, Sink, SinkError, SupportsNotify, Write

__all__ = [
    "WORKBOOK_ENDING",
    "WORKBOOK_MEDIA_TYPE",
    "Letter",
    "Note",
    "Sink",
    "SinkError",
    "SinkKind",
    "SupportsNotify",
    "SupportsProbe",
    "Write",
    "write_workbook",
]
