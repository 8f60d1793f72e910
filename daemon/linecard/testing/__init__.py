"""What plugin authors test with: a PBX in memory, and the suite that every backend must pass.

**The twin.** `MemoryBackend` is a backend on a `MemoryPbx`: real in all that the port promises, and with a `Trouble`
as wrong as a test wants it. Use it to test what uses backends. It needs nothing beyond linecard itself.

**The context.** `make_context` is what a plugin is built with, for a site in a folder of a test. Its rate
budgets are `UnlimitedRateBudget`s, which keep what they were asked for.

**The report.** `make_report` and `make_letter` are what a report format and a sink are given; `write_form` stands for
what writes the report.

**The suite.** `linecard.testing.contract.BackendContract` is the specification of the port as a pytest class. Use it
to test a backend of your own; it needs pytest and hypothesis. Its docstring says how. `FaultMatrix` beside it is what
a backend does when the PBX does wrong, `ProcessorContract` the specification of a processor.
"""

from __future__ import annotations

from linecard.testing.backend import MemoryBackend
from linecard.testing.contexts import UnlimitedRateBudget, make_context
from linecard.testing.memory import MemoryPbx
from linecard.testing.pbx_faults import PbxFault, SupportsFaults
from linecard.testing.reports import make_letter, make_report, write_form
from linecard.testing.trouble import Silence, Trouble

__all__ = [
    "MemoryBackend",
    "MemoryPbx",
    "PbxFault",
    "Silence",
    "SupportsFaults",
    "Trouble",
    "UnlimitedRateBudget",
    "make_context",
    "make_letter",
    "make_report",
    "write_form",
]
