#!/bin/sh
# GnuPG 2.2 (Debian 12: 2.2.40): two packets that mean nothing are passed over anywhere but at the beginning, where one
# of them hides the whole message, unless the other stands before it.
#
# OpenPGP has two packets that a reader must ignore: the marker (tag 10, RFC 4880 section 5.8) and padding (tag 21, RFC
# 9580 section 5.14). gpg 2.2 is older than padding and yet passes over it: between the packets of a message, behind it,
# and first thing in an armoured one. First thing in a binary file it makes of a good message "no valid OpenPGP data
# found". With five bytes of marker before the padding the same message is decrypted. Sequoia (pysequoia 0.1.35) reads
# them all.
#
# Exits with 0 while that is so. Needs gpg (apt-get install gnupg).
set -eu
work=$(mktemp -d)
trap 'gpgconf --homedir "$work/home" --kill all; rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check pysequoia==0.1.35
mkdir -m 700 "$work/home"
gpg --version | head -n 1
WORK=$work "$work/env/bin/python" -W ignore - <<'PYTHON'
import os
import subprocess

from pysequoia import Cert, decrypt

WORDS = ["gpg", "--homedir", os.environ["WORK"] + "/home", "--batch", "--quiet", "--pinentry-mode", "loopback"]
TEXT = b"a message\n"
MARKER, PADDING = b"\xca\x03PGP", b"\xd5\x08" + bytes(range(8))


def gpg(*words, data=b"", good=True):
    words = [*WORDS, "--passphrase", "", *words]
    done = subprocess.run(words, input=data, capture_output=True, env=os.environ | {"LC_ALL": "C"})
    assert done.returncode == 0 or not good, done.stderr
    return done.stdout, done.stderr.decode().strip()


gpg("--quick-generate-key", "a@example.com", "rsa2048", "default", "0")
listed = gpg("--with-colons", "--list-keys")[0].decode()
key = next(line.split(":")[9] for line in listed.splitlines() if line.startswith("fpr"))
gpg("--quick-add-key", key, "rsa2048", "encr", "0")
message, _ = gpg("--trust-model", "always", "--recipient", key, "--encrypt", data=TEXT)
first = 3 + int.from_bytes(message[1:3])  # the packet with the session key, an old head with two bytes of length
assert message[0] == 0x85, message[:1]
reader = Cert.from_bytes(gpg("--export-secret-keys", key)[0]).secrets.decryptor()


def armoured(data):
    return gpg("--enarmor", data=data)[0].replace(b"ARMORED FILE", b"MESSAGE")


CASES = {
    "as gpg wrote it": (message, True),
    "marker first": (MARKER + message, True),
    "padding behind the first packet": (message[:first] + PADDING + message[first:], True),
    "padding behind it": (message + PADDING, True),
    "padding first": (PADDING + message, False),
    "padding first, armoured": (armoured(PADDING + message), True),
    "marker, then padding first": (MARKER + PADDING + message, True),
    "padding, then marker first": (PADDING + MARKER + message, False),
}
for name, (data, read) in CASES.items():
    found, words = gpg("--decrypt", data=data, good=False)
    try:
        sequoia = bytes(decrypt(data, reader).bytes) == TEXT
    except Exception as error:
        sequoia = f"{type(error).__name__}: {str(error).splitlines()[0]}"
    said = "read" if found == TEXT else words.splitlines()[0]
    print(f"{name:34} gpg: {said:44} Sequoia: {'read' if sequoia is True else sequoia}")
    assert (found == TEXT) == read, (name, found, words)
    assert sequoia is True, (name, sequoia)
PYTHON
echo "still so: gpg 2.2 finds no message behind padding, unless a marker stands before it"
