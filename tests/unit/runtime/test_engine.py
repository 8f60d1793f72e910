"""The engine: what there is to do, done in the right order, given up never too early, and told truly."""

from __future__ import annotations

import faulthandler
import os
import shutil
import signal
import sqlite3
from contextlib import closing

import pytest

from acceptance.cli.terminal import Said, typed
from integration.daemon.site import CONFIG
from integration.daemon.switchboard import FAULTY, GLUTTON, HURRY, POISON, SLOW
from linecard.pipeline import quarantine
from linecard.pipeline.intake import OVERDUE
from linecard.runtime.crash_guard import MAX_CRASHES, MAX_TRIES
from linecard.runtime.engine import run_in_turn
from linecard.runtime.operations import Operations
from unit.runtime.driving import rows

BOTH = rows("ada 1000", pbx="hq") + rows("bob 2000", pbx="lab").partition("\n")[2]


def test_a_file_becomes_a_run_that_is_planned_applied_and_parted_with(drive):
    drive.drop("hr", "a.csv", rows("ada 1000"))
    assert drive.done() == [1]
    assert drive.states == {1: "applied"}
    assert drive.ended == [(1, "applied")]
    assert drive.made("hq") == ["1000"]
    assert drive.alerts == {}
    assert [path for path in (drive.folder / "state" / "work").rglob("*") if path.is_file()] == []


def test_a_sheet_waits_only_for_the_pbxs_that_its_rows_name(drive):
    """Of an inbox for both PBXs, one sheet names one of them; the other PBX is free meanwhile."""
    drive.drop("all", "a.csv", rows("ada 1000", pbx="hq"))
    drive.drop("it", "b.csv", rows("bob 2000"))
    drive.look()
    assert {drive.engine.next_run(), drive.engine.next_run()} == {1, 2}


def test_a_sheet_that_names_no_pbx_is_done_at_once(drive):
    drive.drop("all", "a.csv", "Nothing,of\nthis,kind\n")
    drive.look()
    assert drive.states == {1: "rejected"}
    assert drive.ended == [(1, "rejected")]
    assert drive.work() == []


def test_a_processor_that_does_not_come_back_holds_up_its_own_run_and_nothing_is_lost(drive):
    """It says which line; when the processor is well again, the run is planned and applied."""
    processors = "processors: {rule: {kind: switchboard, seconds: 0.05}}\n"
    drive.configure(CONFIG.replace("{path: hr,", "{path: hr, processors: [rule],") + processors)
    drive.start()
    drive.drop("hr", "a.csv", rows("ada 1000", f"{SLOW.partition('@')[0]} 1001"))
    drive.drop("it", "b.csv", rows("bob 2000"))
    HURRY.clear()
    drive.done()
    assert drive.states == {1: "received", 2: "applied"}
    assert "The processor rule took more than 0.05 seconds for line 3." in drive.alerts["run 1"]
    HURRY.set()
    drive.start()
    drive.work()
    assert drive.states[1] == "applied"
    assert drive.made("hq") == ["1000", "1001"]


def test_a_bug_stops_one_run_and_no_other(drive):
    """What a plugin raises is told with its traceback in the log; the PBX is free for others afterwards."""
    (drive.folder / "hq.ops").write_text("this is no list\n")
    drive.drop("hr", "a.csv", rows("ada 1000"))
    drive.drop("it", "b.csv", rows("bob 2000"))
    drive.done()
    assert drive.states == {1: "received", 2: "applied"}
    assert "The plugin switchboard failed in Switchboard.fetch: JSONDecodeError" in drive.alerts["run 1"]
    (drive.folder / "hq.ops").unlink()
    drive.now += 100
    assert drive.work() == [1]
    assert drive.states[1] == "applied"
    assert drive.alerts == {}


