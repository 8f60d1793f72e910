"""A program that breaks the protocol, dies, hangs or floods is a clear fault, and nothing is lost."""

from __future__ import annotations

import os
import tempfile
import textwrap
import time
from pathlib import Path

import pytest

from integration.exec.programs import open_program, write_program, write_python
from linecard.api.backend import VACANT, BackendError, Can, Change, ChangeStatus, Entry, Holding, Scope
from linecard.testing import make_context

EVERYTHING = Scope.everything()
ATTACH = [Change(n, "hq", f"{999 + n}", VACANT, Holding("ada@example.org")) for n in range(1, 10)]

FETCH = """
if request.get("op") == "fetch":
    say(id=request["id"], entry={"extension": "1000", "member": "Ada@Example.org", "numbers": ["+33199001000"]})
    %s
    say(id=request["id"], end=True)
"""


def fetch(path, **options):
    backend = open_program(path, **options)
    try:
        return list(backend.fetch(EVERYTHING))
    finally:
        backend.close()


def test_what_it_says_is_what_the_pbx_holds(tmp_path):
    backend = open_program(write_python(tmp_path, FETCH % ""))
    assert list(backend.fetch(EVERYTHING)) == [Entry("1000", "ada@example.org", ("+33199001000",))]
    assert backend.can == {Can.SEVERAL}
    backend.close()


@pytest.mark.parametrize(
    ("does", "words"),
    [
        ("print('hello there', flush=True)", "does not understand: hello there"),
        ("print('[1, 2]', flush=True)", "does not understand"),
        ("say(id=99, entry={'extension': '1000'})", "an answer to 99"),
        ("say(entry={'extension': '1000'})", "id: Field required"),
        ("say(id=request['id'], entry={'extension': 1000})", "entry.extension"),
        ("say(id=request['id'], entry={'extension': '1001', 'numbers': ['0199001000']})", "entry.numbers.0"),
        ("say(id=request['id'], member='ada@example.org')", "member in the answer to fetch"),
        ("say(id=request['id'], result={'seq': 1, 'status': 'done'})", "result in the answer to fetch"),
        ("sys.exit(3)", "ended with status 3"),
        ("print('no licence', file=sys.stderr, flush=True); sys.exit(3)", "ended with status 3: no licence"),
        ("os.kill(os.getpid(), 11)", "SIGSEGV"),
        ("time.sleep(60)", "said nothing for 1 s"),
        ("print('x' * 3_000_000, flush=True)", "a line of more than 1048576 bytes"),
        ("sys.stdout.write('x' * 3_000_000); sys.stdout.flush(); time.sleep(60)", "a line of more than"),
        ("say(id=request['id'], error={'message': 'the PBX is out', 'remedy': 'Wait.'})", "the PBX is out"),
        ("x = bytearray(4_000_000_000)", "ended with status 1"),
        ("while True: say(id=request['id'], entry={'extension': '1000'})", "more than 1000 lines"),
    ],
)
def test_what_it_should_not_do_is_a_sentence(tmp_path, does, words):
    """And it is stopped."""
    path = write_python(tmp_path, FETCH % does)
    with pytest.raises(BackendError, match="(?s)" + words.replace("(", r"\(")):
        fetch(path, timeout=1.0 if "sleep" in does else 20.0, lines=1000)


def test_a_program_that_is_not_there(tmp_path):
    """Or that may not be executed, or is a folder: the sentence names it and what to check."""
    (tmp_path / "plain").write_text("#!/bin/sh\n")
    (tmp_path / "folder").mkdir()
    for name, words in {"nowhere": "no such file", "plain": "may be executed", "folder": "may be executed"}.items():
        with pytest.raises(BackendError, match=f"{name} cannot be started: .*{words}") as caught:
            fetch(tmp_path / name)
        assert "`command`" in caught.value.remedy


def test_another_protocol(tmp_path):
    text = '#!/bin/sh\nread line\necho \'{"id": 1, "hello": {"protocol": 2}}\'\necho \'{"id": 1, "end": true}\'\n'
    with pytest.raises(BackendError, match="speaks version 2"):
        fetch(write_program(tmp_path / "next.sh", text))


APPLY = """
if "change" in request:
    seq = request["change"]["seq"]
    %s
    say(id=request["id"], result={"seq": seq, "status": "done"})
elif request.get("end"):
    say(id=request["id"], end=True)
"""


def test_a_result_that_belongs_to_nothing(tmp_path):
    backend = open_program(write_python(tmp_path, APPLY % "seq = 77"))
    with pytest.raises(BackendError, match="change 77"):
        list(backend.apply(ATTACH))
    backend.close()


def test_it_dies_in_the_middle(tmp_path):
    """What it has answered is known, the rest is for reading back; the next request meets a new run of it."""
    backend = open_program(write_python(tmp_path, APPLY % "if seq == 4: sys.exit(1)"))
    results = []
    with pytest.raises(BackendError, match="ended with status 1"):
        results.extend(backend.apply(ATTACH))
    again = list(backend.apply(ATTACH[:3]))
    backend.close()
    assert [result.status for result in again] == [ChangeStatus.DONE] * 3


