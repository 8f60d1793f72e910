"""What the daemon tells: the health, prompts, the log, systemd, and figures for Prometheus."""

from __future__ import annotations

import io
import json
import logging
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families

from integration.daemon.site import CONFIG
from linecard.runtime.coalesced_call import CoalescedCall
from linecard.runtime.health import Health, batch_progress
from linecard.runtime.log import configure, log, log_context
from linecard.runtime.metrics import Metrics
from linecard.runtime.run_backoff import LONGEST_WAIT, SHORTEST_WAIT, RunBackoff
from linecard.runtime.systemd import SystemdNotifier
from linecard.store.outbox import Outbox
from unit.runtime.driving import rows


class Clock:
    def __init__(self) -> None:
        self.time = datetime(2026, 6, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.time += timedelta(seconds=1)
        return self.time


class TestBoard:
    @pytest.fixture
    def said(self):
        return []

    @pytest.fixture
    def health(self, said):
        return Health(Clock(), lambda alert, there: said.append((alert.what, alert.message, there)))

    def test_a_trouble_is_news_once_and_when_it_changes_and_when_it_is_gone(self, health, said):
        for message in ("full", "full", "fuller"):
            health.raise_alert("disk", message)
        health.clear_alert("disk")
        health.clear_alert("disk")
        assert said == [("disk", "full", True), ("disk", "fuller", True), ("disk", "fuller", False)]

    def test_a_trouble_lasts_since_it_first_appeared(self, health):
        health.raise_alert("disk", "full")
        (first,) = health.alerts
        health.raise_alert("disk", "fuller")
        assert [alert.since for alert in health.alerts] == [first.since]

    def test_of_some_troubles_these_are_all(self, health, said):
        health.raise_alert("inbox hr: a", "bad")
        health.raise_alert("inbox it: a", "bad")
        health.replace_alerts("inbox hr: ", {"inbox hr: b": ("worse", "mend it")})
        assert [alert.what for alert in health.alerts] == ["inbox it: a", "inbox hr: b"]
        assert said[-2:] == [("inbox hr: a", "bad", False), ("inbox hr: b", "worse", True)]

    def test_what_is_done_now_is_said_in_few_words_and_in_full(self, health):
        assert health.describe() == "watching"
        health.begin_task("run 1", "applying a.csv on hq", 10)
        health.advance_task("run 1", 4)
        health.raise_alert("disk", "full", "Make room.")
        assert health.describe() == "run 1: applying a.csv on hq (1 alert)"
        facts = health.as_dict()
        assert [(d["where"], d["done"], d["total"]) for d in facts["doing"]] == [("run 1", 4, 10)]
        assert [(t["what"], t["remedy"]) for t in facts["alerts"]] == [("disk", "Make room.")]
        json.dumps(facts)
        health.end_task("run 1")
        assert health.as_dict()["doing"] == []

    def test_looks_are_counted(self, health):
        health.record_scan("hr", 3, 1)
        health.record_scan("hr", 2, 1)
        view = health.inboxes["hr"]
        assert (view.waiting, view.received) == (2, 2)
        view.received = 99
        assert health.inboxes["hr"].received == 2

    def test_many_threads_may_use_it_at_once(self, health):
        def busy(number):
            for _ in range(200):
                health.begin_task(f"run {number}", "x")
                health.advance_task(f"run {number}", 1)
                health.raise_alert(f"run {number}", "bad")
                health.as_dict()
                health.clear_alert(f"run {number}")
                health.end_task(f"run {number}")

        with ThreadPoolExecutor(4) as threads:
            assert list(threads.map(busy, range(4))) == [None] * 4
        assert health.steps == 1600
        assert health.describe() == "watching"

    def test_progress_is_told_in_portions(self):
        told = []
        progress = batch_progress(told.append, every=10)
        for _ in range(25):
            progress(1)
        assert told == [10, 10]


class TestPrompt:
    def test_calls_that_come_while_it_works_lead_to_exactly_one_more(self):
        begun, release, done = threading.Semaphore(0), threading.Semaphore(0), []

        def work():
            begun.release()
            release.acquire()
            done.append(1)

        with ThreadPoolExecutor(4) as threads:
            prompt = CoalescedCall(work, threads.submit)
            prompt()
            begun.acquire()
            for _ in range(5):
                prompt()
            release.release()
            begun.acquire()
            release.release(3)
        assert len(done) == 2

    def test_calls_that_come_before_it_begins_count_as_one(self):
        later, done = [], []
        prompt = CoalescedCall(lambda: done.append(1), later.append)
        prompt()
        prompt()
        (begin,) = later
        later.clear()
        begin()
        assert later == [begin], "one came after the first was asked for"
        later.clear()
        begin()
        assert done == [1, 1]
        assert later == []

    def test_work_that_fails_does_not_keep_it_from_being_done_again(self):
        later = []

        def fail():
            raise ValueError

        prompt = CoalescedCall(fail, later.append)
        for _ in range(2):
            prompt()
            with pytest.raises(ValueError):
                later.pop()()

    def test_when_the_threads_are_gone_it_is_silent(self):
        threads = ThreadPoolExecutor(1)
        threads.shutdown()
        done = []
        prompt = CoalescedCall(lambda: done.append(1), threads.submit)
        prompt()
        prompt()
        assert done == []


class TestNotify:
    @pytest.fixture
    def systemd(self, tmp_path):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
            listening.bind(str(tmp_path / "notify"))
            listening.settimeout(5)
            yield listening

    def test_each_word_is_one_datagram(self, systemd, tmp_path):
        notify = SystemdNotifier(str(tmp_path / "notify"))
        notify.send_ready()
        notify.send_status("two\nlines")
        notify.send_alive()
        notify.send_stopping()
        said = [systemd.recv(1000).decode() for _ in range(4)]
        assert said == ["READY=1", "STATUS=two lines", "WATCHDOG=1", "STOPPING=1"]

    def test_reloading_says_when(self, systemd, tmp_path):
        SystemdNotifier(str(tmp_path / "notify")).send_reloading()
        first, second = systemd.recv(1000).decode().splitlines()
        assert first == "RELOADING=1"
        assert int(second.removeprefix("MONOTONIC_USEC=")) > 0

    def test_a_name_without_a_file_is_understood(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
            listening.bind("\0linecard-test")
            listening.settimeout(5)
            SystemdNotifier("@linecard-test").send_ready()
            assert listening.recv(100) == b"READY=1"

    def test_without_systemd_nothing_is_wrong(self, tmp_path):
        SystemdNotifier("").send_ready()
        SystemdNotifier(str(tmp_path / "nobody")).send_ready()


class TestLog:
    @pytest.fixture
    def written(self, request):
        """Writes in the form that a test is marked with; gives what was written."""
        out = io.StringIO()
        yield lambda form, level="info": (configure(form, level, out), out)[1]
        configure("text", "info")
        logging.getLogger().handlers.clear()

    def test_text_is_one_line_of_words_and_facts(self, written):
        out = written("text")
        with log_context(run=1, inbox="hr"):
            log("file received", drop="a b.csv", nothing=None)
        line = out.getvalue()
        assert line.startswith("file received ")
        assert line.endswith("\n")
        assert all(fact in line for fact in ("run=1", "inbox=hr", 'drop="a b.csv"'))
        assert "nothing" not in line

    def test_json_is_one_object_with_its_time_and_level(self, written):
        out = written("json")
        log("alert", level="error", what="é\n")
        found = json.loads(out.getvalue())
        assert out.getvalue().count("\n") == 1
        assert (found["event"], found["level"], found["what"]) == ("alert", "error", "é\n")
        assert datetime.fromisoformat(found["timestamp"]).tzinfo is not None

    def test_nothing_below_the_level_is_written(self, written):
        out = written("text", "warning")
        log("quiet")
        log("loud", level="warning")
        assert out.getvalue() == "warning: loud\n"

    def test_where_journald_reads_each_line_begins_with_its_priority(self, written, monkeypatch):
        monkeypatch.setenv("JOURNAL_STREAM", "1:2")
        out = written("text", "debug")
        for level in ("error", "warning", "info", "debug"):
            log("x", level=level)
        assert out.getvalue() == "<3>error: x\n<4>warning: x\n<6>x\n<7>x\n"

    def test_no_name_of_a_file_can_steer_a_terminal_or_forge_a_line(self, written):
        out = written("text")
        log("file received", drop="a\x1b[31m\n<3>error: forged\u202e.csv")
        assert out.getvalue().count("\n") == 1
        assert "\x1b" not in out.getvalue()
        assert "\u202e" not in out.getvalue()

    def test_warnings_of_libraries_come_in_the_same_form(self, written):
        out = written("json")
        logging.getLogger("apscheduler").warning("late by %d", 3)
        found = json.loads(out.getvalue())
        assert (found["event"], found["level"], found["logger"]) == ("late by 3", "warning", "apscheduler")

    def test_nobodys_name_and_number_stands_in_it(self, written, drive):
        """A run from its file to its end, and one whose PBX is down."""
        out = written("json")
        drive.drop("hr", "a.csv", rows("ada 1000").replace("1000,", "1000,+33123456789"))
        drive.done()
        drive.told("hq", "down")
        drive.drop("hr", "b.csv", rows("bob 1001"))
        drive.done()
        assert len(out.getvalue().splitlines()) > 3
        for secret in ("ada", "bob", "+33123456789", "1000", "1001"):
            assert secret not in out.getvalue().replace("2026", "")
        assert all("run" in line and line["inbox"] == "hr" for line in map(json.loads, out.getvalue().splitlines()))


class TestPatience:
    def test_waits_are_doubled_up_to_a_limit_and_spread(self):
        patience = RunBackoff(lambda: 0.0, None)
        waits = [patience.next_delay(1) for _ in range(10)]
        assert 0.8 * SHORTEST_WAIT <= waits[0] <= 1.2 * SHORTEST_WAIT
        assert all(0.8 * LONGEST_WAIT <= wait <= 1.2 * LONGEST_WAIT for wait in waits[-2:])
        assert patience.next_delay(2) <= 1.2 * SHORTEST_WAIT
        patience.reset(1)
        assert patience.next_delay(1) <= 1.2 * SHORTEST_WAIT

    def test_being_stuck_counts_from_the_last_change_that_was_made(self):
        now = [0.0]
        patience = RunBackoff(lambda: now[0], None)
        assert patience.stall_time(1, 0) == 0
        now[0] = 10
        assert patience.stall_time(1, 0) == 10
        now[0] = 20
        assert patience.stall_time(1, 5) == 0
        now[0] = 30
        assert patience.stall_time(1, 5) == 10
        patience.reset(1)
        assert patience.stall_time(1, 5) == 0


class TestFigures:
    @pytest.fixture
    def figures(self, drive):
        drive.configure(f"{CONFIG}metrics: {{textfile: linecard.prom}}\n")
        drive.start()
        figures = Metrics(drive.service, drive.engine, drive.health)
        drive.engine.on_run_end = figures.count_run
        return figures

    def read(self, drive):
        text = (drive.folder / "linecard.prom").read_text()
        return {
            (sample.name, *sorted(sample.labels.values())): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }, text

    def test_they_count_what_was_done_and_name_nobody(self, drive, figures):
        drive.drop("hr", "a.csv", rows("ada 1000", "bob 1001", "bad 112"))
        drive.done()
        drive.told("lab", "down")
        drive.drop("it", "b.csv", rows("cy 2000"))
        drive.done()
        figures.write_textfile()
        found, text = self.read(drive)
        assert found["linecard_rows_total", "done", "hr"] == 2
        assert found["linecard_rows_total", "hr", "invalid"] == 1
        assert found["linecard_runs_total", "hr", "partial"] == 1
        assert found["linecard_queue",] == 1
        assert found["linecard_alerts",] == 1
        assert found["linecard_files_waiting", "it"] == 0
        assert found["linecard_look_age_seconds", "hr"] >= 0
        assert found["linecard_held",] == 0
        assert found["linecard_reports_waiting",] == 1
        for name in ("ada", "bob", "cy", "example.org", "1000", "a.csv"):
            assert name not in text

    def test_a_file_that_cannot_be_written_stops_nothing(self, drive, figures):
        (drive.folder / "linecard.prom").mkdir()
        figures.write_textfile()

    def test_letters_that_wait_and_those_given_up_are_counted(self, drive, figures):
        config = CONFIG.replace("  hr: {", "  hr: {tell: [{sink: post}], ", 1)
        assert config != CONFIG
        sink = "sinks: {post: {kind: webhook, options: {url: 'http://127.0.0.1:9/'}}}\n"
        drive.configure(f"{config}{sink}metrics: {{textfile: linecard.prom}}\n")
        drive.start()
        figures = Metrics(drive.service, drive.engine, drive.health)
        drive.drop("hr", "a.csv", rows("ada 1000"))
        drive.done()

        def counted() -> tuple[float, float]:
            figures.write_textfile()
            found, _ = self.read(drive)
            return found["linecard_reports_waiting",], found["linecard_letters_given_up",]

        assert counted() == (2, 0)  # the report itself is not filed yet, either
        outbox = Outbox(drive.service.store)
        (item,) = outbox.list_pending("post")
        with drive.service.store.transaction() as connection:
            outbox.mark_failed(connection, item.id, "550 no", None)
        assert counted() == (1, 1)

    def test_where_nobody_asks_for_them_there_are_none(self, drive):
        figures = Metrics(drive.service, drive.engine, drive.health)
        figures.serve()
        figures.write_textfile()
        figures.close()
        assert not (drive.folder / "linecard.prom").exists()
