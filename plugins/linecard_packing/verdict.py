"""Whether a message may be believed, from what gpg says of it (doc/DETAILS of GnuPG, "Format of the status lines").

Never from its exit code alone: that is 0 for an unsigned message, for an expired signer and for a stump of a file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from linecard.api import CannotOpen, Fault, FaultCode, OpenerError, Severity
from linecard_packing.options import PgpOptions

_MARK = "[GNUPG:] "
_AGAIN = "Ask the sender to send the file again."
_OLD_CIPHERS = {"1": "IDEA", "2": "3DES", "3": "CAST5", "4": "Blowfish"}
_OLD_HASHES = {"1": "MD5", "2": "SHA-1", "3": "RIPEMD-160"}
_NOT_GOOD = {
    "EXPKEYSIG": "by {who}, whose key has expired",
    "REVKEYSIG": "by {who}, whose key was revoked",
    "EXPSIG": "by {who}, and has itself expired",
    "ERRSIG": "by a key that this site does not have ({who})",
}
_LOCKED = {11, 85, 86, 99, 177, 198}
"""libgpg-error's codes for a wrong passphrase, for none, and for nobody being there to be asked for it."""


@dataclass(frozen=True, slots=True)
class Said:
    """The status lines of one call of gpg: keyword and arguments, in order."""

    lines: Sequence[tuple[str, list[str]]]

    @classmethod
    def read(cls, stderr: str) -> Said:
        found = (line[len(_MARK) :].split() for line in stderr.splitlines() if line.startswith(_MARK))
        return cls([(words[0], words[1:]) for words in found if words])

    def has(self, *keywords: str) -> bool:
        return any(keyword in keywords for keyword, _ in self.lines)

    def all(self, *keywords: str) -> list[list[str]]:
        return [arguments for keyword, arguments in self.lines if keyword in keywords]


def judged(said: Said, options: PgpOptions, *, ok: bool, valid: bool, code: int) -> Iterator[Fault]:
    """Warnings about a message that may be believed. Raises `CannotOpen` or `OpenerError` about any other.

    `ok` and `valid` are what python-gnupg makes of the same lines, `code` is gpg's exit code.
    """
    if said.has("BEGIN_DECRYPTION", "ENC_TO", "NEED_PASSPHRASE_SYM", "DECRYPTION_FAILED"):
        _decrypted(said, ok=ok)
    else:
        _readable(said, options)
    _signed(said, options, valid=valid)
    # Nothing but a signature of somebody unknown explains why gpg is not content with what it has given.
    if code and not (said.has("ERRSIG") and not options.signers):
        raise CannotOpen(FaultCode.CANNOT_DECRYPT, "gpg found something wrong with the file.", _AGAIN)
    yield from _outdated(said)


def _decrypted(said: Said, *, ok: bool) -> None:
    if said.has("DECRYPTION_OKAY") and ok and len(said.all("PLAINTEXT")) == 1:
        return
    errors = {int(words[1]) & 0xFFFF for words in said.all("ERROR") if len(words) == 2 and words[1].isdigit()}
    if errors & _LOCKED:
        raise OpenerError(
            "The site's PGP key cannot be unlocked: its passphrase is missing or wrong.",
            remedy="Say with `passphrase:` below `open: pgp:` where it lies.",
        )
    if said.has("NO_SECKEY") and not said.has("DECRYPTION_KEY") and not errors:
        keys = ", ".join(words[0] for words in said.all("ENC_TO") if words) or "another key"
        raise CannotOpen(
            FaultCode.CANNOT_DECRYPT,
            f"The file is encrypted for {keys}, and this site has no such secret key.",
            "Give the sender the site's public key (`linecard keys export`), or import the secret key that was meant.",
        )
    if said.has("DECRYPTION_OKAY"):
        raise CannotOpen(FaultCode.CANNOT_DECRYPT, "The file is more than one OpenPGP message, or is damaged.", _AGAIN)
    raise CannotOpen(FaultCode.CANNOT_DECRYPT, "The file was damaged or cut off on its way.", _AGAIN)


def _readable(said: Said, options: PgpOptions) -> None:
    """A message that is not encrypted."""
    if said.has("NODATA") or len(said.all("PLAINTEXT")) != 1:
        raise CannotOpen(
            FaultCode.CANNOT_DECRYPT, "There is no whole OpenPGP message in the file; it may be cut off.", _AGAIN
        )
    if options.unencrypted == "refuse":
        raise not_encrypted(signed=said.has("NEWSIG", "GOODSIG", "ERRSIG", "BADSIG"))


def not_encrypted(*, signed: bool = False) -> CannotOpen:
    return CannotOpen(
        FaultCode.NOT_ENCRYPTED,
        f"The file is {'signed but ' if signed else ''}not encrypted, and this inbox takes encrypted files only.",
        "Ask the sender to encrypt it with the site's public key (`linecard keys export`), "
        "or set `unencrypted` below `open: pgp:` of the inbox.",
    )


def _signed(said: Said, options: PgpOptions, *, valid: bool) -> None:
    if said.has("BADSIG"):
        raise _signature("The signature does not fit the file: one of them was changed.", _AGAIN)
    if not options.signers:
        return
    for keyword, words in said.lines:
        if keyword in _NOT_GOOD:
            raise _signature(
                f"The file is signed {_NOT_GOOD[keyword].format(who=words[0] if words else '?')}.",
                "Import the sender's present public key (`linecard keys import`), and list its fingerprint "
                "under `signers`.",
            )
    signers = {name for words in said.all("VALIDSIG") for name in (words[0], words[-1])}
    if not signers:
        raise _signature("The file is not signed.", "Ask the sender to sign it, or list no `signers` for the inbox.")
    if not valid or not said.has("GOODSIG") or signers.isdisjoint(options.signers):
        raise _signature(
            f"The file is signed by {said.all('VALIDSIG')[0][-1]}, who is not one of the inbox's `signers`.",
            "If that is the right sender, list this fingerprint under `signers`.",
        )


def _signature(message: str, hint: str) -> CannotOpen:
    return CannotOpen(FaultCode.SIGNATURE, message, hint)


def _outdated(said: Said) -> Iterator[Fault]:
    """Old ciphers and hashes are taken, because some HR systems know no others, and told."""
    ciphers = [
        _OLD_CIPHERS[words[1]] for words in said.all("DECRYPTION_INFO") if words[1:] and words[1] in _OLD_CIPHERS
    ]
    hashes = [_OLD_HASHES[words[7]] for words in said.all("VALIDSIG") if words[7:] and words[7] in _OLD_HASHES]
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
