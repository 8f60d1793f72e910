"""OpenPGP messages as they come: which are believed, and what is said of the others."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import pytest

from integration.packing.people import LONG_AGO, agents
from integration.packing.reading import BIG, SHEET, context_of
from linecard.api.opener import OpenerError
from linecard.registry import Registry


@pytest.fixture(scope="module")
def message(town) -> bytes:
    """Signed and encrypted, as gpg writes it by default."""
    return town.hr.writes(BIG, town.site.key, sign=True)


def test_a_signed_and_encrypted_message_of_a_listed_signer_is_taken(town, desk, message):
    found = desk.pgp(message, signers=[town.hr.key])
    assert (found.codes, len(found.rows), found.rows[0].member) == ([], 20_002, "ada@example.com")


@pytest.mark.parametrize("form", [["--armor"], ["-z", "0"]])
def test_armour_and_no_compression_are_as_good(town, desk, form):
    assert desk.pgp(town.hr.writes(SHEET, town.site.key, sign=True, more=form), signers=[town.hr.key]).taken


def test_armour_may_come_after_a_byte_order_mark_and_blank_lines(town, desk):
    data = b"\xef\xbb\xbf\r\n\r\n" + town.hr.writes(SHEET, town.site.key, more=["--armor"])
    assert desk.pgp(data).taken


def test_a_hidden_recipient_is_found_by_trying(town, desk):
    assert desk.pgp(town.hr.writes(SHEET, town.site.key, more=["--throw-keyids"])).taken


def test_no_agent_is_left_at_work(town, desk, message):
    assert desk.pgp(message).taken
    assert agents(town.state / "gnupg") == []


class TestTheSignature:
    def test_is_not_needed_where_no_signers_are_listed(self, town, desk):
        assert desk.pgp(town.hr.writes(SHEET, town.site.key)).taken

    def test_is_needed_where_signers_are_listed(self, town, desk):
        found = desk.pgp(town.hr.writes(SHEET, town.site.key), signers=[town.hr.key])
        assert (found.codes, found.rows) == (["signature"], [])
        assert found.messages == ["The file is not signed."]

    def test_of_a_known_key_that_is_not_listed_is_refused(self, town, desk):
        found = desk.pgp(town.other.writes(SHEET, town.site.key, sign=True), signers=[town.hr.key])
        assert (found.codes, found.rows) == (["signature"], [])
        assert town.other.key in found.messages[0]

    def test_of_an_unknown_key_is_refused(self, town, desk):
        found = desk.pgp(town.stranger.writes(SHEET, town.site.key, sign=True), signers=[town.hr.key])
        assert (found.codes, found.rows) == (["signature"], [])
        assert "does not have" in found.messages[0]

    def test_of_a_listed_key_that_is_not_there_is_refused(self, town, desk):
        found = desk.pgp(town.stranger.writes(SHEET, town.site.key, sign=True), signers=[town.stranger.key])
        assert found.codes == ["signature"]

    def test_of_an_unknown_key_does_no_harm_where_none_is_needed(self, town, desk):
        assert desk.pgp(town.stranger.writes(SHEET, town.site.key, sign=True)).taken

    def test_of_a_key_that_has_expired_is_refused(self, town, desk):
        data = town.expired.writes(SHEET, town.site.key, sign=True, when=LONG_AGO, more=["--ignore-valid-from"])
        found = desk.pgp(data, signers=[town.expired.key])
        assert (found.codes, found.rows) == (["signature"], [])
        assert "expired" in found.messages[0]

    def test_among_several_signers_any_will_do(self, town, desk, message):
        assert desk.pgp(message, signers=[town.other.key, town.hr.key]).taken

    def test_fingerprints_may_be_written_in_groups_and_small(self, town, desk, message):
        groups = " ".join(town.hr.key[i : i + 4].lower() for i in range(0, 40, 4))
        assert desk.pgp(message, signers=[groups]).taken


class TestWithoutEncryption:
    def test_a_signed_message_is_refused(self, town, desk):
        found = desk.pgp(town.hr.writes(SHEET, sign=True), signers=[town.hr.key])
        assert (found.codes, found.rows) == (["not_encrypted"], [])

    def test_a_signed_message_is_taken_where_that_is_enough(self, town, desk):
        found = desk.pgp(town.hr.writes(SHEET, sign=True), signers=[town.hr.key], unencrypted="signed")
        assert (found.codes, len(found.rows)) == ([], 2)

    def test_text_signed_in_the_clear_is_taken_there_too(self, town, desk):
        text = town.hr.gpg("--clear-sign", "--local-user", town.hr.key, data=SHEET)
        found = desk.pgp(text, signers=[town.hr.key], unencrypted="signed")
        assert (found.codes, len(found.rows)) == ([], 2)

    def test_text_changed_after_it_was_signed_is_refused(self, town, desk):
        text = town.hr.gpg("--clear-sign", "--local-user", town.hr.key, data=SHEET).replace(b"1234", b"1299")
        assert desk.pgp(text, signers=[town.hr.key], unencrypted="signed").codes == ["signature"]

    def test_a_signed_message_of_somebody_else_is_refused_there(self, town, desk):
        found = desk.pgp(town.other.writes(SHEET, sign=True), signers=[town.hr.key], unencrypted="signed")
        assert found.codes == ["signature"]

    def test_an_unsigned_container_is_refused_there(self, town, desk):
        found = desk.pgp(town.hr.writes(SHEET), signers=[town.hr.key], unencrypted="signed")
        assert found.codes == ["signature"]

    def test_a_plain_sheet_named_pgp_is_refused(self, town, desk):
        found = desk.pgp(SHEET)
        assert (found.codes, found.rows) == (["not_encrypted"], [])

    def test_a_plain_sheet_is_taken_where_any_is(self, town, desk):
        assert len(desk.pgp(SHEET, unencrypted="accept").rows) == 2

    def test_an_empty_file_is_empty(self, town, desk):
        assert desk.pgp(b"").codes == ["empty"]


class TestDamage:
    @pytest.mark.parametrize("size", [1, 2, 10, 60, 120, 300, 1000, 0.3, 0.9, -20, -1])
    def test_a_message_cut_off_anywhere_is_refused(self, town, desk, message, size):
        """Also in its first packet, where gpg itself ends with 0, and before its last byte, when all is decrypted."""
        end = int(len(message) * size) if isinstance(size, float) else size
        found = desk.pgp(message[:end], signers=[town.hr.key])
        assert found.rows == []
        assert found.codes == ["cannot_decrypt" if size != 1 else "not_encrypted"]

    @pytest.mark.parametrize("share", [0.0005, 0.1, 0.35, 0.6, 0.85, 0.999])
    def test_a_message_with_one_changed_bit_is_refused(self, town, desk, message, share):
        """gpg may stop reading in the middle of it; that is no more than another damaged file."""
        changed = bytearray(message)
        changed[int(len(changed) * share)] ^= 0x10
        found = desk.pgp(bytes(changed))
        assert (found.rows, found.codes) == ([], ["cannot_decrypt"])

    def test_two_messages_one_after_the_other_are_refused(self, town, desk):
        one = town.hr.writes(SHEET, town.site.key, sign=True)
        found = desk.pgp(one + one, signers=[town.hr.key])
        assert (found.rows, found.codes) == ([], ["cannot_decrypt"])

    def test_a_message_for_somebody_else_is_refused_with_the_key_it_is_for(self, town, desk):
        town.hr.knows(town.other.public)
        found = desk.pgp(town.hr.writes(SHEET, town.other.key))
        assert (found.rows, found.codes) == ([], ["cannot_decrypt"])
        assert "has no such secret key" in found.messages[0]

    def test_a_public_key_in_place_of_a_message_is_refused(self, town, desk):
        found = desk.pgp(town.hr.gpg("--armor", "--export", town.hr.key))
        assert (found.rows, found.codes) == ([], ["cannot_decrypt"])


class TestLimits:
    def test_a_bomb_stops_at_the_size_a_sheet_may_have(self, town, desk):
        bomb = town.hr.writes(b"\0" * 30_000_000, town.site.key)
        assert len(bomb) < 100_000
        found = desk.pgp(bomb, most=1_000_000)
        assert (found.rows, found.codes) == ([], ["too_large"])

    def test_a_sheet_of_just_the_size_is_taken(self, town, desk):
        assert desk.pgp(town.hr.writes(BIG, town.site.key), most=len(BIG)).taken

    def test_a_sheet_one_byte_larger_is_refused(self, town, desk):
        assert desk.pgp(town.hr.writes(BIG, town.site.key), most=len(BIG) - 1).codes == ["too_large"]

    def test_decryption_has_a_time(self, town, desk, message):
        found = desk.pgp(message, seconds=0.001)
        assert (found.rows, found.codes) == ([], ["cannot_decrypt"])
        assert "within" in found.messages[0]


def test_a_full_disk_is_no_fault_of_the_file(town, tmp_path, message):
    """/dev/full is a disk that is always full."""
    kind = Registry().opener_kind("pgp")
    full = partial(open, "/dev/full", "r+b", 0)
    context = replace(context_of(tmp_path, town.state), temporary_file=full)
    opener = kind.build(kind.options(), context)
    (tmp_path / "drop").write_bytes(message)
    with (tmp_path / "drop").open("rb") as file, pytest.raises(OpenerError, match="No space left"):
        opener.open(file, 10**7, lambda _: None)
    opener.close()


@pytest.mark.parametrize("cipher", ["3DES", "CAST5", "BLOWFISH"])
def test_an_outdated_cipher_is_taken_and_told(town, desk, cipher):
    found = desk.pgp(town.hr.writes(SHEET, town.site.key, more=["--cipher-algo", cipher]))
    assert (found.codes, len(found.rows), found.warnings) == ([], 2, ["weak_crypto"])


def test_a_file_for_a_key_of_ours_that_has_expired_is_still_opened(town, desk, tmp_path):
    """It is the sender's gpg that refuses such a key; what comes all the same is for us."""
    town.site.knows(town.expired.gpg("--export-secret-keys", town.expired.key))
    data = town.expired.writes(SHEET, town.expired.key, when=LONG_AGO, more=["--ignore-valid-from"])
    assert desk.pgp(data).taken


def test_several_are_decrypted_at_the_same_time(town, desk, message):
    with ThreadPoolExecutor(4) as pool:
        inbox = desk.inbox(pgp={"signers": [town.hr.key]})
        found = list(pool.map(lambda _: desk.read(message, inbox), range(4)))
    assert [(read.codes, len(read.rows)) for read in found] == [([], 20_002)] * 4
