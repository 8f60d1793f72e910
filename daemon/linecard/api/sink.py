"""For authors of sinks, by which reports and notices leave; see also `linecard.api.report`."""

from linecard.ports.kind import SinkKind
from linecard.ports.sink import Letter, Note, Sink, SinkError, SupportsNotify, Write

__all__ = [
    "Letter",
    "Note",
    "Sink",
    "SinkError",
    "SinkKind",
    "SupportsNotify",
    "Write",
]
