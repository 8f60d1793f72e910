"""The daemon as a user sees it: files go in, reports come out, and no PBX delays another's."""

from __future__ import annotations

import json
import signal
import socket
import urllib.request

from integration.daemon.site import CONFIG, eventually, rows


def test_a_pbx_that_hangs_delays_nobody_elses_files_and_status_and_metrics_say_so(site):
    """Files for the other PBX go on while one hangs in the middle of a change; what is seen meanwhile is true."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    site.configure(f"{CONFIG}metrics: {{port: {port}, textfile: linecard.prom}}\n")
    site.shut("hq")
    with site.served() as daemon:
        site.drop("hr", "slow.csv", rows("ada 1000", "bob 1001"))
        eventually(lambda: site.waits("hq"), "the PBX hangs")
        for number in range(5):
            site.drop("it", f"quick{number}.csv", rows(f"cy{number} 200{number}"))
        site.drop("all", "lab.csv", rows("dan 3000", pbx="lab"))
        site.drop("all", "both.csv", rows("eve 1003", pbx="hq") + rows("eve 3001", pbx="lab").partition("\n")[2])
        quick = {f"quick{number}": "applied" for number in range(5)}
        eventually(lambda: site.came_to(lab="applied", **quick), "the other PBX's files are done")
        assert site.runs["slow.csv"] == "applying"
        assert site.runs["both.csv"] == "received", "it needs both"

        eventually(lambda: site.status()["queue"], "the queue is told")
        status = site.status()
        assert status["running"] is True
        assert status["pid"] == daemon.process.pid
        (doing,) = status["doing"]
        assert doing["where"] == "run 1"
        assert doing["what"] == "applying slow.csv on hq"
        assert doing["total"] == 2
        assert {inbox["name"]: inbox["received"] for inbox in status["inboxes"]} == {"hr": 1, "it": 5, "all": 2}
        assert {timer["name"] for timer in status["timers"]} == {"look hr", "look it", "look all", "poll", "keep house"}
        assert status["alerts"] == status["held"] == []

        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
            figures = answer.read().decode()
        assert 'linecard_rows_total{inbox="it",outcome="done"} 5.0' in figures
        assert 'linecard_runs_total{inbox="all",result="applied"} 1.0' in figures
        assert "linecard_queue 1.0" in figures
        eventually(lambda: "linecard_queue 1.0" in (site.folder / "linecard.prom").read_text(), "the text file follows")
        assert "example.org" not in figures

        site.reopen("hq")
        eventually(lambda: site.came_to(slow="applied", both="applied"), "the slow ones are done")
        eventually(lambda: len(site.reports) == 8, "each has its report")
        eventually(lambda: not any((site.folder / "state" / "work").rglob("*-*")), "no file is left")
    assert site.made("hq") == ["1000", "1001", "1003"]
    assert sorted(site.made("lab")) == ["2000", "2001", "2002", "2003", "2004", "3000", "3001"]
    assert site.left("hr") == site.left("it") == site.left("all") == []
    assert site.status()["running"] is False
    log = daemon.log
    assert "example.org" not in log, "nobody's name stands in the log"


def test_a_long_run_is_stopped_at_a_safe_point_and_goes_on_after_the_next_start(site):
    """SIGTERM in the middle of 2,500 changes: what was handed out is finished, the rest done later, nothing twice."""
    site.shut("hq")
    with site.served() as daemon:
        site.drop("hr", "long.csv", rows(*(f"m{n} {n}" for n in range(1000, 3500))))
        eventually(lambda: site.waits("hq"), "it is in the middle")
        daemon.send(signal.SIGTERM)
        site.reopen("hq")
        assert daemon.process.wait(30) == 0, daemon.log
    assert site.runs == {"long.csv": "interrupted"}
    assert 0 < len(site.made("hq")) < 1000, "the first was under way; a slow signal may let a few more pass"
    with site.served():
        eventually(lambda: site.came_to(long="applied"), "it went on by itself")
    assert sorted(site.made("hq")) == [str(n) for n in range(1000, 3500)]


def test_a_configuration_is_read_anew_and_a_wrong_one_is_refused(site):
    """SIGHUP: the wrong one's problem is told with its line, and the old one goes on; a right one counts at once."""
    with site.served() as daemon:
        site.configure(CONFIG.replace("settle: 100ms", "settel: 100ms", 1))
        daemon.send(signal.SIGHUP)
        said = eventually(lambda: site.told("configuration"), "it is refused")
        assert "linecard.yaml:7" in said
        assert "settel" in said
        site.drop("hr", "old.csv", rows("ada 1000"))
        eventually(lambda: site.came_to(old="applied"), "the old one goes on")

        (site.folder / "new").mkdir()
        site.configure(f"{CONFIG}  new: {{path: new, pbxs: [lab], settle: 0, scan: 1}}\n")
        daemon.send(signal.SIGHUP)
        site.drop("new", "new.csv", rows("bob 2000"))
        eventually(lambda: site.came_to(new="applied"), "the new one counts")
        assert site.told("configuration") == ""

        site.configure(CONFIG.replace("region: FR", "region: FR\nstate: elsewhere"))
        daemon.send(signal.SIGHUP)
        assert "`state` cannot be changed" in eventually(lambda: site.told("configuration"), "it is refused")
        for _ in range(20):  # as fast as anybody may send it, also between two lives
            site.configure(CONFIG)
            daemon.send(signal.SIGHUP)
        site.drop("hr", "more.csv", rows("cy 1001"))
        eventually(lambda: site.came_to(more="applied"), "it lives")
        daemon.send(signal.SIGHUP)
        daemon.end()
        assert daemon.log.count("ready ") >= 3


