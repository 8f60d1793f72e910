"""Active Directory, as Samba has it: the contract suite on a domain controller in a network of its own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from integration.ldap import library, samba


@pytest.mark.torture
@pytest.mark.skipif(not os.environ.get("LINECARD_TORTURE"), reason="takes root, and minutes: make torture")
def test_the_contract_holds_on_a_domain_controller():
    library.python_ldap()
    samba.root()
    ended = samba.run_in_network(Path(__file__).with_name("samba_cases.py"))
    assert ended.returncode == 0, ended.stdout + ended.stderr
