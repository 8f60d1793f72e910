"""For authors of openers, which take containers off files."""

from linecard.model.sheet import Fault, FaultCode, Severity
from linecard.ports.kind import OpenerKind
from linecard.ports.opener import CannotOpen, Opener, OpenerError, TableOpener
from linecard.rules.containers import detect_container
from linecard.rules.names import is_junk, is_system_file
from linecard.rules.openpgp import PgpKind, detect_openpgp, key_version, preamble_length
from linecard.rules.worksheet import HeaderFit, HeaderRule

__all__ = [
    "CannotOpen",
    "Fault",
    "FaultCode",
    "HeaderFit",
    "HeaderRule",
    "Opener",
    "OpenerError",
    "OpenerKind",
    "PgpKind",
    "Severity",
    "TableOpener",
    "detect_container",
    "detect_openpgp",
    "is_junk",
    "is_system_file",
    "key_version",
    "preamble_length",
]
