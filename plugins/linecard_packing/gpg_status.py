"""Whether a message may be believed, from what gpg says of it (doc/DETAILS of GnuPG, "Format of the status lines").

Never from its exit code alone: that is 0 for an unsigned message, for an expired signer and for a stump of a file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from linecard.api.opener import CannotOpen, Fault, FaultCode, OpenerError, Severity
from linecard_packing.options import PgpOptions

_MARK = "[GNUPG:] "
_NEWER = re.compile(r"gpg: (onepass_sig|packet\(\d+\)) with unknown version ([5-9])$")
_SIGNATURES = frozenset({"onepass_sig", "packet(2)"})
_AGAIN = "Ask the sender to send the file again."
_OLD_CIPHERS = {"1": "IDEA", "2": "3DES", "3": "CAST5", "4": "Blowfish"}
_OLD_HASHES = {"1": "MD5", "2": "SHA-1", "3": "RIPEMD-160"}
_NOT_GOOD = {
    "EXPKEYSIG": "by {who}, whose key has expired",
    "REVKEYSIG": "by {who}, whose key was revoked",
    "EXPSIG": "by {who}, and has itself expired",
    "ERRSIG": "by a key that this site does not have ({who})",
}
_OUR_KEY = "pkdecrypt_failed"
"""What failed, in the errors about the site's key: those about passphrases of files are none of ours."""
_LOCKED = {11, 85, 86, 99, 177, 198}
"""libgpg-error's codes for a wrong passphrase, for none, and for nobody being there to be asked for it."""


@dataclass(frozen=True, slots=True)
class GpgStatus:
    """The status lines of one call of gpg: keyword and arguments, in order."""

    lines: Sequence[tuple[str, list[str]]]
    newer: Mapping[str, str] = field(default_factory=dict)
    """Packets of versions that gpg does not know, and their version: it has no status line for them, only words."""

    @classmethod
    def parse(cls, stderr: str) -> GpgStatus:
        lines = stderr.splitlines()
        found = (line[len(_MARK) :].split() for line in lines if line.startswith(_MARK))
        newer = {match[1]: match[2] for line in lines if (match := _NEWER.match(line))}
        return cls([(words[0], words[1:]) for words in found if words], newer)

    @property
    def newer_signature(self) -> str:
        """The version of a signature that gpg does not know; empty where there is none."""
        return next((version for packet, version in self.newer.items() if packet in _SIGNATURES), "")

    def has(self, *keywords: str) -> bool:
        return any(keyword in keywords for keyword, _ in self.lines)

    def find_all(self, *keywords: str) -> list[list[str]]:
        return [arguments for keyword, arguments in self.lines if keyword in keywords]


def check_message(said: GpgStatus, options: PgpOptions, *, ok: bool, valid: bool, code: int) -> Iterator[Fault]:
    """Warnings about a message that may be believed. Raises `CannotOpen` or `OpenerError` about any other.

    `ok` and `valid` are what python-gnupg makes of the same lines, `code` is gpg's exit code.
    """
    _require_known_versions(said)
    if said.has("BEGIN_DECRYPTION", "ENC_TO", "NEED_PASSPHRASE_SYM", "DECRYPTION_FAILED"):
        _check_decryption(said, ok=ok)
    else:
        _check_unencrypted(said, options)
    _check_signature(said, options, valid=valid)
    # Nothing but a signature of somebody unknown explains why gpg is not content with what it has given.
    if code and not ((said.has("ERRSIG") or said.newer_signature) and not options.signers):
        raise CannotOpen(FaultCode.CANNOT_DECRYPT, "gpg found something wrong with the file.", _AGAIN)
    yield from _find_weak_crypto(said)


def _require_known_versions(said: GpgStatus) -> None:
    """Keys, messages and signatures of newer versions, which gpg passes over or takes for damage."""
    if said.has("PLAINTEXT") and not said.has("DECRYPTION_OKAY"):
        return  # signed in the clear: perhaps nobody needs the signature
    if said.newer_signature and (said.has("DECRYPTION_OKAY") or not said.has("ENC_TO")):
        raise _newer_signature_error(said)
    if said.newer and not said.has("DECRYPTION_OKAY", "NO_SECKEY", "DECRYPTION_KEY"):
        version = next(iter(said.newer.values()))
        raise CannotOpen(
            FaultCode.CANNOT_DECRYPT,
            f"The file is encrypted in the form of version {version}, which gpg does not know.",
            "Ask the sender to encrypt it with the site's public key (`linecard keys export`), "
            "in the format of RFC 4880.",
        )


def _newer_signature_error(said: GpgStatus) -> CannotOpen:
    return _signature_error(
        f"The file is signed with a key of version {said.newer_signature}, which gpg does not know.",
        "Ask the sender to sign with a key of version 4 (RFC 4880), or not to sign.",
    )


