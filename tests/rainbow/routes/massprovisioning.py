"""Mass provisioning: templates, checks, imports, reports.

Source: AdminService and RESTService of rainbow-node-sdk 2.46.1; the paths marked there for users and devices.
"""

from __future__ import annotations

from rainbow.answers import Answer, as_csv, as_data, missing
from rainbow.provisioning import Order
from rainbow.provisioning_csv import template
from rainbow.provisioning_rows import Player
from rainbow.routes.admin import administrator
from rainbow.routes.table import MASS, ROUTES, Call

IMPORTS = f"{MASS}/users/imports"
REPORT = f"{IMPORTS}/{{request}}/details"


def order_of(call: Call, family: str) -> tuple[Order, Player]:
    account, world, query = administrator(call), call.world, call.query
    company_id = query.get("companyId", account.company_id)
    if company_id != account.company_id:
        raise missing("Company", company_id)
    company = world.tenant.companies[company_id]
    order = Order(
        call.body,
        company,
        account,
        family,
        delimiter=query.get("delimiter", ""),
        comment=query.get("comment", "%"),
        label=query.get("label", ""),
    )
    return order, Player(world.tenant, company, world.assumptions, family, query.get("nostrict") == "true")


@ROUTES.add("GET", f"{MASS}/users/template")
def get_template(call: Call) -> Answer:
    administrator(call)
    text = template(call.query.get("mode", "user"), call.query.get("comment", "%"))
    return as_csv(text)


def add_family(path: str, family: str) -> None:
    """The check and the import of one family of modes."""

    @ROUTES.add("POST", f"{path}/check")
    def check(call: Call) -> Answer:
        return as_data(call.world.provisioning.check(*order_of(call, family)))

    @ROUTES.add("POST", path)
    def begin(call: Call) -> Answer:
        order, player = order_of(call, family)
        return as_data(call.world.provisioning.begin(order, player, call.world.now()))


add_family(IMPORTS, "imports")
add_family(f"{IMPORTS}/synchronize", "synchronize")
add_family(f"{IMPORTS}/rainbowvoice", "rainbowvoice")


@ROUTES.add("GET", IMPORTS)
def list_imports(call: Call) -> Answer:
    account = administrator(call)
    company_id = call.query.get("companyId", account.company_id)
    return as_data(call.world.provisioning.summaries(company_id) if company_id == account.company_id else [])


@ROUTES.add("GET", REPORT)
def show_report(call: Call) -> Answer:
    provisioning = call.world.provisioning
    found = provisioning.find(call.parts["request"], administrator(call))
    return as_data(provisioning.report(found, call.query.get("format", "full")))


@ROUTES.add("DELETE", REPORT)
def delete_report(call: Call) -> Answer:
    provisioning = call.world.provisioning
    del provisioning.imports[provisioning.find(call.parts["request"], administrator(call)).id]
    return Answer(204)
