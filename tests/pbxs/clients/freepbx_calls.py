"""Calls of pyfreepbx, run in a process of its own: what it gives back, as JSON."""

from __future__ import annotations

import json
import sys
import warnings
from urllib.parse import urlsplit

from pyfreepbx import FreePBX
from pyfreepbx.clients.freepbx import FreePBXClient
from pyfreepbx.config import FreePBXConfig

url, token = sys.argv[1:]
warnings.simplefilter("ignore")
where = urlsplit(url)
told: dict[str, object] = {}
config = FreePBXConfig(host=where.hostname, port=where.port, api_token=token)
client = FreePBXClient(config)


def attempt(name, call):
    try:
        told[name] = call()
    except Exception as error:  # noqa: BLE001
        told[name] = [type(error).__name__, str(error).splitlines()[0]]


LIST = "{ fetchAllExtensions { status totalCount extension { extensionId user { extPassword } } } }"
ONE = "query($id: ID) { fetchExtension(extensionId: $id) { status message extensionId user { name extPassword } } }"
CHANGE = """mutation($id: ID!, $name: String, $secret: String) {
  updateExtension(input: {extensionId: $id, name: $name, extPassword: $secret}) { status message } }"""
BARE = "mutation { deleteExtension(input: {extensionId: 999}) { message } }"
RELOAD = "mutation { doreload(input: {}) { status transaction_id } }"

attempt("list", lambda: client.graphql.query(LIST)["fetchAllExtensions"])
attempt("one", lambda: client.graphql.query(ONE, {"id": "100"})["fetchExtension"])
attempt("absent", lambda: client.graphql.query(ONE, {"id": "999"}))
attempt("change", lambda: client.graphql.mutation(CHANGE, {"id": "100", "name": "Bob", "secret": "kept"}))
attempt("changed", lambda: client.graphql.query(ONE, {"id": "100"})["fetchExtension"]["user"])
attempt("failure_without_status", lambda: client.graphql.mutation(BARE))
attempt("reload", lambda: sorted(client.graphql.mutation(RELOAD)["doreload"]))
# Its own requests were never run against a FreePBX, and name fields that the source does not have.
attempt("its_list", client.fetch_all_extensions)
attempt("its_one", lambda: client.fetch_extension("100"))
wrong = FreePBX(host=where.hostname, port=where.port, api_token="wrong")
attempt("wrong_token", lambda: wrong.extensions.get("100"))
print(json.dumps(told))
