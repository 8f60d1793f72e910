"""OpenPGP in forms that gpg no longer writes or does not know yet: read where it is safe, else named."""

from __future__ import annotations

from pathlib import Path

import pytest

from integration.packing.reading import SHEET, context_of, zipped
from integration.packing.sealing import MARKER, Envelope, literal, padding, split
from linecard.api.keyring import KeyringError
from linecard_packing.options import PgpOptions
from linecard_packing.pgp_keys import PgpKeyring

FILES = Path(__file__).parents[2] / "data" / "openpgp"
SIGNED_BY_V6 = (FILES / "signed-by-v6.asc").read_bytes()


@pytest.fixture(scope="module")
def message(town) -> bytes:
    return town.hr.writes(SHEET, town.site.key, sign=True)


@pytest.fixture(scope="module")
def envelope(town, message) -> Envelope:
    return Envelope(message, town.site)


class TestWhatSaysNothing:
    """Markers (RFC 4880 5.8; PGP Desktop and Command Line begin with one) and padding (RFC 9580 5.14)."""

    @pytest.mark.parametrize(
        "before",
        [
            *(MARKER, b"\xa8\x03PGP", MARKER * 3, padding(0), padding(1), padding(200), padding(9000), padding(70_000)),
            *(MARKER + padding(30), padding(30) + MARKER, padding(600) + padding(600) + MARKER),
        ],
        ids=["marker", "old form", "three", "0", "1", "200", "9000", "70000", "both", "other way round", "several"],
    )
    def test_before_the_message(self, town, desk, message, before):
        found = desk.pgp(before + message, signers=[town.hr.key])
        assert (found.codes, len(found.rows)) == ([], 2)
        assert desk.read(before + message, desk.inbox()).messages == [
            "The file is encrypted with PGP; it cannot be read as it is."
        ]

    @pytest.mark.parametrize("extra", [MARKER, padding(30)], ids=["marker", "padding"])
    def test_between_its_packets_and_behind_it(self, desk, message, extra):
        (first, second) = [whole for _, whole in split(message)]
        assert len(desk.pgp(first + extra + second + extra).rows) == 2

    @pytest.mark.parametrize("extra", [MARKER, padding(30), padding(9000)], ids=["marker", "padding", "9000"])
    def test_within_it(self, desk, envelope, extra):
        found = desk.pgp(envelope.sealed(extra + literal(SHEET) + extra))
        assert (found.codes, len(found.rows)) == ([], 2)

    def test_in_armour(self, town, desk, message):
        for before in (MARKER, padding(40)):
            armoured = town.hr.gpg("--enarmor", data=before + message).replace(b"ARMORED FILE", b"MESSAGE")
            assert len(desk.pgp(armoured).rows) == 2

    def test_in_gzip_and_zip(self, desk, message):
        with_zip = desk.inbox(pgp={}, zip={})
        assert len(desk.read(zipped(("people.pgp", MARKER + message)), with_zip).rows) == 2

    @pytest.mark.parametrize("data", [MARKER, padding(2000), padding(300), MARKER + padding(9)[:5]])
    def test_alone_it_is_no_message(self, desk, data):
        assert desk.pgp(data).codes == ["cannot_decrypt"]


class TestWithoutIntegrityProtection:
    """Tag 9, as PGP 8 and old defaults of Bouncy Castle write it: anybody could have changed it, so it is refused."""

    SAID = "The file is encrypted without integrity protection: nobody could tell whether it was changed in transit."

    @pytest.mark.parametrize("before", [b"", MARKER], ids=["", "marker"])
    @pytest.mark.parametrize("inside", [literal(SHEET), literal(SHEET)[:-9], b"\x93 no packet"])
    def test_is_refused_and_named(self, desk, envelope, before, inside):
        found = desk.pgp(before + envelope.unprotected(inside))
        assert (found.rows, found.codes, found.messages) == ([], ["cannot_decrypt"], [self.SAID])
        assert "integrity protection on" in found.remedies[0]

    def test_for_somebody_else_it_is_that(self, town, desk):
        town.hr.knows(town.other.public)
        theirs = Envelope(town.hr.writes(SHEET, town.other.key), town.other)
        assert "no such secret key" in desk.pgp(theirs.unprotected(literal(SHEET))).messages[0]