class TestPbxDown:
    def test_at_planning_the_run_waits_and_is_tried_less_and_less_often(self, drive):
        down = drive.told("hq", "down")
        drive.drop("hr", "a.csv", rows("ada 1000"))
        drive.done()
        assert drive.alerts == {"run 1": "Run 1 waits: the switchboard does not answer"}
        waits = []
        for _ in range(8):
            waits.append(drive.engine.next_due() - drive.now)
            drive.now = drive.engine.next_due()
            assert drive.work() == [1]
        assert all(4 <= wait <= 360 for wait in waits)
        assert waits[0] < 7
        assert waits[-1] > 200
        assert drive.states == {1: "received"}, "it is never given up: nothing was done of it"
        down.unlink()
        drive.now = drive.engine.next_due()
        drive.work()
        assert drive.states == {1: "applied"}
        assert drive.alerts == {}

    def test_in_the_middle_of_a_run_it_goes_on_when_the_pbx_is_back_and_nothing_is_made_twice(self, drive):
        drive.told("hq", "down-at", "2")
        drive.drop("hr", "a.csv", rows("ada 1000", "bob 1001", "cy 1002"))
        drive.done()
        assert drive.states == {1: "applying"}
        (drive.folder / "hq.down").unlink()
        drive.now += 100
        drive.work()
        assert drive.states == {1: "applied"}
        assert drive.made("hq") == ["1000", "1001", "1002"]

    def test_for_longer_than_its_patience_what_is_left_is_reported(self, drive):
        """Two changes are made, the third is told as not done."""
        drive.told("hq", "down-at", "2")
        drive.drop("hr", "a.csv", rows("ada 1000", "bob 1001", "cy 1002"))
        drive.done()
        drive.now += 3500
        drive.work()
        assert drive.states == {1: "applying"}
        drive.now += 200
        drive.work()
        assert drive.states == {1: "partial"}
        assert drive.made("hq") == ["1000", "1001"]
        assert drive.alerts == {}

    def test_patience_counts_from_the_last_change_that_was_made(self, drive):
        """It comes and goes, but the run gets on: that is no reason to give up."""
        drive.drop("hr", "a.csv", rows(*(f"m{n} {n}" for n in range(1000, 1006))))
        drive.told("hq", "down-at", "1")
        drive.done()
        for made in range(2, 6):
            drive.now += 3000
            drive.told("hq", "down-at", str(made))
            (drive.folder / "hq.down").unlink()
            assert drive.work() == [1]
            assert drive.states == {1: "applying"}
        (drive.folder / "hq.down").unlink()
        drive.now += 3000
        drive.work()
        assert drive.states == {1: "applied"}
        assert drive.made("hq") == [str(n) for n in range(1000, 1006)]

    def test_when_a_half_made_run_must_be_planned_again_patience_is_the_same(self, drive):
        """The PBX was changed by somebody else and went down: what is made is told as done, and the rest as not."""
        drive.drop("hr", "a.csv", rows("ada 1000", "bob 1001"))
        drive.look()

        def spread(work):
            (drive.folder / "hq.ops").write_text('["1001", [null, []], ["eve@example.org", []]]\n')
            run_in_turn(work)
            drive.told("hq", "down")

        drive.spread = spread
        drive.work()
        assert drive.states == {1: "stale"}
        (alert,) = drive.health.alerts
        assert "reported as not done" in alert.remedy
        drive.now += 3500
        drive.work()
        assert drive.states == {1: "stale"}
        drive.now += 200
        drive.work()
        assert drive.states == {1: "partial"}
        report = drive.service.report(drive.service.store.get_run(1))
        assert [(line.outcome, line.code) for line in report.lines()] == [("done", "linked"), ("skipped", "pbx_down")]
        assert drive.alerts == {}

    def test_when_linecard_is_told_to_stop_just_then_the_next_start_reads_back_what_was_under_way(self, drive):
        """Else the row whose change was made would be told as one that was so before."""
        drive.told("hq", "down-at", "2")
        drive.drop("hr", "a.csv", rows("ada 1000", "bob 1001", "cy 1002"))
        drive.look()

        def spread(work):
            for piece in work:
                piece()
            drive.stopping = True

        drive.spread = spread
        drive.work()
        assert drive.states == {1: "applying"}
        (drive.folder / "hq.down").unlink()
        drive.spread = lambda work: [piece() for piece in work]
        drive.start()
        drive.work()
        assert drive.states == {1: "applied"}
        assert drive.made("hq") == ["1000", "1001", "1002"]
        assert drive.service.store.get_run(1).counts["done"] == 3

    def test_one_of_two_pbxs_does_not_keep_the_other_busy(self, drive):
        """The one that is done is free for others; the run takes it again only when it needs it."""
        drive.told("lab", "down-at", "1")
        drive.drop("all", "a.csv", BOTH + rows("cy 2001", pbx="lab").partition("\n")[2])
        drive.done()
        assert drive.states == {1: "applying"}
        assert drive.freed == 1
        drive.drop("hr", "b.csv", rows("dan 1001"))
        assert drive.done() == [2]
        (drive.folder / "lab.down").unlink()
        drive.now += 100
        assert drive.work() == [1]
        assert drive.states == {1: "applied", 2: "applied"}
        assert drive.made("lab") == ["2000", "2001"]


