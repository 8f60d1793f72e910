"""What gpg says, judged without gpg: the cases that are hard to bring about."""

from __future__ import annotations

import pytest

from linecard.api.opener import CannotOpen, OpenerError
from linecard_packing.gpg_status import GpgStatus, check_message
from linecard_packing.options import PgpOptions

HR = "A" * 40
SUBKEY = "B" * 40
GOOD = (
    "ENC_TO 1111 18 0",
    "DECRYPTION_KEY C D u",
    "BEGIN_DECRYPTION",
    "DECRYPTION_INFO 2 9 0",
    "PLAINTEXT 62 1 x.csv",
    "NEWSIG",
    f"GOODSIG {SUBKEY[-16:]} HR",
    f"VALIDSIG {SUBKEY} 2026-01-01 1 0 4 0 22 8 00 {HR}",
    "DECRYPTION_OKAY",
    "GOODMDC",
    "END_DECRYPTION",
)


def verdict(lines: tuple[str, ...], *, ok: bool = True, valid: bool = True, code: int = 0, signers: str = HR) -> str:
    """`taken`, with the warnings; or the code of the fault."""
    said = GpgStatus.parse("gpg: words\n" + "".join(f"[GNUPG:] {line}\n" for line in lines))
    options = PgpOptions(signers=(signers,) if signers else ())
    try:
        warnings = list(check_message(said, options, ok=ok, valid=valid, code=code))
    except CannotOpen as refused:
        return refused.fault.code.value
    return " ".join(["taken", *(fault.code.value for fault in warnings)])


def without(*words: str) -> tuple[str, ...]:
    return tuple(line for line in GOOD if line.split()[0] not in words)


def test_all_in_order() -> None:
    assert verdict(GOOD) == "taken"


def test_a_signature_by_a_subkey_counts_by_either_fingerprint() -> None:
    assert [verdict(GOOD, signers=HR), verdict(GOOD, signers=SUBKEY)] == ["taken", "taken"]


@pytest.mark.parametrize("word", ["DECRYPTION_OKAY", "PLAINTEXT"])
def test_exit_code_0_helps_nothing_without(word: str) -> None:
    assert verdict(without(word)) == "cannot_decrypt"


def test_decryption_okay_helps_nothing_where_gpg_was_not_content() -> None:
    """It is said, with exit code 2, also when gpg stopped at its output limit."""
    assert verdict(GOOD, code=2) == "cannot_decrypt"


@pytest.mark.parametrize("word", ["GOODSIG", "VALIDSIG"])
def test_a_signature_needs(word: str) -> None:
    assert verdict(without(word)) == "signature"


def test_a_signature_needs_what_python_gnupg_makes_of_it() -> None:
    assert verdict(GOOD, valid=False) == "signature"


@pytest.mark.parametrize("word", ["EXPKEYSIG", "REVKEYSIG", "EXPSIG", "ERRSIG", "BADSIG"])
def test_one_good_signature_makes_up_for_no_bad_one(word: str) -> None:
    assert verdict((*GOOD, f"{word} 2222 somebody")) == "signature"


def test_a_signature_that_does_not_fit_refuses_also_where_none_is_needed() -> None:
    assert verdict((*GOOD, "BADSIG 2222 somebody"), signers="") == "signature"


def test_more_than_one_plaintext_is_refused() -> None:
    assert verdict((*GOOD, "PLAINTEXT 62 1 y.csv")) == "cannot_decrypt"


def test_words_that_only_look_like_gpgs_are_not_believed() -> None:
    said = GpgStatus.parse("gpg: [GNUPG:] DECRYPTION_OKAY\nx [GNUPG:] GOODSIG\n")
    assert said.lines == []


@pytest.mark.parametrize("code", [11, 85, 99, 177, 67108875, 67109041])
def test_a_key_that_is_locked_is_no_fault_of_the_file(code: int) -> None:
    lines = ("ENC_TO 1111 18 0", f"ERROR pkdecrypt_failed {code}", "BEGIN_DECRYPTION", "DECRYPTION_FAILED")
    with pytest.raises(OpenerError):
        verdict(lines, ok=False, code=2)


@pytest.mark.parametrize(("cipher", "digest"), [("2", "8"), ("3", "8"), ("9", "2"), ("9", "1")])
def test_outdated_ciphers_and_hashes_are_told(cipher: str, digest: str) -> None:
    lines = [line.replace("DECRYPTION_INFO 2 9", f"DECRYPTION_INFO 2 {cipher}") for line in GOOD]
    lines = [line.replace(" 22 8 00", f" 22 {digest} 00") for line in lines]
    assert verdict(tuple(lines)) == "taken weak_crypto"
