"""People of a real slapd and a real 389 Directory Server: what is read, what is written, what is left alone."""

from __future__ import annotations

import itertools
from collections import Counter

import pytest

from integration.ldap import dirsrv, slapd
from linecard.api.backend import VACANT, BackendError, Change, ChangeStatus, Entry, Holding, Scope
from linecard.testing import make_context
from linecard_ldap.backend import build
from linecard_ldap.client import LdapClient
from linecard_ldap.convert import Edit
from linecard_ldap.errors import EntryMovedError
from linecard_ldap.options import LdapOptions

ADA, BOB = "ada@example.org", "bob@example.org"
DONE, FAILED, STALE = ChangeStatus.DONE, ChangeStatus.FAILED, ChangeStatus.STALE


@pytest.fixture(scope="module", params=[slapd, dirsrv], ids=["slapd", "dirsrv"])
def server(request):
    with request.param.server() as server:
        yield server


@pytest.fixture
def only_slapd(server):
    if server.admin != slapd.ADMIN:
        pytest.skip("what OpenLDAP alone does")


@pytest.fixture
def only_dirsrv(server):
    if server.admin != dirsrv.ADMIN:
        pytest.skip("what 389 Directory Server alone does")


@pytest.fixture
def opened(server, tmp_path):
    """Opens backends, and closes them in the end."""
    backends = []

    def opened(base, **more):
        backends.append(server.backend(base, tmp_path, **more))
        return backends[-1]

    yield opened
    for backend in backends:
        backend.close()


def change(extension, before, after, seq=1):
    return Change(seq, "hq", extension, before, after)


def everything(backend):
    return {entry.extension: entry.holding for entry in backend.fetch(Scope.everything())}


def only_result(backend, wanted):
    (result,) = backend.apply([wanted])
    return result


class TestReading:
    def test_a_number_is_read_however_it_is_spaced_and_stays_as_it_is_spelt(self, server, opened):
        base = slapd.new_people(server)
        spelt = ["+33 1 99 00 00 01", "+33 1-99 00 00 02"]
        server.add(slapd.write_person(base, ADA, extensionNumber="1000", telephoneNumber=spelt))
        backend = opened(base)
        held = Holding(ADA, ("+33199000001", "+33199000002"))
        assert everything(backend) == {"1000": held}
        assert list(backend.fetch(Scope(numbers=frozenset({"+33199000001"})))) == [Entry("1000", *held)]
        more = Holding(ADA, (*held.numbers, "+33199000003"))
        assert only_result(backend, change("1000", held, more)).status is DONE
        values = server.values(f"uid=ada,{base}")["telephoneNumber"]
        assert Counter(values) == Counter([*spelt, "+33199000003"])

    @pytest.mark.parametrize("name", ["*", "1000)(mail=*", "a\\2a", "\0", "(", "ada@example.org\0", "é*"])
    def test_names_are_never_part_of_a_filter(self, server, opened, name):
        base = slapd.new_people(server, [Entry("1000", ADA, ("+33199000001",))])
        backend = opened(base)
        names = frozenset({name})
        assert list(backend.fetch(Scope(names, names, names))) == []
        assert list(backend.members(Scope(members=names))) == []

    def test_logins_are_compared_without_case(self, server, opened):
        base = slapd.new_people(server)
        server.add(slapd.write_person(base, "Ada@Example.org", extensionNumber="1000"))
        backend = opened(base)
        assert list(backend.members(Scope(members=frozenset({ADA})))) == [ADA]
        assert everything(backend) == {"1000": Holding(ADA)}

    def test_an_extension_of_someone_without_a_login_is_held(self, server, opened):
        """Or it would be given to a second one."""
        base = slapd.new_people(server, members=[BOB])
        server.add(slapd.write_person(base, "", name="gate", extensionNumber="1000"))
        backend = opened(base)
        held = Holding(f"uid=gate,{base}")
        assert everything(backend) == {"1000": held}
        result = only_result(backend, change("1000", held, Holding(BOB)))
        assert result.status is FAILED
        assert "gate" in result.words

    def test_references_to_other_servers_are_left_out(self, server, opened):
        base = slapd.new_people(server, [Entry("1000", ADA)])
        referral = "objectClass: referral\nobjectClass: extensibleObject\nref: ldap://127.0.0.1:9/dc=other\n"
        server.add(f"dn: ou=other,{base}\nou: other\n{referral}")
        assert everything(opened(base)) == {"1000": Holding(ADA)}

    @pytest.mark.usefixtures("only_slapd")
    def test_a_search_that_the_server_cuts_off_is_an_error(self, server, opened):
        """Half of a company is never taken for the whole: OpenLDAP gives 500 entries, however they are paged."""
        entries = [Entry(str(2000 + n), f"m{n}@example.org") for n in range(501)]
        base = slapd.new_people(server, entries)
        server.add(slapd.write_person(base, "reader@example.org", name="reader", userPassword=slapd.PASSWORD))
        backend = opened(base, bind=f"uid=reader,{base}")
        with pytest.raises(BackendError, match="does not give all") as caught:
            list(backend.fetch(Scope.everything()))
        assert "size limit" in caught.value.remedy
        assert list(backend.fetch(Scope(extensions=frozenset({"2000"})))) == [Entry("2000", "m0@example.org")]
        assert len(everything(opened(base, page=50))) == 501, "the administrator of slapd has no limit"

    @pytest.mark.usefixtures("only_dirsrv")
    def test_a_page_that_the_server_cuts_off_is_an_error(self, server, opened):
        """389 counts the entries of each page by itself, so shorter pages give all of them."""
        base = slapd.new_people(server, [Entry(str(2000 + n), f"m{n}@example.org") for n in range(101)])
        server.add(slapd.write_person(base, "reader@example.org", name="reader", userPassword=slapd.PASSWORD))
        rule = '(targetattr="*")(version 3.0; acl "all"; allow (read,search,compare) userdn="ldap:///anyone";)'
        server.modify(f"dn: {base}\nchangetype: modify\nadd: aci\naci: {rule}\n")
        server.modify("dn: cn=config\nchangetype: modify\nreplace: nsslapd-sizelimit\nnsslapd-sizelimit: 100\n")
        reader = f"uid=reader,{base}"
        with pytest.raises(BackendError, match="does not give all"):
            list(opened(base, bind=reader).fetch(Scope.everything()))
        assert len(everything(opened(base, bind=reader, page=50))) == 101


