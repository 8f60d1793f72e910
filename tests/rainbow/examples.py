"""Tenants to begin with."""

from __future__ import annotations

from rainbow.tenant import Licence
from rainbow.world import World

ADMINISTRATOR = "admin@example.com"
PASSWORD = "Rainbow-2026!"
APPLICATION = "0123456789abcdef0123456789abcdef"
SECRET = "the secret of an application"
PBX = "PBX4a1f-0c2e-88d1"
CLOUD_PBX = "PBXcloud-77aa-0001"
NEIGHBOUR = "admin@example.org"


def small_company(world: World) -> World:
    """Example SA: an administrator, twelve members, an OXE with extensions 1000 to 1059, of which five are held, and
    a Cloud PBX with five. Beside it a company that must never be seen."""
    tenant = world.tenant
    company = tenant.add_company("Example SA", licences=[Licence("Business", 20, 12), Licence("Enterprise", 5, 2)])
    roles = ("user", "admin")
    names = {"first_name": "Ada", "last_name": "Min"}
    tenant.add_member(company, ADMINISTRATOR, password=PASSWORD, roles=roles, admin_type="company_admin", **names)
    first = ["Alan", "Barbara", "Claude", "Dennis", "Edsger", "Frances", "Grace", "Hedy", "Ida", "Jean", "Ken", "Lotte"]
    members = [
        tenant.add_member(
            company, f"{name.lower()}@example.com", first_name=name, last_name="Example", password=PASSWORD
        )
        for name in first
    ]
    system = tenant.add_system([company], PBX, "Headquarters")
    numbers = [
        tenant.add_number(system, str(1000 + index), number=f"+331990010{index:02d}" if index < 50 else "")
        for index in range(60)
    ]
    for number, member in zip(numbers, members[:5], strict=False):
        number.user_id, number.is_monitored = member.id, True
    cloud = tenant.add_system([company], CLOUD_PBX, "Cloud", type="cloudpbx")
    for index in range(5):
        tenant.add_number(cloud, str(2000 + index))
    other = tenant.add_company("Neighbour GmbH")
    tenant.add_member(other, NEIGHBOUR, password=PASSWORD, roles=roles, admin_type="company_admin", first_name="Nele")
    tenant.add_number(tenant.add_system([other], "PBXelsewhere", "Elsewhere"), "1000")
    world.accounts.applications[APPLICATION] = SECRET
    return world