def test_a_run_that_must_be_planned_again_waits_for_the_pbx_that_it_let_go(drive):
    """Else two runs would be at work on one PBX: it had left the one it was done with, and another run took it."""
    drive.drop("all", "a.csv", BOTH)
    drive.look()
    drive.drop("hr", "b.csv", rows("dan 1001"))
    drive.look()
    begun = []

    def spread(work):
        first, second = work
        first()  # hq is done, and free for others
        begun.append(drive.engine.next_run())
        (drive.folder / "lab.ops").write_text('["2000", [null, []], ["eve@example.org", []]]\n')  # somebody else
        second()

    drive.spread = spread
    assert drive.engine.next_run() == 1
    drive.engine.work_on(1)
    assert begun == [2]
    assert drive.states[1] == "stale"
    assert drive.engine.next_run() is None, "run 2 is at work on hq"
    drive.spread = lambda work: [piece() for piece in work]
    drive.engine.work_on(2)
    assert drive.work() == [1]


class TestPoison:
    """T15: a file that breaks linecard down whenever it is read does so once; then a person is asked, others go on."""

    def died(self, drive) -> int:
        """How a process ends that starts, and works as far as it comes."""
        child = os.fork()
        if child == 0:
            try:
                faulthandler.disable()
                drive.start()
                drive.done()
            finally:
                os._exit(0)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    @pytest.mark.parametrize(
        ("inbox", "member", "code", "how"),
        [("hr", POISON, 9, "exit code 9"), ("all", FAULTY, -signal.SIGSEGV, "SIGSEGV")],
    )
    def test_the_process_ends(self, drive, inbox, member, code, how):
        drive.close()
        drive.service = None
        drive.drop(inbox, "poison.csv", rows(f"{member.partition('@')[0]} 1000", pbx="hq"))
        assert self.died(drive) == code
        drive.drop("it", "good.csv", rows("bob 2000"))
        assert self.died(drive) == 0
        drive.start()
        assert drive.states == {1: "held", 2: "applied"}
        why = f"A separate process that read this file failed 3 times: {how}."
        assert [hold.message for hold in drive.service.store.get_run(1).holds] == [why]
        assert not (drive.folder / "quarantine").exists()

    def test_a_person_decides(self, drive):
        drive.drop("hr", "poison.csv", rows(f"{POISON.partition('@')[0]} 1000"))
        drive.look()
        store = drive.service.store
        quarantine.hold_file(store, store.get_run(1), ["SIGKILL"] * MAX_CRASHES, 0, who="linecard")

        def command(*words: str) -> Said:
            return typed("--config", drive.folder / "linecard.yaml", *words)

        shown = command("show", "1").out
        assert "A separate process that read this file failed 3 times: SIGKILL." in shown
        assert "`linecard approve 1` reads it once more; `linecard discard 1` discards it." in shown
        assert "poison.csv waits for a decision. A separate process that read this file failed" in command("doctor").out
        assert "Run 1, poison.csv: A separate process that read this file failed" in command("status").out
        assert "has no plan" in command("approve", "1", "12345678").err
        assert command("approve", "1").code == 0
        drive.drop("it", "good.csv", rows("bob 2000"))
        drive.engine.poll()
        drive.done()
        assert drive.states == {1: "held", 2: "applied"}, "it is read in a process of its own again"
        assert command("discard", "1").code == 0
        assert drive.states[1] == "discarded"
        kept, reason = sorted((drive.folder / "quarantine").iterdir())
        assert POISON in kept.read_text()
        assert "3 times: exit code 9." in reason.read_text()
        assert f"The file is {kept.name} in the quarantine" in command("show", "1").out

    def test_memory_runs_out(self, drive):
        drive.drop("hr", "glutton.csv", rows(f"{GLUTTON.partition('@')[0]} 1000"))
        drive.drop("it", "good.csv", rows("bob 2000"))
        drive.done()
        drive.now += 1000
        drive.work()
        assert drive.states == {1: "held", 2: "applied"}
        assert "3 times: MemoryError." in drive.service.store.get_run(1).holds[0].message

    def test_what_shows_nowhere_else_is_left_to_a_person_too(self, drive):
        """linecard is ended each time though the file is read well otherwise: that must not go on for ever."""
        drive.drop("hr", "a.csv", rows("ada 1000"))
        drive.look()
        with drive.service.store.transaction() as connection:
            for _ in range(MAX_TRIES):
                drive.service.store.count_try(connection, 1)
        drive.work()
        assert drive.states == {1: "held"}
        assert f"linecard was ended {MAX_TRIES} times" in drive.service.store.get_run(1).holds[0].message
        quarantine.read_again(drive.service.store, drive.service.store.get_run(1), who="ada", why="a test")
        drive.engine.poll()
        drive.work()
        assert drive.states == {1: "applied"}

    def test_a_file_that_is_refused_when_it_is_read_once_more(self, drive):
        """It has ended: it cannot be rejected any more as if nobody had been asked."""
        drive.drop("hr", "a.csv", "nothing,of,this\n1,2,3\n")
        drive.look()
        store = drive.service.store
        quarantine.hold_file(store, store.get_run(1), ["SIGKILL"] * 3, 0, who="linecard")
        quarantine.read_again(store, store.get_run(1), who="ada", why="a test")
        drive.engine.poll()
        drive.work()
        assert drive.states == {1: "discarded"}
        assert [fault.code for fault in drive.service.report(store.get_run(1)).faults()] == ["no_header"]

    def test_one_that_was_begun_is_left_as_it_is_and_told(self, drive):
        """Part of it is on the PBX already, so it cannot be refused any more."""
        drive.drop("hr", "a.csv", rows("ada 1000", "bob 1001"))
        drive.told("hq", "down-at", "1")
        drive.done()
        ops = drive.folder / "hq.ops"
        good = ops.read_text()
        (drive.folder / "hq.down").unlink()
        drive.stopping = False
        ops.write_text("broken\n")
        for _ in range(MAX_CRASHES + 2):
            drive.now += 1000
            drive.work()
        ops.write_text(good)
        assert drive.states[1] in ("applying", "interrupted")
        drive.now += 1000
        drive.work()
        assert drive.states[1] == "applied"