class TestWriting:
    def test_further_attributes_follow_and_go(self, server, opened):
        base = slapd.new_people(server, members=[ADA])
        backend = opened(base, also={"sipLine": "tel:{number};ext={extension}", "description": "Extension {extension}"})
        held = Holding(ADA, ("+33199000001",))
        assert only_result(backend, change("1000", VACANT, held)).status is DONE
        values = server.values(f"uid=ada,{base}")
        assert values["sipLine"] == ["tel:+33199000001;ext=1000"]
        assert values["description"] == ["Extension 1000"]
        assert only_result(backend, change("1000", held, VACANT)).status is DONE
        assert not {"sipLine", "description", "telephoneNumber"} & set(server.values(f"uid=ada,{base}"))

    def test_what_somebody_else_has_written_there_stays(self, server, opened):
        base = slapd.new_people(server)
        server.add(slapd.write_person(base, ADA, description="Likes tea"))
        result = only_result(opened(base, also={"description": "{extension}"}), change("1000", VACANT, Holding(ADA)))
        assert result.status is FAILED
        assert "Likes tea" in result.words
        assert "extensionNumber" not in server.values(f"uid=ada,{base}")

    def test_an_attribute_that_the_server_cannot_compare_is_written(self, server, opened):
        """OpenLDAP's own schema for Active Directory gives ipPhone no rule: it can neither be found nor deleted."""
        base = slapd.new_people(server, members=[ADA, BOB])
        backend = opened(base, extension="ipPhone")
        steps = [VACANT, Holding(ADA, ("+33199000001",)), Holding(BOB, ("+33199000001",)), Holding(BOB), VACANT]
        for before, after in itertools.pairwise(steps):
            assert only_result(backend, change("1000", before, after)).status is DONE
            named = {e.extension: e.holding for e in backend.fetch(Scope(extensions=frozenset({"1000"})))}
            assert named == ({} if after == VACANT else {"1000": after})
            assert everything(backend) == named

    def test_one_number_and_all_others_may_stand_in_two_attributes(self, server, opened):
        base = slapd.new_people(server, members=[ADA])
        backend = opened(base, further_numbers="mobile")
        numbers = tuple(f"+3319900000{n}" for n in range(1, 4))
        steps = [VACANT, Holding(ADA, numbers[1:2]), Holding(ADA, numbers), Holding(ADA, numbers[::2]), Holding(ADA)]
        for before, after in itertools.pairwise(steps):
            assert only_result(backend, change("1000", before, after)).status is DONE
            assert everything(backend) == {"1000": after}
            assert len(server.values(f"uid=ada,{base}").get("telephoneNumber", [])) == bool(after.numbers)

    def test_without_an_attribute_for_numbers_they_are_kept_by_linecard(self, server, opened):
        base = slapd.new_people(server, members=[ADA, BOB])
        backend = opened(base, number=None, further_numbers=None)
        steps = [
            VACANT,
            Holding(ADA, ("+33199000001",)),
            Holding(BOB, ("+33199000002",)),
            Holding(None, ("+33199000002",)),
        ]
        for before, after in itertools.pairwise(steps):
            assert only_result(backend, change("1000", before, after)).status is DONE
            assert everything(opened(base, number=None, further_numbers=None)) == {"1000": after}
        taken = change("1001", VACANT, Holding(BOB, ("+33199000002",)))
        assert "is on extension 1000" in only_result(backend, taken).words

    def test_the_servers_words_say_why_it_refuses(self, server, opened):
        base = slapd.new_people(server)
        server.add(f"dn: uid=ada,{base}\nobjectClass: inetOrgPerson\nuid: ada\ncn: ada\nsn: ada\nmail: {ADA}\n")
        result = only_result(opened(base), change("1000", VACANT, Holding(ADA)))
        assert result.status is FAILED
        assert "extensionNumber" in result.words

    @pytest.mark.parametrize("asserts", [True, False])
    def test_an_entry_that_changed_since_it_was_read_is_left_alone(self, server, tmp_path, asserts):
        """By an assertion where the server takes one, by the old value where it does not."""
        base = slapd.new_people(server, [Entry("1000", ADA)], [BOB])
        client = LdapClient(server.options(base), make_context(tmp_path))
        client.server.asserts = asserts and server.admin == slapd.ADMIN  # which 389 refuses
        edits = [("ada", Edit("extensionNumber", (b"999",), (b"1001",)))]
        if client.server.asserts:  # absent to a value is no comparison by itself where an attribute takes several
            edits.append(("ada", Edit("extensionNumber", (), (b"1001",))))
            edits.append(("ada", Edit("ipPhone", (b"5",), (b"6",))))
        with client.writing() as pipeline:
            for name, edit in edits:
                pipeline.send_edits(f"uid={name},{base}", [edit])
                assert isinstance(pipeline.wait()[1], EntryMovedError), edit
        client.close()
        assert server.values(f"uid=ada,{base}")["extensionNumber"] == ["1000"]