class TestVersion6:
    """RFC 9580, as Sequoia writes it: gpg 2.2 names its versions in words only, and takes the rest for damage."""

    SAID = "The file is signed with a key of version 6, which gpg does not know."

    def test_a_signer_is_named(self, town, desk, envelope):
        inside = town.site.gpg("--dearmor", data=SIGNED_BY_V6)
        for signers in ([town.hr.key], []):
            found = desk.pgp(envelope.sealed(inside), signers=signers)
            assert (found.rows, found.codes, found.messages) == ([], ["signature"], [self.SAID])
            assert "version 4" in found.remedies[0]

    def test_a_signer_without_encryption_is_named_too(self, town, desk):
        for name in ("signed-by-v6.asc", "clear-signed-by-v6.asc"):
            data = (FILES / name).read_bytes()
            found = desk.pgp(data, signers=[town.hr.key], unencrypted="signed")
            assert (found.codes, found.messages) == (["signature"], [self.SAID])

    def test_text_signed_in_the_clear_is_taken_where_nobody_need_sign(self, desk):
        assert len(desk.pgp((FILES / "clear-signed-by-v6.asc").read_bytes(), unencrypted="accept").rows) == 2

    def test_a_file_encrypted_for_such_a_key_is_named(self, desk):
        found = desk.pgp((FILES / "encrypted-for-v6.pgp").read_bytes())
        assert (found.codes, found.messages) == (
            ["cannot_decrypt"],
            ["The file is encrypted in the form of version 6, which gpg does not know."],
        )
        assert "keys export" in found.remedies[0]

    @pytest.mark.parametrize("armoured", [False, True])
    def test_such_a_key_is_not_called_no_key(self, town, tmp_path, armoured):
        data = (FILES / "v6.pgp").read_bytes()
        if armoured:
            data = town.hr.gpg("--enarmor", data=data).replace(b"ARMORED FILE", b"PUBLIC KEY BLOCK")
        ring = PgpKeyring(PgpOptions(), context_of(tmp_path, town.state))
        with pytest.raises(KeyringError, match="has version 6, which gpg does not know") as caught:
            ring.import_keys(data)
        assert "version 4" in caught.value.remedy
        ring.close()


class TestPassphrases:
    """A file that needs one is the sender's doing. It is refused: it must not wait, and others behind it."""

    @pytest.mark.parametrize("of_ours", [None, "another one"])
    def test_instead_of_a_key(self, town, desk, tmp_path, of_ours):
        data = town.hr.gpg("--symmetric", "--passphrase", "shared", data=SHEET)
        (tmp_path / "passphrase").write_text(f"{of_ours}\n")
        (tmp_path / "passphrase").chmod(0o600)
        options = {"passphrase": "file:passphrase"} if of_ours else {}
        found = desk.pgp(data, **options)
        assert (found.codes, found.messages) == (
            ["cannot_decrypt"],
            ["The file is encrypted with a passphrase that this site does not have, and not with a key."],
        )

    def test_beside_the_key_of_somebody_else(self, town, desk):
        town.hr.knows(town.other.public)
        words = ("--symmetric", "--passphrase", "shared", "--encrypt", "--recipient", town.other.key)
        found = desk.pgp(town.hr.gpg(*words, data=SHEET))
        assert (found.codes, "no such secret key" in found.messages[0]) == (["cannot_decrypt"], True)

    def test_beside_the_key_of_the_site_it_does_no_harm(self, town, desk):
        words = ("--symmetric", "--passphrase", "shared", "--encrypt", "--recipient", town.site.key)
        assert len(desk.pgp(town.hr.gpg(*words, data=SHEET)).rows) == 2


class TestNoMessages:
    @pytest.mark.parametrize(
        ("words", "what"),
        [
            (["--armor", "--export"], "a PGP key, not a sheet"),
            (["--export"], "a PGP key, not a sheet"),
            (["--armor", "--export-secret-keys"], "a secret PGP key, not a sheet"),
            (["--armor", "--detach-sign", "--local-user"], "a PGP signature alone, without what it signs"),
        ],
    )
    def test_are_named(self, town, desk, words, what):
        found = desk.pgp(town.hr.gpg(*words, town.hr.key, data=SHEET))
        assert (found.codes, found.messages) == (
            ["cannot_decrypt"],
            [f"The file is {what}; it cannot be read as it is."],
        )

    def test_a_binary_signature_alone_is_named(self, town, desk):
        found = desk.pgp(town.hr.gpg("--detach-sign", "--local-user", town.hr.key, data=SHEET))
        assert (found.codes, found.messages) == (
            ["cannot_decrypt"],
            ["The file is a PGP signature alone, without what it signs."],
        )

    def test_one_part_of_several_is_named(self, desk):
        found = desk.pgp(b"-----BEGIN PGP MESSAGE, PART 1/3-----\n\nhF4D\n=abcd\n-----END PGP MESSAGE, PART 1/3-----\n")
        assert "one part of a PGP message in several parts" in found.messages[0]
