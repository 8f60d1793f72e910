"""What backends say of a plan as a whole: kept with it, shown to whoever decides, and the time that is left of it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace

import pytest

from integration.works import Works
from linecard.api.report import wording
from linecard.errors import BackendError
from linecard.model.directory import Change, Entry
from linecard.model.forecast import Forecast, PbxForecast
from linecard.model.outcome import ChangeStatus
from linecard.model.run import State
from linecard.pipeline.plan import replay
from linecard.pipeline.report import RunReport
from linecard.store.journal import Journal
from linecard.testing.backend import MemoryBackend
from unit.mail.letters import LANGUAGES, body, mail
from unit.reports.sites import Site, sheet

ADA, BOB = "ada@x.org", "bob@x.org"
LICENCES = "3 licences are left."


@pytest.fixture
def works(tmp_path):
    works = Works(tmp_path, hq=[Entry("1000", ADA), Entry("1001", BOB)], lab=[Entry("5000", ADA)])
    works.memory["hq"].seconds_per_change = 2.5
    works.memory["hq"].notes = (LICENCES,)
    return works


def reported(works, run):
    return RunReport(works.store, run, site="works", timezone="UTC")


def test_a_plan_keeps_what_each_pbx_says_of_it(works):
    """Of its changes alone, once; a PBX with nothing to say is not mentioned."""
    run = works.planned(f"detach,{ADA},,,", f"attach,{ADA},hq,1002,", f"attach,{BOB},hq,1001,")
    assert run.forecasts == (PbxForecast("hq", 2, 5.0, (LICENCES,)),)
    assert works.store.get_run(run.id).forecasts == run.forecasts


class Asked(MemoryBackend):
    """Keeps what it was asked about, by place and extension."""

    asked: tuple[list[tuple[int, str]], ...] = ()

    def forecast(self, changes: Iterable[Change]) -> Forecast:
        self.asked = (*self.asked, [(change.seq, change.extension) for change in changes])
        return Forecast()


class Failing(MemoryBackend):
    def forecast(self, changes: Iterable[Change]) -> Forecast:
        next(iter(changes))
        raise BackendError("The check timed out.", remedy="Try again.")


def connect(works, kind):
    backend = kind(works.memory["hq"])
    works.pbxs["hq"] = replace(works.pbxs["hq"], backend=backend)
    return backend


def test_a_plan_without_changes_is_no_matter_for_a_forecast(works):
    backend = connect(works, Asked)
    run = works.planned(f"attach,{BOB},hq,1001,")
    assert (run.state, run.forecasts, backend.asked) == (State.UNCHANGED, (), ())


def test_the_changes_are_asked_about_once_as_they_will_be_made(works):
    """In their order, with the numbers that they have in the plan."""
    backend = connect(works, Asked)
    run = works.planned("attach,eve@x.org,hq,1003,+33199001003", "force_attach,eve@x.org,hq,1000,")
    kept = Journal(works.store, run.id).changes(None, ChangeStatus.PLANNED)
    assert backend.asked == ([(change.seq, change.extension) for change in kept],)


def test_a_pbx_that_cannot_say_stops_no_plan(works):
    """Why is kept in its place, and told to each reader in their language."""
    connect(works, Failing)
    run = works.sheet(f"attach,{ADA},hq,1002,")
    said = "How long it takes is not known, because the PBX could not be asked: The check timed out."
    assert run.forecasts == (PbxForecast("hq", 2, 0.0, (said,)),)
    assert run.state is State.APPLIED
    german = RunReport(works.store, run, site="works", timezone="UTC", words=wording("de")).run.forecasts
    assert german[0].notes == (
        "Wie lange es dauert, ist nicht bekannt, weil die Anlage nicht gefragt werden konnte: The check timed out.",
    )


def test_a_preview_says_the_same_and_keeps_nothing(works):
    run = works.planned(f"attach,{ADA},hq,1002,")
    again = replay(works.store, run, works.inbox, works.folder / "archive", lambda _count: None)
    assert again is not None
    assert again.forecast() == run.forecasts
    assert again.forecast() == run.forecasts  # the changes are put in order for each


def test_the_time_left_shrinks_with_the_changes(works):
    """By what is not made yet, on the PBX that takes longest; of a run that is not being applied nothing is said."""
    rows = [f"attach,m{n}@x.org,hq,{1100 + n}," for n in range(40)]
    run = works.approve(works.planned(*rows))
    assert reported(works, run).seconds_left is None
    asked = []

    def stop():
        asked.append(reported(works, works.store.get_run(run.id)).seconds_left)
        return len(asked) >= 30

    stopped = works.apply(run, stop=stop)
    made = len(works.made())
    told = [seconds for seconds in asked if seconds is not None]
    assert (stopped.state, told[0], told[-1]) == (State.INTERRUPTED, 100.0, 2.5 * (40 - made))
    assert 20 < made < 30
    assert reported(works, stopped).seconds_left is None
    assert works.recover()[0].state is State.APPLIED


# -- shown ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def held(tmp_path):
    site = Site(
        tmp_path, [Entry("1000", ADA), Entry("1001", BOB), Entry("1002", "cyd@x.org"), Entry("1003", "d@x.org")]
    )
    site.pbx.seconds_per_change = 50
    site.pbx.notes = (LICENCES,)
    run = site.plan(sheet(f"detach,{ADA},,,", f"detach,{BOB},,,", "detach,cyd@x.org,,,", "detach,d@x.org,,,"))
    assert run.state is State.HELD
    yield site, run
    site.close()


def test_a_held_run_tells_it_in_each_form(held):
    site, run = held
    assert "\nThe changes on hq take at least 4 min.\nhq: 3 licences are left.\n" in site.rendered(run, "text")
    html = site.rendered(run, "html")
    assert "<p>The changes on <bdi>hq</bdi> take at least 4 min.</p>" in html
    assert "<p><bdi>hq</bdi>: <bdi>3 licences are left.</bdi></p>" in html
    facts = json.loads(site.rendered(run, "json"))
    assert facts["forecasts"] == [{"pbx": "hq", "changes": 4, "seconds": 200.0, "notes": [LICENCES]}]
    assert facts["seconds_left"] is None


def test_a_plan_that_nobody_has_decided_upon_tells_it_too(tmp_path):
    site = Site(tmp_path)
    site.pbx.seconds_per_change = 7200
    run = site.plan(sheet("attach,ada@x.org,,1000,"))
    assert run.state is State.PLANNED
    assert "\nThe changes on hq take at least 2 h.\n" in site.rendered(run, "text")
    site.close()


SAID = {
    "en": "The changes on hq take at least 4 min.",
    "fr": "Les modifications sur hq prendront au moins 4 min.",
    "de": "Die Änderungen auf hq dauern mindestens 4 min.",
    "es": "Los cambios en hq tardarán al menos 4 min.",
    "pt": "As alterações em hq demoram pelo menos 4 min.",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_mail_tells_it_to_each_reader(held, language):
    site, run = held
    for form in ("plain", "html"):
        assert SAID[language] in body(mail(site, run, language), form)
        assert "hq: 3 licences are left." in body(mail(site, run, language), form)


def test_a_run_that_is_being_applied_shows_the_time_left(held):
    site, run = held
    store = site.service.store
    with site.working(), store.transaction() as connection:
        store.transition(connection, run.id, State.APPROVED, who="anna", why="seen")
        store.transition(connection, run.id, State.APPLYING, who="anna", why="attempt 1")
    run = store.get_run(run.id)
    assert "\nAt least 4 min left, by what the PBX lets through.\n" in site.rendered(run, "text")
    assert json.loads(site.rendered(run, "json"))["seconds_left"] == 200.0