class TestWhatStandsInTheWay:
    def test_two_entries_of_one_login_are_both_named(self, server, opened):
        """Before the change is made, and when it is: nobody can say whom of them the row means."""
        base = slapd.new_people(server)
        server.add(slapd.write_person(base, ADA) + slapd.write_person(base, ADA.upper(), name="ada2"))
        backend = opened(base)
        wanted = change("1000", VACANT, Holding(ADA))
        (caveat,) = backend.precheck([wanted])
        result = only_result(backend, wanted)
        assert result.status is FAILED
        for words in (caveat.message, result.words):
            assert f"uid=ada,{base} and uid=ada2,{base}" in words
        assert everything(backend) == {}

    def test_two_entries_of_one_extension_are_both_named(self, server, opened):
        base = slapd.new_people(server, members=[BOB])
        for name in ("ada", "eve"):
            server.add(slapd.write_person(base, f"{name}@example.org", extensionNumber="1000"))
        backend = opened(base)
        result = only_result(backend, change("1000", Holding(ADA), Holding(BOB)))
        assert result.status is FAILED
        assert "uid=ada" in result.words
        assert "uid=eve" in result.words

    def test_a_number_of_someone_without_an_extension_is_no_ones_to_take(self, server, opened):
        base = slapd.new_people(server, members=[BOB])
        server.add(slapd.write_person(base, ADA, telephoneNumber="+33 199000001"))
        backend = opened(base)
        taken = only_result(backend, change("1000", VACANT, Holding(BOB, ("+33199000001",))))
        assert taken.status is FAILED
        assert "uid=ada" in taken.words
        lost = change("1000", VACANT, Holding(ADA))
        assert [c.extension for c in backend.precheck([lost])] == ["1000"]
        assert only_result(backend, lost).status is FAILED
        named = only_result(backend, change("1000", VACANT, Holding(ADA, ("+33199000001",))))
        assert named.status is DONE, "the row names it"

    def test_a_number_that_cannot_be_read_is_not_written_over(self, server, opened):
        base = slapd.new_people(server)
        server.add(slapd.write_person(base, ADA, extensionNumber="1000", telephoneNumber="01 99 00 00 01"))
        backend = opened(base)
        result = only_result(backend, change("1000", Holding(ADA), Holding(ADA, ("+33199000001",))))
        assert result.status is FAILED
        assert "01 99 00 00 01" in result.words

    def test_doctor_names_what_is_wrong(self, server, opened):
        base = slapd.new_people(server)
        server.add(
            slapd.write_person(base, ADA, extensionNumber=["1000", "1001"])
            + slapd.write_person(base, ADA, name="ada2", telephoneNumber="0199")
            + slapd.write_person(base, BOB, extensionNumber="1000")
        )
        said = [f"{alert.what}: {alert.message}" for alert in opened(base, also={"nonsense": "x"}).examine()]
        for words in ("know the attribute nonsense", f"mail {ADA}", "extension 1000", "several values", "'0199'"):
            assert any(words in line for line in said), said
        assert [*opened(slapd.new_people(server, [Entry("1000", ADA)])).examine()] == []
        (empty,) = opened(base, filter="(uid=nobody)").examine()
        assert empty.what == "people"


