"""What ALE's descriptions do not say, and each tenant may answer for itself.

Every other module is written from what is documented or was seen on the wire. What is not stands here: it is set in the
options (`assume`), or learnt from the tenant once, on an extension that the administrator names (`probe`), and kept.
Until it is known linecard does what is right under each possible answer, or refuses.

Source: the description of `PUT .../phone-numbers/{id}` types `userId` and `number` as strings and names no way to clear
them; `isAssignedToUser=false` is defined as `userId === null`. ALE's SDK for Node.js (2.46.1) cannot send either: it
drops values that are empty. No text says whether a member who is given a second extension of a PBX keeps the first.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from linecard.api import make_folder, write_whole


class Assumptions(BaseModel):
    """How this tenant behaves where ALE's descriptions are silent; null: `linecard doctor` finds out (see `probe`)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    detach: Literal["change", "sheet"] | None = Field(
        default=None,
        description="How an extension loses its holder: by a change (userId null), or by a sheet (mass provisioning).",
    )
    number: Literal["blank", "unset"] | None = Field(
        default=None, description="How an extension loses its public number: by a blank one, or by null."
    )
    second_extension: Literal["added", "replaces"] | None = Field(
        default=None, description="Whether a member who is given a second extension keeps the first."
    )


class Trial(BaseModel):
    """What the tenant is being tried on, as it was before: to be put back, also by another process."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    member: str
    numbers: dict[str, str]
    """By extension, its public number as Rainbow had it."""


KNOWN = "tenant.json"
"""The file of answers, in the state folder of the PBX."""


class TenantAnswers:
    """What is known of one tenant: what the options say, then what it answered.

    TenantAnswers belong to one host and its systems; those of others are not taken.
    """

    def __init__(self, configured: Assumptions, folder: Path, tenant: str) -> None:
        self._configured, self._path, self._tenant = configured, folder / KNOWN, tenant
        self._learnt, self.trial = Assumptions(), None
        self._load()

    trial: Trial | None
    """What is being tried, or was when linecard was cut off."""

    def _load(self) -> None:
        try:
            kept = json.loads(self._path.read_text(encoding="utf-8"))
            if kept.pop("tenant", None) == self._tenant:
                trial = kept.pop("trial", None)
                self.trial = None if trial is None else Trial.model_validate(trial)
                self._learnt = Assumptions.model_validate(kept)
        except (OSError, ValueError, AttributeError, TypeError, ValidationError):
            pass  # none, not ours, or cut off: the tenant can be asked again

    @property
    def detach(self) -> Literal["change", "sheet"] | None:
        known = self._configured.detach or self._learnt.detach
        if known is None:
            self._load()  # `linecard doctor` may have asked since this process began
        return self._configured.detach or self._learnt.detach

    @property
    def is_number_removal_known(self) -> bool:
        return (self._configured.number or self._learnt.number) is not None

    @property
    def number_removal(self) -> Literal["blank", "unset"]:
        """Blank until the tenant has answered: what it makes of that is read back, and it harms nothing else."""
        return self._configured.number or self._learnt.number or "blank"

    @property
    def second_extension(self) -> Literal["added", "replaces"] | None:
        return self._configured.second_extension or self._learnt.second_extension

    def learn(self, **answers: str) -> None:
        """Keep what the tenant answered."""
        self._learnt = Assumptions.model_validate(self._learnt.model_dump() | answers)
        self._keep()

    def begin_trial(self, trial: Trial) -> None:
        """Keep what is to be put back, before anything is changed."""
        self.trial = trial
        self._keep()

    def end_trial(self) -> None:
        """It is as it was."""
        self.trial = None
        self._keep()

    def _keep(self) -> None:
        trial: dict[str, Any] = {} if self.trial is None else {"trial": self.trial.model_dump()}
        make_folder(self._path.parent, mode=0o700)
        with write_whole(self._path, text=True, mode=0o600) as file:
            json.dump({"tenant": self._tenant} | self._learnt.model_dump() | trial, file)