class TestLetIn:
    def test_what_could_not_be_read_is_tried_again_without_a_new_start(self, drive):
        """The archive was out of reach for an instant: the run must not be forgotten until the next start."""
        drive.drop("all", "a.csv", rows("ada 1000", pbx="hq"))
        drive.engine._intakes["all"].scan()
        drive.now += 1
        drive.engine._intakes["all"].scan()  # and there the program was killed
        archive, hidden = drive.folder / "archive", drive.folder / "hidden"
        archive.rename(hidden)
        drive.start()
        assert "run 1" in drive.alerts
        assert drive.work() == []
        hidden.rename(archive)
        drive.now += 100
        drive.engine.poll()
        assert drive.work() == [1]
        assert drive.states == {1: "applied"}
        assert drive.alerts == {}

    def test_a_run_whose_pbx_is_no_longer_configured_is_told_until_it_is(self, drive):
        drive.told("hq", "down-at", "1")
        drive.drop("hr", "a.csv", rows("ada 1000", "bob 1001"))
        drive.done()
        drive.configure(CONFIG.replace("hq: {backend", "other: {backend").replace("[hq", "[other"))
        drive.start()
        assert "the PBX hq is no longer in the configuration" in drive.alerts["run 1"]
        drive.engine.poll()
        assert drive.work() == []
        drive.configure(CONFIG)
        (drive.folder / "hq.down").unlink()
        drive.start()
        drive.work()
        assert drive.states == {1: "applied"}

    def test_a_run_that_a_person_approves_is_found(self, drive):
        drive.configure(CONFIG.replace("hr: {", "hr: {limits: {detach: {count: 0}}, "))
        drive.start()
        drive.drop("hr", "a.csv", rows("ada 1000"))
        drive.done()
        drive.drop("hr", "b.csv", "Action,LoginEmail\ndetach,ada@example.org\n")
        drive.done()
        assert drive.ended[-1] == (2, "held")
        drive.engine.poll()
        assert drive.work() == []
        Operations(drive.service).approve(drive.service.store.get_run(2), why="a person")
        drive.engine.poll()
        drive.engine.poll()
        assert drive.work() == [2]
        assert drive.ended[-1] == (2, "applied")
        assert [run for run, _ in drive.ended] == [1, 2, 2], "each end is told once"

    def test_an_import_from_the_command_line_that_waits_for_its_person_is_left_to_them(self, drive):
        from linecard.pipeline.receive import keep, receive

        drop = keep(drive.folder / "archive", "a.csv", [rows("ada 1000").encode()], drive.service.store, most=1000)
        receive(drive.service.store, "hr", drop, description="", who="a person")
        drive.start()
        assert drive.done() == []


