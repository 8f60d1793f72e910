"""The specifications of the ports, as test classes. They need pytest and hypothesis.

A plugin's own test module holds one class:

    import pytest
    from linecard.testing.contract import BackendContract, Open

    class TestMyPbx(BackendContract):
        @pytest.fixture
        def new_pbx(self, tmp_path):
            def new_pbx(entries=(), members=()) -> Open:
                database = fresh_pbx(tmp_path, entries, members)   # holds exactly this, knows these members
                return lambda: MyBackend(database)                 # another backend on that same PBX, each time
            return new_pbx

See `BackendContract` for what may be set besides. `FaultMatrix` is for a PBX that does wrong; `ProcessorContract` is
that of a processor.
"""

from __future__ import annotations

import pytest

# Before they are imported, for pytest to explain what an assert in them found.
pytest.register_assert_rewrite(
    *(
        f"{__name__}.{part}"
        for part in (
            "subject",
            "reads",
            "changes",
            "refusals",
            "concurrency",
            "hostile_names",
            "company",
            "interruption",
            "fault_matrix",
            "full_proof",
            "law",
            "processor",
        )
    )
)

from linecard.testing.contract.fault_matrix import FaultMatrix  # noqa: E402
from linecard.testing.contract.full_proof import (  # noqa: E402
    FullProof,
    Simulation,
    SupportsSnapshot,
    SupportsVersion,
)
from linecard.testing.contract.processor import ProcessorContract  # noqa: E402
from linecard.testing.contract.subject import NewPbx, Open, Subject  # noqa: E402
from linecard.testing.contract.suite import BackendContract  # noqa: E402

__all__ = [
    "BackendContract",
    "FaultMatrix",
    "FullProof",
    "NewPbx",
    "Open",
    "ProcessorContract",
    "Simulation",
    "Subject",
    "SupportsSnapshot",
    "SupportsVersion",
]