def _check_decryption(said: GpgStatus, *, ok: bool) -> None:
    if any(words[0] == "0" and words[2:] in ([], ["0"]) for words in said.find_all("DECRYPTION_INFO") if words[1:]):
        raise CannotOpen(
            FaultCode.CANNOT_DECRYPT,
            "The file is encrypted without integrity protection: nobody could tell whether it was changed in transit.",
            "Ask the sender to switch integrity protection on (MDC, in Bouncy Castle `withIntegrityPacket`).",
        )
    if said.has("DECRYPTION_OKAY") and ok and len(said.find_all("PLAINTEXT")) == 1:
        return
    if said.has("NEED_PASSPHRASE_SYM") and not said.has("ENC_TO", "DECRYPTION_OKAY"):
        raise CannotOpen(
            FaultCode.CANNOT_DECRYPT,
            "The file is encrypted with a passphrase that this site does not have, and not with a key.",
            "Ask the sender to encrypt it with the site's public key (`linecard keys export`).",
        )
    errors = {
        int(words[1]) & 0xFFFF for words in said.find_all("ERROR") if words[0] == _OUR_KEY and words[1].isdecimal()
    }
    if errors & _LOCKED:
        raise OpenerError(
            "The site's PGP key cannot be unlocked: its passphrase is missing or wrong.",
            remedy="Say with `passphrase:` below `open: pgp:` where it lies.",
        )
    if said.has("NO_SECKEY") and not said.has("DECRYPTION_KEY") and not errors:
        keys = ", ".join(words[0] for words in said.find_all("ENC_TO") if words) or "another key"
        raise CannotOpen(
            FaultCode.CANNOT_DECRYPT,
            f"The file is encrypted for {keys}, and this site has no such secret key.",
            "Give the sender the site's public key (`linecard keys export`), or import the secret key that was meant.",
        )
    if said.has("DECRYPTION_OKAY"):
        raise CannotOpen(FaultCode.CANNOT_DECRYPT, "The file is more than one OpenPGP message, or is damaged.", _AGAIN)
    raise CannotOpen(FaultCode.CANNOT_DECRYPT, "The file was damaged or cut off in transit.", _AGAIN, is_cut=True)


def _check_unencrypted(said: GpgStatus, options: PgpOptions) -> None:
    """A message that is not encrypted."""
    if said.has("NEWSIG") and not said.has("PLAINTEXT"):
        raise CannotOpen(
            FaultCode.CANNOT_DECRYPT,
            "The file is a PGP signature alone, without what it signs.",
            "Ask the sender to sign and encrypt the sheet into one file.",
        )
    is_cut = said.has("NODATA") and not said.newer_signature  # it is also said of a signature that gpg does not know
    if is_cut or len(said.find_all("PLAINTEXT")) != 1:
        raise CannotOpen(
            FaultCode.CANNOT_DECRYPT, "The file contains no complete OpenPGP message; it may be cut off.", _AGAIN
        )
    if options.unencrypted == "refuse":
        raise not_encrypted_error(signed=said.has("NEWSIG", "GOODSIG", "ERRSIG", "BADSIG"))


def not_encrypted_error(*, signed: bool = False) -> CannotOpen:
    return CannotOpen(
        FaultCode.NOT_ENCRYPTED,
        f"The file is {'signed but ' if signed else ''}not encrypted, and this inbox accepts only encrypted files.",
        "Ask the sender to encrypt it with the site's public key (`linecard keys export`).",
    )


def _check_signature(said: GpgStatus, options: PgpOptions, *, valid: bool) -> None:
    if said.has("BADSIG"):
        raise _signature_error("The signature does not match the file: one of them was changed.", _AGAIN)
    if not options.signers:
        return
    if said.newer_signature and not said.has("VALIDSIG"):
        raise _newer_signature_error(said)
    for keyword, words in said.lines:
        if keyword in _NOT_GOOD:
            raise _signature_error(
                f"The file is signed {_NOT_GOOD[keyword].format(who=words[0] if words else '?')}.",
                "Ask the sender for the current public key, and import it (`linecard keys import`).",
            )
    signers = {name for words in said.find_all("VALIDSIG") for name in (words[0], words[-1])}
    if not signers:
        raise _signature_error("The file is not signed.", "Ask the sender to sign it.")
    if not valid or not said.has("GOODSIG") or signers.isdisjoint(options.signers):
        raise _signature_error(
            f"The file is signed by {said.find_all('VALIDSIG')[0][-1]}, who is not among those whose signature this "
            "inbox accepts.",
            "Ask the sender to sign it with the key that was agreed on.",
        )


def _signature_error(message: str, remedy: str) -> CannotOpen:
    return CannotOpen(FaultCode.SIGNATURE, message, remedy)


def _find_weak_crypto(said: GpgStatus) -> Iterator[Fault]:
    """Old ciphers and hashes are taken, because some HR systems know no others, and told."""
    ciphers = [
        _OLD_CIPHERS[words[1]] for words in said.find_all("DECRYPTION_INFO") if words[1:] and words[1] in _OLD_CIPHERS
    ]
    hashes = [_OLD_HASHES[words[7]] for words in said.find_all("VALIDSIG") if words[7:] and words[7] in _OLD_HASHES]
    for what, how in (*((name, "encrypted") for name in ciphers), *((name, "signed") for name in hashes)):
        yield Fault(
            0,
            "",
            "",
            FaultCode.WEAK_CRYPTO,
            Severity.WARNING,
            f"The file is {how} with {what}, which is outdated.",
            "Ask the sender for AES and SHA-256 when their system can do it.",
        )
