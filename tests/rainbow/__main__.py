"""`make rainbow`: a Rainbow of your own on this machine, and what to type.

`python -m rainbow --port 8443 --folder DIR` with `PYTHONPATH=tests`; DIR gets the certificate. It runs until it is
interrupted.
"""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from pathlib import Path

from rainbow.examples import ADMINISTRATOR, APPLICATION, PASSWORD, PBX, SECRET, small_company
from rainbow.server import Simulator
from rainbow.world import World

WORDS = """\
A simulated ALE Rainbow listens at {url} until you press Ctrl-C. It forgets everything then.

  administrator   {login}          password   {password}
  application     {application}   secret     {secret}
  certificate     {certificate}
  company         Example SA: 12 members; on PBX {pbx} the extensions 1000 to 1059, of which 1000 to 1004 are held

With linecard, in another terminal:

  linecard init rainbow-site --backend rainbow && cd rainbow-site
  sed -i 's/PBXpbxid/{pbx}/; s/0123456789abcdef  .*/{application}/
      s/# host: .*/host: {host}/; s|# ca_file: .*|ca_file: {certificate}|
      s/# probe: .*/probe: {{extension: 1059, member: lotte@example.com}}/' linecard.yaml
  (umask 077; printf %s '{password}' > secrets/rainbow-password; printf %s '{secret}' > secrets/rainbow-application)
  export LINECARD_CONFIG=$PWD/linecard.yaml
  linecard doctor
  printf 'Action,LoginEmail,Extension\\nattach,frances@example.com,1010\\n' > sheet.csv
  printf 'force_attach,grace@example.com,1000\\ndetach,barbara@example.com,\\n' >> sheet.csv
  linecard plan sheet.csv
  linecard import sheet.csv --yes
  linecard undo 1 --yes

With curl:

  cert={certificate}
  proof=$(printf %s '{secret}{password}' | sha256sum | cut -d' ' -f1)
  token=$(curl -s --cacert $cert -u '{login}:{password}' \\
      -H "x-rainbow-app-auth: Basic $(printf %s "{application}:$proof" | base64 -w0)" \\
      {url}/api/rainbow/authentication/v1.0/login | sed 's/.*"token": "\\([^"]*\\)".*/\\1/')
  curl -s --cacert $cert -H "Authorization: Bearer $token" {url}/api/rainbow/admin/v1.0/systems
  curl -s --cacert $cert -H "Authorization: Bearer $token" \\
      '{url}/api/rainbow/admin/v1.0/systems/{system}/phone-numbers?shortNumber=100&format=full'

With ALE's own client (`rbw`; CONTRIBUTING.md says how to install it):

  export NODE_EXTRA_CA_CERTS={certificate} NODE_OPTIONS='--require {preload}'
  rbw login {login} '{password}' --host '{host}/rb'
  rbw systems
  rbw phones {system} --limit 100
  rbw masspro template device
  rbw masspro check template.csv

What it was asked, who holds what, and faults:

  curl -s --cacert $cert {url}/simulator/requests
  curl -s --cacert $cert {url}/simulator/state
  curl -s --cacert $cert {url}/simulator/faults -d '{{"kind": "status", "status": 503, "path": "/systems", "times": 3}}'
"""


def main() -> None:
    parser = argparse.ArgumentParser(prog="rainbow", description="A simulated ALE Rainbow on loopback.")
    parser.add_argument("--port", type=int, default=8443, help="0 takes a free one")
    parser.add_argument("--folder", type=Path, default=Path(".cache/rainbow"), help="where its certificate is kept")
    wanted = parser.parse_args()
    wanted.folder.mkdir(parents=True, exist_ok=True)
    world = small_company(World())
    try:
        simulator = Simulator(world, wanted.folder.resolve(), port=wanted.port)
    except OSError as error:
        problem = f"Port {wanted.port} of 127.0.0.1 cannot be used: {error.strerror}."
        sys.exit(f"{problem} Name another one: make rainbow PORT=8444")
    ended = threading.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda *_: ended.set())
    with simulator:
        (system,) = world.tenant.systems_by_pbx(PBX)
        words = WORDS.format(
            url=simulator.url,
            host=simulator.host,
            login=ADMINISTRATOR,
            password=PASSWORD,
            application=APPLICATION,
            secret=SECRET,
            certificate=simulator.certificate,
            pbx=PBX,
            system=system.id,
            preload=Path(__file__).parent / "clients" / "preload.js",
        )
        print(words, flush=True)
        ended.wait()


if __name__ == "__main__":
    main()
