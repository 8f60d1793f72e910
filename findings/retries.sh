#!/bin/sh
# stamina 26.1.0 and structlog 26.1.0 (PyPI): where both are installed, a retry is written to the standard output.
#
# stamina logs each retry that it schedules, "using structlog with a fallback to logging": whichever is installed, not
# whichever the program uses. structlog, until somebody configures it, prints to the standard output. So a program that
# uses stamina, has structlog somewhere among its dependencies, and prints JSON or CSV for others to read, mixes lines
# of log into its output as soon as a server hiccups; without structlog the same line goes to logging and is not seen on
# the standard output. Nothing is printed while all goes well, so that no test without a fault shows it.
#
# `stamina.instrumentation.set_on_retry_hooks([])` before the first retry is silence.
# Exits with 0 while that is so.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat > "$work/program.py" <<'PYTHON'
import json
import sys

import stamina

if "silent" in sys.argv:
    stamina.instrumentation.set_on_retry_hooks([])
tries = []


@stamina.retry(on=ConnectionError, wait_initial=0.01, wait_jitter=0)
def fetch(name):
    tries.append(name)
    if len(tries) == 1:
        raise ConnectionError("the server hiccups")
    return {"name": name}


print(json.dumps(fetch("ada")))
PYTHON
for packages in stamina==26.1.0 "stamina==26.1.0 structlog==26.1.0"; do
    python3 -m venv "$work/env"
    # shellcheck disable=SC2086  # one package a word
    "$work/env/bin/pip" install --quiet --disable-pip-version-check $packages
    "$work/env/bin/python" "$work/program.py" > "$work/out" 2> "$work/err"
    echo "with $packages:"
    sed 's/^/    stdout  /' "$work/out"
    mv "$work/out" "$work/last"
done
"$work/env/bin/python" "$work/program.py" silent > "$work/silent"
[ "$(wc -l < "$work/silent")" = 1 ]
[ "$(wc -l < "$work/last")" = 2 ]
grep -q stamina.retry_scheduled "$work/last"
echo "still so: the retry is on the standard output"
