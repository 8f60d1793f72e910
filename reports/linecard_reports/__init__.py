"""The report formats that linecard brings: html, csv, json, text, retry and undo."""

from __future__ import annotations

from linecard.api import hookimpl
from linecard.api.renderer import IndexRenderer, Renderer
from linecard_reports.document import Document
from linecard_reports.index import IndexPage
from linecard_reports.pages import Page, Text
from linecard_reports.tables import Retry, Table, Undo

LINECARD_API = "1.0"


@hookimpl
def linecard_renderers() -> list[Renderer]:
    return [Page(), Table(), Document(), Text(), Retry(), Undo()]


@hookimpl
def linecard_indexes() -> list[IndexRenderer]:
    return [IndexPage()]
