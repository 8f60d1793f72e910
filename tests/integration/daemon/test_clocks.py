"""The daemon and the clock: crontabs, and a clock that somebody sets."""

from __future__ import annotations

from datetime import datetime

from integration.daemon.site import CONFIG, eventually, rows


def test_an_inbox_with_a_crontab_is_left_in_peace_in_between(site):
    """The kernel's hints count for the other inboxes alone; its next look is when crontab(5) says."""
    hr = "hr: {path: hr, pbxs: [hq], settle: 100ms, cron: '0 7 29 2 *'}"
    site.configure(CONFIG.replace("hr: {path: hr, pbxs: [hq], settle: 100ms, scan: 1}", hr))
    with site.served():
        site.drop("hr", "early.csv", rows("ada 1000"))
        for number in range(3):  # each is seen twice before it is taken
            site.drop("it", f"now{number}.csv", rows(f"bob 200{number}"))
            eventually(lambda n=number: site.came_to(**{f"now{n}": "applied"}), "the other inbox's file is done")
        status = site.status()
        assert "hr" not in {inbox["name"] for inbox in status["inboxes"]}, "it was never looked into"
        (at,) = [timer["next"] for timer in status["timers"] if timer["name"] == "look hr"]
        assert f"{datetime.fromisoformat(at):%d.%m. %H:%M}" == "29.02. 07:00"
    assert site.left("hr") == ["early.csv"]
