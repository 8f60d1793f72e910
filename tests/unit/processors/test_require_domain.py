"""The processor `require_domain`: who may get an extension."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from linecard.api.processor import Action, Refusal, Row
from linecard.registry import Registry
from linecard.testing import make_context
from linecard.testing.contract import ProcessorContract


def attach(member: str, action: Action = Action.ATTACH) -> Row:
    return Row(2, action, member, "hq", "1000", "")


def build(tmp_path, **options):
    kind = Registry().processor_kind("require_domain")
    return kind.build(kind.options(**options), make_context(tmp_path, "company"))


class TestItsContract(ProcessorContract):
    @pytest.fixture
    def processor(self, tmp_path):
        return build(tmp_path, domains=["a.com", "example"], subdomains=True)

    @pytest.fixture
    def rows(self):
        members = ("ada@a.com", "ada@b.a.com", "ada@b.com", "ada@aa.com")
        return [attach(member, action) for member in members for action in Action]


@pytest.mark.parametrize(
    ("domains", "member"),
    [
        (["example.com"], "ada@example.com"),
        (["@Example.COM "], "ada@example.com"),
        (["example.org", "example.com"], "ada@example.com"),
        (["xn--bcher-kva.example"], "ada@bücher.example"),
        (["Bücher.example"], "ada@bücher.example"),
    ],
)
def test_a_member_of_the_company_passes(tmp_path, domains, member):
    row = attach(member)
    assert build(tmp_path, domains=domains)(row) is row


@pytest.mark.parametrize(
    "member",
    [
        "ada@example.org",
        "ada@notexample.com",
        "ada@example.com.evil.org",
        "ada@paris.example.com",
        '"ada@example.com"@evil.org',
    ],
)
@pytest.mark.parametrize("action", Action)
def test_anybody_else_is_refused(tmp_path, member, action):
    """By the whole domain: what it begins or ends with means nothing."""
    found = build(tmp_path, domains=["example.com"])(attach(member, action))
    assert isinstance(found, Refusal)
    assert member in found.message
    assert "example.com" in found.remedy


def test_domains_below_pass_where_they_may(tmp_path):
    processor = build(tmp_path, domains=["example.com"], subdomains=True)
    assert processor(attach("ada@a.b.example.com")) == attach("ada@a.b.example.com")
    assert isinstance(processor(attach("ada@notexample.com")), Refusal)


def test_outsiders_may_be_let_go(tmp_path):
    processor = build(tmp_path, domains=["example.com"], detach=True)
    leaver = attach("ada@example.org", Action.DETACH)
    assert processor(leaver) is leaver
    assert isinstance(processor(attach("ada@example.org")), Refusal)


@pytest.mark.parametrize("domains", [[], [""], ["*.example.com"], ["ada@example.com"], ["a b.com"], ["a..com"], [".a"]])
def test_what_is_no_domain_is_no_option(tmp_path, domains):
    with pytest.raises(ValidationError):
        build(tmp_path, domains=domains)