class TestTheWay:
    def test_a_certificate_that_nobody_has_signed_for_is_not_trusted(self, server, opened):
        base = slapd.new_people(server)
        for more in ({"ca_file": None}, {"ca_file": None, "url": f"ldaps://127.0.0.1:{server.secure}"}):
            with pytest.raises(BackendError, match="cannot be reached") as caught:
                list(opened(base, **more).fetch(Scope.everything()))
            assert "ca_file" in caught.value.remedy

    def test_ldaps_leads_there_too(self, server, opened):
        base = slapd.new_people(server, [Entry("1000", ADA)])
        assert everything(opened(base, url=f"ldaps://127.0.0.1:{server.secure}")) == {"1000": Holding(ADA)}

    def test_a_wrong_password_says_so_and_is_not_shown(self, server, tmp_path):
        base = slapd.new_people(server)
        wrong = tmp_path / "wrong"
        wrong.touch(mode=0o600)
        wrong.write_text("hunter2secret")
        seen = []
        context = make_context(tmp_path, log=lambda event, **facts: seen.append(f"{event} {facts}"))
        backend = build(server.options(base, password=f"file:{wrong}"), context)
        with pytest.raises(BackendError, match="does not let") as caught:
            list(backend.fetch(Scope.everything()))
        assert "hunter2secret" not in f"{caught.value} {caught.value.remedy} {seen}"
        backend.close()

    def test_a_base_that_is_not_there_says_so(self, opened):
        """Asked for pages, 389 answers as if it were there and had nothing in it."""
        with pytest.raises(BackendError, match="no entry where") as caught:
            list(opened(f"ou=nowhere,{slapd.SUFFIX}").fetch(Scope.everything()))
        assert "base" in caught.value.remedy

    def test_a_server_that_was_started_again_is_found_again(self, tmp_path):
        with slapd.server() as first:
            base = slapd.new_people(first, [Entry("1000", ADA)])
            backend = first.backend(base, tmp_path)
            assert everything(backend) == {"1000": Holding(ADA)}
            first.restart()
            assert everything(backend) == {"1000": Holding(ADA)}
            assert only_result(backend, change("1000", Holding(ADA), VACANT)).status is DONE
            backend.close()


class TestOptions:
    @pytest.mark.parametrize(
        "wrong",
        [
            {"url": "http://x"},
            {"bind": "cn=x"},
            {"further_numbers": "mobile"},
            {"extension": "a=b"},
            {"number": "MAIL"},
            {"also": {"sipLine": "{mail}"}},
            {"also": {"sipLine": "{extension.__class__}"}},
            {"also": {"sipLine": "{"}},
            {"filter": "uid=x"},
        ],
    )
    def test_what_cannot_be_meant_is_refused(self, wrong):
        known = {"url": "ldaps://x", "base": "dc=x", "extension": "ipPhone"}
        with pytest.raises(ValueError, match=r"expected|should match"):
            LdapOptions.model_validate(known | wrong)