class TestMemory:
    def test_a_database_that_does_not_answer_leaves_no_pbx_busy(self, drive):
        """The run is tried again; its PBX is free for others meanwhile."""
        drive.drop("hr", "a.csv", rows("ada 1000"))
        drive.look()
        assert drive.engine.next_run() == 1
        drive.service.store._engine.dispose()
        database = drive.folder / "state" / "linecard.db"
        for end in ("-wal", "-shm"):
            database.with_name(database.name + end).unlink(missing_ok=True)
        shutil.move(database, database.with_name("away"))
        database.mkdir()
        drive.engine.work_on(1)
        assert drive.engine.poll() is False
        assert "state database" in drive.alerts["run 1"]
        database.rmdir()
        shutil.move(database.with_name("away"), database)
        assert drive.engine.poll() is True
        drive.now += 1000
        assert drive.work() == [1]
        assert drive.states == {1: "applied"}
        with closing(sqlite3.connect(database)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)

    def test_a_look_that_failed_does_not_say_that_it_looked(self, drive):
        drive.engine.scan("hr")
        scanned = drive.health.inboxes["hr"].last_scan
        (drive.folder / "hr").rmdir()
        drive.engine.scan("hr")
        assert drive.health.inboxes["hr"].last_scan == scanned
        assert "No such file" in drive.alerts["inbox hr"]
        (drive.folder / "hr").mkdir()
        drive.engine.scan("hr")
        assert drive.alerts == {}

    def test_a_file_that_cannot_be_parted_with_is_told_once_and_tried_again(self, drive):
        drive.drop("hr", "a.csv", rows("ada 1000"))
        drive.look()
        aside = next((drive.folder / "state" / "work" / "hr").iterdir())
        with aside.open("a"):
            drive.work()
            drive.engine.scan("hr")
            assert not drive.engine.settle_files("hr")
        assert drive.engine.settle_files("hr")
        assert drive.said == [("settling files of hr", True), ("settling files of hr", False)]


class TestMarkers:
    def test_a_file_whose_marker_does_not_come_is_a_trouble_after_hours(self, drive):
        """Its name and its marker are told; when that comes, all is well."""
        drive.configure(CONFIG.replace("scan: 1}", "scan: 1, marker: .done}", 1))
        drive.start()
        drive.drop("hr", "alone.csv", rows("ada 1000"))
        drive.look()
        drive.engine.poll()
        assert "marker of hr" not in drive.alerts
        drive.now += OVERDUE
        drive.look()
        drive.engine.poll()
        assert drive.alerts["marker of hr"] == (
            "Files have waited for their marker for more than 2 hours, the first of them alone.csv."
        )
        drive.drop("hr", "ALONE.DONE", "")
        assert len(drive.done()) == 1
        drive.engine.poll()
        assert drive.alerts == {}


class TestHousekeeping:
    def test_old_runs_and_files_go_and_what_is_unfinished_stays(self, drive):
        drive.configure(f"{CONFIG}keep: {{runs: null, archive: {{days: 1}}, reports: {{days: 1}}}}\n")
        drive.start()
        drive.drop("it", "done.csv", rows("bob 2000"))
        drive.done()
        drive.engine.file_reports()
        drive.told("hq", "down")
        drive.drop("hr", "waits.csv", rows("ada 1000"))
        drive.done()
        files = [p for f in ("archive", "reports") for p in (drive.folder / f).rglob("*") if p.is_file()]
        for path in files:
            os.utime(path, (0, 0))
        drive.engine.clean_up()
        assert [path.name.partition("__")[2] for path in files if path.exists()] == ["waits.csv"]
        assert "housekeeping" not in drive.alerts
