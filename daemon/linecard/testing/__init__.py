"""What plugin authors test with: a PBX in memory, and the suite that every backend must pass.

**The twin.** `MemoryBackend` is a backend on a `MemoryPbx`: real in all that the port promises, and with a `Trouble`
as wrong as a test wants it. Use it to test what uses backends. It needs nothing beyond linecard itself.

**The suite.** `linecard.testing.contract.BackendContract` is the specification of the port as a pytest class. Use it
to test a backend of your own; it needs pytest and hypothesis. Its docstring says how.
"""

from __future__ import annotations

from linecard.testing.backend import MemoryBackend
from linecard.testing.memory import MemoryPbx
from linecard.testing.trouble import Silence, Trouble

__all__ = ["MemoryBackend", "MemoryPbx", "Silence", "Trouble"]
