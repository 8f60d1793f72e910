"""Put pip into this (pip-less) virtual environment: one wheel, checked by its SHA-256.

The address is asked from the package index (PIP_INDEX_URL, else PyPI); what arrives is trusted for its
hash alone, so a host without CA certificates is served too.
"""

import hashlib
import json
import os
import ssl
import subprocess
import sys
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

WHEEL = "pip-26.2-py3-none-any.whl"
SHA256 = "931c303696af6fa3417112103b1cad26890e5a07eccb5b99783700e33f2b8aad"


def fetch(url: str) -> bytes:
    request = urllib.request.Request(url, headers={"Accept": "application/vnd.pypi.simple.v1+json"})
    unverified = ssl.create_default_context()
    unverified.check_hostname, unverified.verify_mode = False, ssl.CERT_NONE
    for context in (ssl.create_default_context(), unverified):
        try:
            with urllib.request.urlopen(request, timeout=60, context=context) as answer:
                return answer.read()
        except urllib.error.URLError as error:
            if not isinstance(error.reason, ssl.SSLCertVerificationError):
                raise
    raise SystemExit(f"{url}: no TLS connection was possible")


def main() -> None:
    index = os.environ.get("PIP_INDEX_URL", "https://pypi.org/simple").rstrip("/") + "/pip/"
    files = json.loads(fetch(index))["files"]
    url = next(urllib.parse.urljoin(index, f["url"]) for f in files if f["filename"] == WHEEL)
    wheel = fetch(url)
    if hashlib.sha256(wheel).hexdigest() != SHA256:
        raise SystemExit(f"{url}: the SHA-256 is not the expected one; nothing was installed")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, WHEEL)
        path.write_bytes(wheel)
        subprocess.run([sys.executable, f"{path}/pip", "install", "--quiet", "--no-index", str(path)], check=True)


main()