def test_a_second_daemon_says_who_is_there_and_exits(site):
    """T13: two daemons on one site. An import says so, too."""
    with site.served() as daemon:
        (site.folder / "x.csv").write_text(rows("ada 1000"))
        for words in (("serve",), ("once",), ("import", f"{site.folder}/x.csv", "--inbox", "hr", "--yes")):
            refused = site.run(*words)
            assert refused.returncode != 0
            assert f"A daemon serves this site (process {daemon.process.pid})." in refused.stderr
            assert "Put the file into its inbox" in refused.stderr
        assert site.status()["pid"] == daemon.process.pid


def test_what_a_killed_daemon_left_is_not_taken_for_a_daemon(site):
    """Its last words are still there; `status` and others know better, and the next one starts."""
    with site.served() as daemon:
        daemon.send(signal.SIGKILL)
        daemon.process.wait()
    assert (site.folder / "state" / "status.json").exists()
    assert site.status()["running"] is False
    with site.served():
        assert site.status()["running"] is True


def test_a_plan_that_is_held_waits_for_a_person_and_the_daemon_goes_on_with_it(site):
    """Approved by its checksum from another terminal: the daemon finds it. One that is discarded is never applied."""
    site.configure(CONFIG.replace("hr: {", "hr: {limits: {detach: {count: 0}}, "))
    with site.served():
        site.drop("hr", "come.csv", rows("ada 1000", "bob 1001"))
        eventually(lambda: site.came_to(come="applied"), "they are there")
        site.drop("hr", "go.csv", "Action,LoginEmail\ndetach,ada@example.org\n")
        eventually(lambda: site.came_to(go="held"), "it waits")
        site.drop("hr", "more.csv", rows("cy 1002"))
        eventually(lambda: site.came_to(more="applied"), "a run that waits for a person holds nobody up")
        (held,) = site.status()["held"]
        assert "not" in site.run("approve", str(held["id"]), "0" * 12).stderr
        approved = site.run("approve", str(held["id"]), held["checksum"][:12], "--because", "they left")
        assert "The daemon applies it." in approved.stdout, approved.stderr
        eventually(lambda: site.came_to(go="applied"), "the daemon found it")

        site.drop("hr", "again.csv", "Action,LoginEmail\ndetach,bob@example.org\n")
        eventually(lambda: site.came_to(again="held"), "it waits")
        (held,) = site.status()["held"]
        assert "Nothing of it was changed." in site.run("discard", str(held["id"])).stdout
        eventually(lambda: any("000004" in name for name in site.reports), "its report is filed")
    assert site.runs["again.csv"] == "discarded"
    assert site.made("hq") == ["1000", "1001", "1002", "1000"]


def test_a_pbx_that_is_down_for_a_while_in_the_middle_of_a_run(site):
    """The run is finished by itself when the PBX is back, and no change is made twice; meanwhile others go on."""
    (site.folder / "hq.down-at").write_text("2")
    with site.served():
        site.drop("hr", "run.csv", rows("ada 1000", "bob 1001", "cy 1002", "dan 1003"))
        said = eventually(lambda: site.told("run 1"), "it is told")
        assert said == "Run 1 waits: hq: the switchboard does not answer"
        assert site.runs["run.csv"] == "applying"
        site.drop("it", "other.csv", rows("eve 2000"))
        eventually(lambda: site.came_to(other="applied"), "the other PBX is no matter of it")
        (site.folder / "hq.down").unlink()
        eventually(lambda: site.came_to(run="applied"), "it is finished by itself")
        eventually(lambda: not site.told("run 1"), "nothing is wrong any more")
    assert site.made("hq") == ["1000", "1001", "1002", "1003"]
    ((counts,),) = site.ask("SELECT counts FROM run WHERE id = 1")
    assert json.loads(counts)["done"] == 4


def test_once_does_what_is_there_and_exits(site):
    """For cron: a good sheet, a bad one and one that must be approved; the exit code says the worst."""
    assert site.run("once").stdout == "There was nothing to do.\n"
    site.drop("hr", "good.csv", rows("ada 1000"))
    done = site.run("once")
    assert done.returncode == 0, done.stderr
    assert "Run 1 is applied." in done.stdout
    site.drop("it", "bad.csv", "Nothing,of\nthis,kind\n")
    done = site.run("once", "--json")
    assert done.returncode == 1
    answer = json.loads(done.stdout)
    assert [run["state"] for run in answer["runs"]] == ["rejected"]
    assert answer["alerts"] == []
    assert site.left("hr") == site.left("it") == []
    assert len(site.reports) == 2
