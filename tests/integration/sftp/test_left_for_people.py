"""What people find of files on a server: markers in any case, and why a file was not taken, against OpenSSH."""

from __future__ import annotations

import pytest

from integration.daemon.site import rows

LARGE = rows("ada 1000") + "% much\n" * 500
SMALL = {"max_bytes": 1000}


def test_a_marker_in_capitals_is_met_on_a_server(server, open_office):
    """It goes with its file; a file without one is counted by the doctor."""
    office = open_office(server, marker=".done")
    server.put("JOINERS.CSV", rows("ada 1000"))
    server.put("JOINERS.DONE", "")
    server.put("alone.csv", rows("bob 1001"))
    assert office.once() == []
    assert office.files == ["JOINERS.CSV"]
    assert server.names == ["alone.csv"]
    doctor = office.run("doctor")
    assert "1 file waits for its marker (alone.csv)." in doctor.stdout


@pytest.mark.parametrize("again", [1, 2])
def test_a_file_that_is_too_large_leaves_its_reason_here_and_beside_it(server, open_office, again):
    """The file stays on the server; one of the same name that comes later has its own reason."""
    office = open_office(server, sheet=SMALL, duplicates="import")
    for number in range(again):
        server.put("large.csv", LARGE + "%\n" * number)
        office.once()
    refused = server.inbox / ".linecard" / "refused"
    files = sorted(path.name for path in refused.iterdir())
    assert len(files) == 2 * again
    assert [f"{name}.reason" in files for name in files if name.endswith(".csv")] == [True] * again
    reasons = sorted(path.read_text() for path in (office.folder / "quarantine").glob("*__large.csv.reason"))
    assert reasons == sorted((refused / name).read_text() for name in files if name.endswith(".reason"))
    assert len(reasons) == again
    for reason in reasons:
        assert "larger than `max_bytes`" in reason
        assert (refused / reason.strip().rpartition("/")[2]).is_file()


def test_where_nothing_may_be_moved_the_reason_is_here_alone(server, open_office):
    """And says where the file lies."""
    office = open_office(server, inboxes={"hr": {"claim": None}}, sheet=SMALL)
    server.put("large.csv", LARGE)
    office.once()
    (reason,) = (office.folder / "quarantine").glob("*__large.csv.reason")
    assert "larger than `max_bytes`" in reason.read_text()
    assert reason.read_text().rstrip().endswith("large.csv")
    assert server.names == ["large.csv"]
