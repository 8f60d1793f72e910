"""Asking the tenant: the way to it step by step, and once what ALE's descriptions leave open.

What is tried, is tried on an extension and a member that the administrator named for it, and put back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import Any, Literal

from linecard.api import Finding
from linecard_rainbow.assumptions import TenantAnswers, Trial
from linecard_rainbow.bulk_import import MassProvisioning
from linecard_rainbow.errors import RainbowError, RefusedError
from linecard_rainbow.options import Probe, RainbowOptions
from linecard_rainbow.reader import TenantReader
from linecard_rainbow.tenant import Held, Tenant
from linecard_rainbow.wire import PhoneNumber

NAME_ONE = (
    "Name under `probe` an extension that nobody holds and nobody needs, and a member who holds none, such as a test "
    "account; then run `linecard doctor` again. It links the two, frees the extension and remembers what worked."
)


class TenantProbe:
    """The steps of one look at a tenant."""

    def __init__(
        self,
        options: RainbowOptions,
        tenant: Tenant,
        reader: TenantReader,
        answers: TenantAnswers,
        provisioning: MassProvisioning,
    ) -> None:
        self._options, self._tenant = options, tenant
        self._reader, self._answers, self._provisioning = reader, answers, provisioning

    def steps(self) -> Iterator[Finding]:
        """Up to the first that fails; what is open is tried last."""
        host = self._options.host
        for check, look in (
            ("systems", self._name_systems),
            ("phone numbers", self._count_numbers),
            ("members", self._count_members),
        ):
            try:
                found = look()
            except RainbowError as error:
                yield Finding(check, ok=False, message=str(error), remedy=error.remedy)
                return
            yield Finding(check, ok=True, message=f"{host}: {found}")
        yield from self._ask_what_is_open()

    def _name_systems(self) -> str:
        return ", ".join(f"{system.name} ({system.pbx_id})" for system in self._tenant.systems())

    def _count_numbers(self) -> str:
        return f"{self._tenant.count_numbers()} extensions"

    def _count_members(self) -> str:
        return f"{self._tenant.count_users()} members"

    # -- what ALE's descriptions leave open --------------------------------------------------------------------------

    def _ask_what_is_open(self) -> Iterator[Finding]:
        answers, probe = self._answers, self._options.probe
        try:
            if answers.trial is not None:
                self._put_back(answers.trial)
            if probe is not None and self._is_open(probe):
                self._try_on(probe)
        except RainbowError as error:
            yield Finding("detach", ok=False, message=str(error), remedy=f"{error.remedy}{self._describe_trial()}")
            return
        if answers.detach is None:
            message = "it is not known how this tenant frees an extension, so that nothing can be detached"
            yield Finding("detach", ok=False, message=message, remedy=NAME_ONE)
            return
        ways = {"change": "a change with userId null", "sheet": "mass provisioning's detach"}
        yield Finding("detach", ok=True, message=f"an extension is freed by {ways[answers.detach]}")
        several = {
            None: "not known, so linecard gives nobody a second one",
            "added": "added",
            "replaces": "not allowed",
        }
        message = f"{several[answers.second_extension]}; a public number is removed by a {answers.number_removal} one"
        yield Finding("second extension", ok=True, message=message)

    def _is_open(self, probe: Probe) -> bool:
        """Whether there is something that this probe could tell."""
        answers = self._answers
        return answers.detach is None or (probe.second is not None and answers.second_extension is None)

    def _describe_trial(self) -> str:
        if (trial := self._answers.trial) is None:
            return ""
        were = ", ".join(f"{name} with {number or 'no number'}" for name, number in trial.numbers.items())
        return f" Not yet put back is what was tried on {trial.member}: {were}. `linecard doctor` does it when it can."

    def _try_on(self, probe: Probe) -> None:
        """Link, free and look; raises `RainbowError` if neither way frees the extension."""
        user_id = self._find_user(probe.member)
        first = self._find_vacant(probe.extension)
        second = None if probe.second is None else self._find_vacant(probe.second)
        self._check_idle(user_id, probe.member, {each.number.id for each in (first, second) if each is not None})
        were = {each.number.short_number: each.number.number or "" for each in (first, second) if each is not None}
        trial = Trial(member=probe.member, numbers=were)
        self._answers.begin_trial(trial)
        try:
            self._try_detach(first, user_id, probe.member)
            if self._answers.detach is not None:
                self._try_number(first)
                self._try_second(first, second, user_id, probe.member)
        except RainbowError:
            with suppress(RainbowError):
                self._put_back(trial)
            raise
        self._put_back(trial)

    def _put_back(self, trial: Trial) -> None:
        """All as it was before it was tried. Raises `RainbowError` where that cannot be."""
        user_id = self._find_user(trial.member)
        for extension, number in trial.numbers.items():
            held = self._find(extension)
            if held.number.user_id == user_id and self._free(held, user_id, trial.member) is None:
                words = f"Rainbow frees {extension} neither by a change with userId null nor by mass provisioning."
                remedy = f"Unlink {trial.member} from it in Rainbow's administration; ask ALE what this tenant allows."
                raise RainbowError(words, remedy=remedy)
            if number and not self._read(held).number:
                self._tenant.change_number(held, {"number": number})
        self._answers.end_trial()

    def _find(self, extension: str) -> Held:
        found = self._tenant.numbers_named(extension)
        if len(found) != 1:
            raise RainbowError(f"The PBX has no extension {extension}.", remedy=NAME_ONE)
        return found[0]

    def _find_vacant(self, extension: str) -> Held:
        held = self._find(extension)
        if held.number.user_id is not None:
            raise RainbowError(f"Extension {extension} is held by somebody.", remedy=NAME_ONE)
        return held

    def _find_user(self, login: str) -> str:
        user_id = self._reader.find_id(login.lower())
        if user_id is None:
            raise RainbowError(f"The company has no member {login}.", remedy=NAME_ONE)
        return user_id

    def _check_idle(self, user_id: str, login: str, tried: set[str]) -> None:
        """Nothing else may be the member's, on whichever system: mass provisioning would take it away too."""
        for other in self._tenant.numbers_held_by(user_id):
            if other.number.id not in tried:
                raise RainbowError(f"{login} holds extension {other.number.short_number}.", remedy=NAME_ONE)
        if self._tenant.links_of(user_id) - tried:
            raise RainbowError(f"{login} holds an extension of another system.", remedy=NAME_ONE)

    def _link(self, held: Held, user_id: str, login: str) -> None:
        self._tenant.change_number(held, {"userId": user_id})
        if self._read(held).user_id != user_id:
            raise RainbowError(f"Rainbow did not link {held.number.short_number} to {login}.", remedy=NAME_ONE)

    def _try_detach(self, held: Held, user_id: str, login: str) -> None:
        if self._answers.detach is None:
            self._link(held, user_id, login)
            if (way := self._free(held, user_id, login)) is not None:
                self._answers.learn(detach=way)

    def _free(self, held: Held, user_id: str, login: str) -> Literal["change", "sheet"] | None:
        """How it was freed; None if it was not."""
        known = self._answers.detach
        if known != "sheet" and self._is_freed(held, lambda: self._tenant.change_number(held, {"userId": None})):
            return "change"
        if known == "change" or self._tenant.links_of(user_id) - self._name_tried():
            return None
        return "sheet" if self._is_freed(held, lambda: self._provisioning.detach(login)) else None

    def _name_tried(self) -> set[str]:
        """Ids of the phone numbers that are being tried on."""
        names = self._answers.trial.numbers if self._answers.trial is not None else {}
        return {self._find(name).number.id for name in names}

    def _try_number(self, held: Held) -> None:
        """Which of the two takes the public number away; it is put back."""
        if not held.number.number or self._answers.is_number_removal_known:
            return
        tried: str | None
        for answer, tried in (("blank", ""), ("unset", None)):
            body = {"number": tried}
            if self._is_so(held, partial(self._tenant.change_number, held, body), lambda number: not number.number):
                self._tenant.change_number(held, {"number": held.number.number})
                self._answers.learn(number=answer)
                return

    def _try_second(self, first: Held, second: Held | None, user_id: str, login: str) -> None:
        """Whether a member who is given another extension keeps the one before."""
        if second is None or self._answers.second_extension is not None:
            return
        self._link(first, user_id, login)
        self._link(second, user_id, login)
        self._answers.learn(second_extension="added" if self._read(first).user_id == user_id else "replaces")

    def _is_freed(self, held: Held, free: Callable[[], Any]) -> bool:
        return self._is_so(held, free, lambda number: number.user_id is None)

    def _is_so(self, held: Held, attempt: Callable[[], Any], wanted: Callable[[PhoneNumber], bool]) -> bool:
        try:
            attempt()
        except RefusedError:
            return False
        return wanted(self._read(held))

    def _read(self, held: Held) -> PhoneNumber:
        found = self._tenant.look_up_number(held)
        if found is None:
            raise RainbowError(f"Extension {held.number.short_number} is gone.", remedy=NAME_ONE)
        return found
