"""The plugin `require_domain`: members outside the company's domains get no extension."""

from __future__ import annotations

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from linecard.api import Context, hookimpl
from linecard.api.processor import Action, Processor, ProcessorKind, Refusal, Row

LINECARD_API = "1.0"


def normalize_domain(text: str) -> str:
    """A domain as logins have it: in lower case, in letters where DNS has xn--. Raises ValueError for what is none."""
    domain = unicodedata.normalize("NFC", text.strip().lower().removeprefix("@"))
    if not domain or "@" in domain or "*" in domain or any(map(str.isspace, domain)) or ".." in f".{domain}.":
        raise ValueError("expected a domain such as example.com; `subdomains: true` takes those below it as well")
    try:
        return domain.encode("ascii").decode("idna")
    except UnicodeError:
        return domain


class RequireDomainOptions(BaseModel):
    """Members outside the company's domains are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    domains: tuple[Annotated[str, AfterValidator(normalize_domain)], ...] = Field(
        min_length=1, description="The domains that logins may lie in, such as [example.com, example.fr]."
    )
    subdomains: bool = Field(
        default=False, description="Whether domains below these will do, too, such as paris.example.com."
    )
    detach: bool = Field(
        default=False,
        description="Whether rows that detach a member outside these domains pass: they only take something away.",
    )


def build(options: RequireDomainOptions, context: Context) -> Processor:  # noqa: ARG001 - the port's signature
    domains = frozenset(options.domains)
    endings = tuple(f".{domain}" for domain in options.domains) if options.subdomains else ()
    remedy = f"Correct LoginEmail; members of this inbox have logins in {', '.join(options.domains)}."

    def require_domain(row: Row) -> Row | Refusal:
        domain = row.member.rpartition("@")[2]
        if domain in domains or (endings and domain.endswith(endings)):
            return row
        if options.detach and row.action == Action.DETACH:
            return row
        return Refusal(f"{row.member} lies outside the domains of the company", remedy)

    return require_domain


@hookimpl
def linecard_processors() -> list[ProcessorKind[RequireDomainOptions]]:
    return [
        ProcessorKind("require_domain", "Refuses members outside the company's domains.", RequireDomainOptions, build)
    ]
