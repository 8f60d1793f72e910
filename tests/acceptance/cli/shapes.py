"""The JSON that the commands promise: all of these keys, of these types, and no others."""

from __future__ import annotations

from pydantic import TypeAdapter

from linecard.cli.json_output import (
    CheckOutput,
    FindingOutput,
    LinkOutput,
    ListedRunOutput,
    PlanOutput,
    PluginOutput,
    ResumeOutput,
    RunOutput,
)

Checked, Planned, Run, Resumed = CheckOutput, PlanOutput, RunOutput, ResumeOutput
Runs = TypeAdapter(list[ListedRunOutput])
Members = TypeAdapter(list[LinkOutput])
Plugins = TypeAdapter(list[PluginOutput])
Findings = TypeAdapter(list[FindingOutput])
