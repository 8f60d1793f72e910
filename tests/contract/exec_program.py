#!/usr/bin/python3 -IS
"""A program for the backend `exec`, right in all things but the one that its settings name.

Its PBX is a file of JSON. `settings` has the `file`, perhaps the name of a `bug`, and the file `faults`, in which a
test says what is wrong with the PBX just now. It must not import anything of linecard: it is what linecard talks to.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import select
import sys
import time
import unicodedata
from pathlib import Path

CAN = ["create_extensions", "create_members", "several", "several_numbers"]
LATE = 0.2
"""Seconds until a PBX that shows changes late shows one."""
VACANT = {"member": None, "numbers": []}


class Unreachable(Exception):
    """The PBX does not answer."""


def say(**words):
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


class Pbx:
    """The file: what is held, which members are known, and what is shown late."""

    def __init__(self, settings):
        self.path, self.faults = Path(settings["file"]), Path(settings["faults"])

    def load(self):
        with contextlib.suppress(FileNotFoundError):
            return json.loads(self.path.read_text(encoding="utf-8"))
        return {"held": {}, "members": [], "late": {}}

    def store(self, state):
        new = self.path.with_suffix(".new")
        with new.open("w", encoding="utf-8") as file:
            json.dump(state, file)
        new.rename(self.path)

    def strikes(self, *names, made=False):
        """Whether one of these faults is on; those that pass do so after some strikes, others begin after changes."""
        try:
            fault = json.loads(self.faults.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return False
        if made:
            fault["after"] -= 1
        strikes = fault["name"] in names and fault["after"] <= 0 < fault["strikes"]
        if strikes:
            fault["strikes"] -= 1
        if made or strikes:
            self.faults.write_text(json.dumps(fault), encoding="utf-8")
        return strikes

    def ask(self):
        """Any request: raises where nobody answers, waits where it is asked to."""
        while self.strikes("rate_limited"):
            time.sleep(0.01)
        if self.strikes("unreachable", "silent"):
            raise Unreachable

    def show(self):
        """What it shows of its extensions: some of them late."""
        self.ask()
        state = self.load()
        shown = dict(state["held"])
        for extension, late in state["late"].items():
            if time.time() < late["until"]:
                shown[extension] = late["held"]
        return {extension: held for extension, held in shown.items() if held is not None}

    def make(self, state, change):
        """Make a change that may be made; whether its answer arrives."""
        if self.strikes("pretended"):
            return True
        lost = self.strikes("answer_lost")
        extension = change["extension"]
        if self.strikes("shown_late"):
            state["late"][extension] = {"held": state["held"].get(extension), "until": time.time() + LATE}
        state["held"][extension] = change["after"]
        self.store(state)
        self.strikes(made=True)
        return not lost


class Program:
    def __init__(self, settings):
        self.bug, self.pbx = settings.get("bug", ""), Pbx(settings)
        self.remembered = None
        self.believed = {}
        self.held_back = []
        self.open = []
        self.is_broken = False
        self.lock = self.pbx.path.with_suffix(".lock").open("a")

    # -- reading -----------------------------------------------------------------------------------------------------

    def find(self, request):
        if self.bug == "remembering":
            self.remembered = self.remembered or self.pbx.show()
            return list(self.remembered.items())
        if self.bug == "repeating" and not request.get("whole"):
            return [
                found for key in ("extensions", "members", "numbers") for found in self.find_by({key: request[key]})
            ]
        return self.find_by(request)

    def find_by(self, request):
        extensions, members, numbers = (set(request.get(key, ())) for key in ("extensions", "members", "numbers"))
        if self.bug == "counting":
            extensions = {str(int(name)) for name in extensions}
        if self.bug == "short":
            extensions, members, numbers = (set(sorted(names)[:999]) for names in (extensions, members, numbers))
        found = []
        for extension, held in {**self.pbx.show(), **self.believed}.items():
            named = extension in extensions or held["member"] in members or numbers & set(held["numbers"])
            if self.bug == "wildcard":
                named = named or "%" in extensions
            if request.get("whole") or named or self.bug == "generous":
                found.append((extension, held))
        if self.bug == "inventing":
            found += [(name, VACANT) for name in extensions - {extension for extension, _ in found}]
        return found[:5000] if self.bug == "capped" else found

    def fetch(self, request):
        try:
            found = self.find(request)
        except Unreachable:
            if self.bug != "empty":
                raise
            found = []
        for extension, held in found:
            numbers = held["numbers"][:1] if self.bug == "first_number" else held["numbers"]
            say(id=request["id"], entry={"extension": extension, "member": held["member"], "numbers": numbers})

    def members(self, request):
        known = set(self.pbx.load()["members"])
        for login in sorted(known if request.get("whole") else known & set(request.get("members", ()))):
            say(id=request["id"], member=login)

    def precheck(self, request):
        if self.bug == "impatient":
            for change in request["changes"]:
                self.judge(change)
        if self.bug == "talkative":
            say(id=request["id"], caveat={"extension": "9999", "message": "the queue desk rings it"})

    def examine(self, request):
        try:
            self.pbx.ask()
        except Unreachable:
            say(id=request["id"], alert={"what": "answers", "message": "the PBX does not answer", "remedy": "Wait."})

    # -- changes -----------------------------------------------------------------------------------------------------

    def judge(self, change):
        """What becomes of a change: its status, and words."""
        if self.bug == "throttled" and self.pbx.strikes("rate_limited"):
            return "failed", "too many requests"
        self.pbx.ask()
        fcntl.flock(self.lock, fcntl.LOCK_EX)
        try:
            return self.judge_alone(change)
        finally:
            if self.bug != "locking":
                fcntl.flock(self.lock, fcntl.LOCK_UN)

    def judge_alone(self, change):
        state = self.pbx.load()
        held, after = state["held"], change["after"]
        now = held.get(change["extension"], VACANT)
        if self.bug == "one_number":
            after = {**after, "numbers": after["numbers"][:1]}
        if self.bug == "thorough" and after["member"] is None:
            after = VACANT
        if self.bug == "folding" and after["member"]:
            plain = unicodedata.normalize("NFKD", after["member"]).encode("ascii", "ignore").decode()
            after = {**after, "member": plain}
        if now != change["before"] and self.bug != "blind":
            return "stale", f"it is held by {now['member']} now"
        for extension, other in held.items():
            if extension != change["extension"] and set(other["numbers"]) & set(after["numbers"]):
                return "failed", f"a number is on extension {extension}"
        if self.bug == "pretending" and change["seq"] == 2:
            return "done", ""
        if self.bug == "believing":
            self.believed[change["extension"]] = after
        return self.settle({**change, "after": after}, is_answered=self.pbx.make(state, {**change, "after": after}))

    def settle(self, change, *, is_answered):
        """Nothing is done before the PBX shows it."""
        if not is_answered and self.bug == "resending":
            return self.judge_alone(change)
        if self.bug == "trusting":
            return "done", ""
        until = time.monotonic() + 5 * LATE
        while time.monotonic() < until:
            if self.pbx.show().get(change["extension"], VACANT) == change["after"]:
                return "done", ""
            time.sleep(LATE / 10)
        return "unknown", "the PBX does not show it"

    def can(self):
        return [word for word in CAN if word != "create_members" or self.bug != "making_members"]

    def change(self, number, change):
        if self.bug == "hasty":
            self.held_back.append(change)
            return self.answer(number, change, "done")
        if self.bug == "forgetful" and change["seq"] == 2:
            return self.judge(change)
        if self.is_broken:
            return self.answer(number, change, "failed", "an earlier change was refused")
        try:
            status, words = self.judge(change)
        except Unreachable:
            if self.bug != "dying":
                raise
            status, words = "failed", "the PBX does not answer"
        if status == "failed" and self.bug == "raising":
            return say(id=number, error={"message": words, "remedy": "None."})
        self.is_broken = self.bug == "all_or_nothing" and status != "done"
        return self.answer(number, change, status, words)

    def answer(self, number, change, status, words=""):
        for _ in range(2 if self.bug == "twice" else 1):
            words = "" if self.bug == "speechless" else words
            say(id=number, result={"seq": change["seq"], "status": status, "words": words})

    def flush(self, number):
        """The changes that were held back."""
        open_, self.open = self.open, []
        for change in reversed(open_):
            self.change(number, change)

    # -- the conversation --------------------------------------------------------------------------------------------

    def converse(self, request):
        number, op = request["id"], request.get("op")
        try:
            if "change" in request and self.bug == "backwards":
                self.open.append(request["change"])
            elif "change" in request:
                return self.change(number, request["change"])
            elif op == "apply":
                self.is_broken = False
                if self.bug == "locking":
                    fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return None
            elif op is None:
                for change in self.held_back:
                    self.judge(change)
                self.held_back = []
            else:
                getattr(self, op)(request)
        except Unreachable:
            return say(id=number, error={"message": "the PBX does not answer", "remedy": "Wait for it."})
        except BlockingIOError:
            return say(id=number, error={"message": "the PBX is locked", "remedy": "Wait for it."})
        return None if self.open else say(id=number, end=True)


def main():
    program, number = None, 0
    pipe = os.fdopen(0, "rb", buffering=0)
    rest = b""
    while True:
        if program is not None and program.open and not select.select([pipe], [], [], 0.05)[0]:
            program.flush(number)
        if not (block := pipe.read(65_536)):
            return
        *lines, rest = (rest + block).split(b"\n")
        for line in lines:
            request = json.loads(line)
            number = request["id"]
            if request.get("op") != "hello":
                program.converse(request)
                continue
            program = Program(request["settings"])
            abilities = ["precheck", "examine"]
            hello = {"protocol": 1, "can": program.can(), "abilities": abilities, "ahead": 50}
            say(id=number, hello=hello)
            say(id=number, end=True)


main()
