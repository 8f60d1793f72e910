"""A site that was lost and restored from a backup made while the daemon was at work: nothing lost, nothing twice."""

from __future__ import annotations

import io
import json
import os
import sqlite3
import tarfile
import time

from integration.daemon.site import CONFIG, Site, eventually, rows

HELD = "This site was restored on"


def back_up(site: Site, name: str = "site.tar.gz") -> dict[str, object]:
    done = site.run("backup", f"{site.folder}/outside/{name}", "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def lose_state(site: Site) -> None:
    (site.folder / "state").rename(site.folder / "lost")


def restore(site: Site, name: str = "site.tar.gz") -> dict[str, object]:
    done = site.run("restore", f"{site.folder}/outside/{name}", "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def deliver(site: Site, name: str, text: str, *, age: float = 0) -> None:
    made = site.folder / "outside" / name
    made.write_text(text)
    os.utime(made, (time.time() - age, time.time() - age))
    made.rename(site.folder / "hr" / name)


def holds(site: Site, run: int) -> str:
    return json.loads(site.run("show", str(run), "--json").stdout)["holds"][0]["message"]


def test_what_was_done_after_the_backup_is_not_done_again(site):
    """A run that was half made, one that was approved, and a file that comes again wait for a person; a new file does
    not, and no number names two runs."""
    site.shut("hq")
    with site.served() as daemon:
        site.drop("hr", "first.csv", rows("ada 1000", "bob 1001").replace("attach", "force_attach"))
        eventually(lambda: site.waits("hq"), "the first change is under way")
        site.drop("hr", "second.csv", rows("cy 1002"))
        eventually(lambda: "second.csv" in site.runs, "the second file is received")
        backup = back_up(site)
        assert (backup["last_run"], backup["unfinished"]) == (2, [1, 2])
        site.reopen("hq")
        eventually(lambda: site.came_to(first="applied", second="applied"), "both are applied")
        # What the backup does not know: ada's extension goes to somebody else.
        site.drop("hr", "third.csv", "Action,LoginEmail,Extension\nforce_attach,eve@example.org,1000\n")
        eventually(lambda: site.came_to(third="applied"), "a newer run takes it away")
        daemon.end()
    made = site.made("hq")
    lose_state(site)

    told = restore(site)
    assert (told["last_run"], told["next_run"], told["unfinished"]) == (2, 2001, [1, 2])
    with site.served():
        deliver(site, "again.csv", "Action,LoginEmail,Extension\nforce_attach,ada@example.org,1000\n", age=60)
        eventually(lambda: site.came_to(first="held", again="held"), "they wait")
        eventually(lambda: site.came_to(second="unchanged"), "what is so already is not held")
        assert HELD in holds(site, 1)
        assert HELD in holds(site, 2001)
        assert site.made("hq") == made, "nothing was sent"
        deliver(site, "new.csv", rows("fay 1005"))
        eventually(lambda: site.came_to(new="applied"), "a new file needs nobody")
        eventually(lambda: "whose last run is 2." in site.told("restored"), "the daemon tells of the restore")
        assert "restored" in site.run("status").stdout

        assert site.run("discard", "1").returncode == 0
        checksum = json.loads(site.run("show", "2001", "--json").stdout)["checksum"]
        assert site.run("approve", "2001", checksum).returncode == 0
        eventually(lambda: site.came_to(again="applied"), "what a person approves is applied")
        assert site.run("restore", "--confirm").returncode == 0
        deliver(site, "old.csv", rows("gus 1006"), age=60)
        eventually(lambda: site.came_to(old="applied"), "nothing is in doubt any more")
        assert not [a for a in json.loads(site.run("doctor", "--json").stdout) if "restored" in a["check"]]


def test_an_approval_from_before_the_restore_does_not_count(site):
    """The approved run was applied after the backup, and undone: the PBX is as it was when it was approved."""
    site.configure(CONFIG.replace("scan: 1}", "scan: 1, limits: {force: {count: 0}}}"))
    with site.served():
        deliver(site, "before.csv", rows("ada 1000"))
        eventually(lambda: site.came_to(before="applied"), "somebody has it")
        deliver(site, "taken.csv", "Action,LoginEmail,Extension\nforce_attach,eve@example.org,1000\n")
        eventually(lambda: site.came_to(taken="held"), "it waits")
    checksum = json.loads(site.run("show", "2", "--json").stdout)["checksum"]
    assert site.run("approve", "2", checksum).returncode == 0
    back_up(site)
    assert site.run("resume", "--yes").returncode == 0
    site.configure(CONFIG)
    assert site.run("undo", "2", "--yes").returncode == 0
    made = site.made("hq")
    lose_state(site)
    restore(site)
    with site.served():
        eventually(lambda: site.came_to(taken="held"), "it waits again")
        assert HELD in holds(site, 2)
    assert site.made("hq") == made


def test_a_backup_made_while_files_come_in_has_all_that_its_database_tells_of(site):
    with site.served():
        for number in range(30):
            site.drop("hr", f"a{number}.csv", rows(f"m{number} {1000 + number}"))
        for number in range(4):
            back_up(site, f"{number}.tar.gz")
        eventually(lambda: list(site.runs.values()).count("applied") == 30, "all are applied")
        back_up(site, "4.tar.gz")
    lost = []
    for number in range(5):
        with tarfile.open(site.folder / "outside" / f"{number}.tar.gz") as tar:
            names = set(tar.getnames())
            content = tar.extractfile("state/linecard.db").read()
        database = sqlite3.connect(":memory:")
        database.deserialize(content)
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        drops = [path for (path,) in database.execute("SELECT path FROM drop_file")]
        claims = database.execute("SELECT id, path FROM claim WHERE run_id IS NULL").fetchall()
        database.close()
        lost += [path for path in drops if f"archive/{path}" not in names]
        lost += [path for claim, path in claims if not {f"state/work/hr/{claim}", f"archive/{path}"} & names]
    assert lost == []


def test_no_restore_onto_a_site_that_a_daemon_serves(site):
    with site.served():
        deliver(site, "a.csv", rows("ada 1000"))
        eventually(lambda: site.came_to(a="applied"), "there is something to back up")
        back_up(site)
        done = site.run("restore", f"{site.folder}/outside/site.tar.gz")
    assert done.returncode == 2
    assert "A linecard works on this site; nothing was restored." in done.stderr
    assert "systemctl stop linecard" in done.stderr


def test_a_backup_is_what_tar_reads_and_sums_itself(site):
    with site.served():
        deliver(site, "a.csv", rows("ada 1000"))
        eventually(lambda: site.came_to(a="applied"), "there is something to back up")
    back_up(site)
    path = site.folder / "outside" / "site.tar.gz"
    assert path.stat().st_mode & 0o777 == 0o600
    with tarfile.open(fileobj=io.BytesIO(path.read_bytes())) as tar:
        assert tar.getnames()[-1] == "SHA256SUMS"
        assert json.load(tar.extractfile("backup.json"))["last_run"] == 1