def test_no_more_is_sent_ahead_than_it_wants(tmp_path):
    """Three, as it says in hello."""
    body = APPLY % "open(sys.argv[1], 'a').write(f'{seq} ')"
    log = tmp_path / "log"
    backend = open_program(path := write_python(tmp_path, body), command=[str(tmp_path / "program.py"), str(log)])
    taken = []

    def source():
        for change in ATTACH:
            taken.append(change.seq)
            yield change

    applying = backend.apply(source())
    next(applying)
    assert path.exists()
    assert len(taken) <= 4
    assert [result.change.seq for result in applying] == list(range(2, 10))
    backend.close()
    assert log.read_text().split() == [str(n) for n in range(1, 10)]


def test_whoever_stops_half_way_leaves_nothing_going_on(tmp_path):
    """What was handed over is answered before the backend is used again."""
    backend = open_program(write_python(tmp_path, APPLY % "time.sleep(0.05)"))
    applying = backend.apply(ATTACH)
    next(applying)
    applying.close()
    assert [result.status for result in backend.apply(ATTACH[:2])] == [ChangeStatus.DONE] * 2
    backend.close()


def test_its_standard_error_is_in_the_log(tmp_path):
    """Up to a limit, in printable characters."""
    told = []

    def log(event, *, level="info", **facts):
        told.append((event, facts))

    context = make_context(tmp_path, "hq", log=log)
    does = "for n in range(1000): print(f'line {n} \\x1b[31m', file=sys.stderr)\n    sys.stderr.flush()"
    fetch(write_python(tmp_path, FETCH % does), context=context)
    said = [facts["words"] for event, facts in told if event == "the program says"]
    assert said[0].startswith("line 0")
    assert len(said) == 200
    assert not any("\x1b" in words for words in said)
    assert any("more than is kept" in event for event, _ in told)


def test_secrets_come_in_hello_and_nowhere_else(tmp_path):
    """Not among the arguments, not in the environment, not in the log."""
    secret = tmp_path / "token"
    secret.touch(mode=0o600)
    secret.write_text("open sesame")
    told = []
    body = """
    #!/usr/bin/env python3
    import json, os, sys
    hello = json.loads(sys.stdin.readline())
    seen = hello["secrets"]["token"] == "open sesame"
    elsewhere = "open sesame" in " ".join([*sys.argv, *os.environ.values()])
    print(json.dumps({"id": hello["id"], "hello": {"protocol": 1}}))
    print(json.dumps({"id": hello["id"], "end": True}), flush=True)
    request = json.loads(sys.stdin.readline())
    numbers = {"extension": f"{seen} {elsewhere} {sorted(os.environ)}"}
    print(json.dumps({"id": request["id"], "entry": numbers}))
    print(json.dumps({"id": request["id"], "end": True}), flush=True)
    """
    path = write_program(tmp_path / "secret.py", textwrap.dedent(body).lstrip())
    context = make_context(tmp_path, "hq", log=lambda event, **facts: told.append((event, facts)))
    (entry,) = fetch(path, context=context, secrets={"token": "file:token"}, environment={"TZ": "UTC"})
    assert entry.extension == "True False ['LANG', 'PATH', 'TZ']"
    assert "open sesame" not in repr(told)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a program another account")
def test_it_runs_as_the_account_that_is_named():
    """With its groups and no others."""
    with tempfile.TemporaryDirectory() as name:  # where others may look, unlike in pytest's own
        folder = Path(name)
        folder.chmod(0o755)
        body = FETCH.replace('"1000"', "str([os.getuid(), os.getgroups()])") % ""
        (entry,) = fetch(write_python(folder, body), user="nobody")
    assert entry.extension == "[65534, [65534]]"


@pytest.mark.skipif(os.geteuid() == 0, reason="root can become anybody")
def test_nobody_becomes_somebody_else(tmp_path):
    with pytest.raises(BackendError, match="cannot become root"):
        fetch(write_python(tmp_path, FETCH % ""), user="root")


def test_a_program_that_does_not_end_is_ended(tmp_path):
    """With what it has started, when linecard closes it."""
    body = (FETCH % "") + "\nimport signal, subprocess\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    backend = open_program(write_python(tmp_path, body))
    list(backend.fetch(EVERYTHING))
    begin = time.monotonic()
    backend.close()
    assert time.monotonic() - begin < 30


def test_a_hello_without_a_word(tmp_path):
    """An end alone says nothing of what it can."""
    text = '#!/bin/sh\nread line\necho \'{"id": 1, "end": true}\'\nread line\n'
    with pytest.raises(BackendError, match="has no hello"):
        fetch(write_program(tmp_path / "silent.sh", text))


def test_nothing_stays_open_of_one_that_ended_by_itself(tmp_path):
    """After a whole answer: its pipes are closed all the same."""
    before = len(list(Path("/proc/self/fd").iterdir()))
    path = write_python(tmp_path, (FETCH % "") + "\nsys.exit(0)\n")
    for _ in range(3):
        fetch(path)
    assert len(list(Path("/proc/self/fd").iterdir())) <= before
