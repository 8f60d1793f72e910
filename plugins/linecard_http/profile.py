"""What a profile may say: the shape of the files in backends/."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from linecard.api.backend import Can
from linecard_http.expression import Expression, JmesPath, TemplateText, TemplateValue


class Meaning(StrEnum):
    """What an answer means."""

    GOOD = "good"
    """It was done, or here is what was asked for."""
    ABSENT = "absent"
    """What was asked for, or is to go, is not there."""
    ALREADY = "already"
    """It is so already."""
    REFUSED = "refused"
    """The PBX does not do this; nothing was changed."""
    LATER = "later"
    """Too many requests: nothing was done, and the same may be sent again."""
    EXPIRED = "expired"
    """The token is not valid any more: nothing was done."""
    FAILED = "failed"
    """The PBX failed and is done with the request; whether something was changed has to be read."""
    LOST = "lost"
    """It is not known what became of it, and it may still come about."""
    BROKEN = "broken"
    """It would be the same for any request: the account lacks a right, or this is not the API."""


METHODS = ("get", "post", "put", "patch", "delete")
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,40}$")]


def _listed(value: Any) -> Any:
    return value if isinstance(value, list | tuple) else [value]


def _check_pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"expected a regular expression: {error}") from None
    return text


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class AnswerRule(_Part):
    """What an answer with one of these statuses, whose body fits `when`, means; the first rule that fits counts."""

    status: Annotated[tuple[int, ...], BeforeValidator(_listed)] = Field(
        default=(), description="Statuses of HTTP; any, if none is named."
    )
    when: JmesPath | None = Field(default=None, description="A path into the body that must find something true.")
    means: Meaning = Field(description="What it means.")
    words: JmesPath | None = Field(default=None, description="Where the body says why.")
    remedy: str = Field(default="", description="What a person can do about it.")


class PagingRule(_Part):
    """How a list goes on."""

    kind: Literal["page", "offset", "cursor", "next", "link"] = Field(
        description="By the number of a page, by an offset, by a cursor, by an address in the body, by a Link header."
    )
    into: Literal["query", "json", "variables"] = Field(
        default="query", description="Where position and size are put; `variables` are those of GraphQL."
    )
    position: str = Field(default="", description="The parameter for page, offset or cursor.")
    size: str = Field(default="", description="The parameter for the size of a page, if there is one.")
    per: int = Field(default=100, ge=2, le=10_000, description="Entries of a page.")
    first: int = Field(default=1, ge=0, le=1, description="The number of the first page.")
    total: JmesPath | None = Field(default=None, description="Where the body says how many entries there are.")
    next: JmesPath | None = Field(default=None, description="Where the body has the next cursor or address.")

    @model_validator(mode="after")
    def _check_parts(self) -> Self:
        needed = {"cursor": ("position", "next"), "next": ("next",), "link": ()}.get(self.kind, ("position",))
        if lacking := [name for name in needed if not getattr(self, name)]:
            raise ValueError(f"expected {' and '.join(lacking)} for paging by {self.kind}")
        return self


class GraphQlBody(_Part):
    """A request of GraphQL; its text is no template, so that nothing but variables goes into it."""

    query: str
    variables: dict[str, TemplateValue] = {}


class RequestRule(_Part):
    """One request: exactly one of `get`, `post`, `put`, `patch`, `delete` has its path, and one body at most."""

    get: TemplateText | None = None
    post: TemplateText | None = None
    put: TemplateText | None = None
    patch: TemplateText | None = None
    delete: TemplateText | None = None
    query: dict[str, TemplateValue] = Field(default={}, description="Parameters of the address; null leaves one out.")
    headers: dict[str, TemplateText] = {}
    content: TemplateValue = Field(default=None, alias="json", description="A body of JSON.")
    form: dict[str, TemplateValue] | None = None
    multipart: dict[str, TemplateValue] | None = None
    graphql: GraphQlBody | None = None
    answers: tuple[AnswerRule, ...] = Field(default=(), description="Looked at before those of the profile.")
    repeatable: bool | None = Field(
        default=None,
        description="Whether it may be sent again when its answer was lost. Lists and `find` may, steps may not, "
        "unless this says so: whatever its method is.",
    )
    paging: PagingRule | None = None

    @model_validator(mode="after")
    def _check_request(self) -> Self:
        self._check_parts()
        return self

    def _check_parts(self) -> None:
        if len(self.methods) != 1:
            raise ValueError("expected exactly one of get, post, put, patch and delete, with its path")
        if not self.path.startswith("/"):
            raise ValueError("expected a path that begins with /")
        if sum(body is not None for body in (self.content, self.form, self.multipart, self.graphql)) > 1:
            raise ValueError("expected one body at most: json, form, multipart or graphql")

    @property
    def methods(self) -> list[str]:
        return [name for name in METHODS if getattr(self, name) is not None]

    @property
    def method(self) -> str:
        """Of HTTP, in capitals."""
        return self.methods[0].upper()

    @property
    def path(self) -> str:
        """As a template."""
        path: str = getattr(self, self.methods[0])
        return path


class FindRule(RequestRule):
    """A request for the rows in which a field has a `value`. Rows in which it is another are left out: many searches
    give what begins or sounds like it, too."""

    items: JmesPath | None = Field(default=None, description="Where its answer has rows, unless as in the list.")


class DetailsRule(RequestRule):
    """A request for rows of which the list shows a part alone: `rows` are those of a page of the list, or all."""

    items: JmesPath = Field(default="@", description="Where its answer has the rows.")


class LookupRule(_Part):
    """A value of another table, in the row in which `by` is what was found here."""

    table: Name
    by: Name
    get: Name


class FieldRule(_Part):
    """How a field is read from a row of the answer. A blank counts as nothing."""

    path: JmesPath
    pattern: Annotated[str, AfterValidator(_check_pattern)] | None = Field(
        default=None, description="A regular expression; what its first group matches is the value."
    )
    format: TemplateText | None = Field(default=None, description="A template of `value`, `row` and `settings`.")
    lookup: LookupRule | None = None


def _as_rules(value: Any) -> Any:
    return [{"path": each} if isinstance(each, str) else each for each in _listed(value)]


FieldRules = Annotated[tuple[FieldRule, ...], BeforeValidator(_as_rules)]
"""The first rule that finds something counts."""


class TableRule(_Part):
    """Rows that the PBX has: all by `list`, some by `find`."""

    whole: RequestRule | None = Field(default=None, alias="list")
    items: JmesPath = Field(default="@", description="Where an answer has its rows: a list, or one object.")
    details: DetailsRule | None = Field(default=None, description="Asked for the rows, where the list shows a part.")
    where: Expression | None = Field(default=None, description="Which rows count; of `row` and `settings`.")
    fields: dict[Name, FieldRules] = Field(min_length=1)
    find: dict[Name, FindRule] = {}

    @model_validator(mode="after")
    def _check_find(self) -> Self:
        if self.whole is None and not self.find:
            raise ValueError("expected `list`, `find` or both")
        if unknown := self.find.keys() - self.fields.keys():
            raise ValueError(f"expected `find` by a field of this table, not by {min(unknown)}")
        return self


class StepRule(RequestRule):
    """A request of a change, words that refuse it, or steps for each of some numbers.

    `when` says when it is needed, by what was read of the extension and what it shall be. Where the answer to a step
    was lost, linecard reads until it is not needed any more, so that it must not be true once the step is done.
    """

    name: Name = ""
    when: Expression | None = None
    refuse: TemplateText | None = Field(default=None, description="The change is not made, for this reason.")
    each: Literal["gained", "lost", "kept"] | None = Field(
        default=None, description="For each `number` that the extension gets, loses or keeps."
    )
    steps: tuple[StepRule, ...] = ()
    save: dict[Name, JmesPath] = Field(default={}, description="What later steps find below this step's name.")
    until: JmesPath | None = Field(default=None, description="Sent again and again until its answer has this.")
    failed: JmesPath | None = Field(default=None, description="An answer that has this ends it in failure.")
    every: float = Field(default=1.0, gt=0, le=60, description="Seconds between two.")
    at_most: float = Field(default=300.0, gt=0, le=3600, description="Seconds after which it has failed.")

    def _check_parts(self) -> None:
        kinds = [bool(self.methods), self.refuse is not None, bool(self.steps)]
        if sum(kinds) != 1:
            raise ValueError("expected a request, `refuse` or `steps`")
        if self.methods:
            super()._check_parts()
            if not self.name:
                raise ValueError("expected `name`: messages and later steps call it by that")

    @property
    def is_read(self) -> bool:
        """Whether it only looks: a request by GET that the profile does not call a change."""
        return self.methods == ["get"] and self.repeatable is not False


class CaveatRule(_Part):
    """What a person should know of a change before it is made."""

    when: Expression
    message: TemplateText
    remedy: str = ""
    holds: bool = Field(default=False, description="The plan waits for an approval.")


class NoAuth(_Part):
    """Nobody has to log in."""

    kind: Literal["none"] = "none"


class BasicAuth(_Part):
    """A name and a password with each request."""

    kind: Literal["basic"]
    username: TemplateText
    password: TemplateText


class HeaderAuth(_Part):
    """Something fixed in a header of each request: a bearer token, an API key."""

    kind: Literal["header"]
    headers: dict[str, TemplateText] = Field(min_length=1)


class QueryAuth(_Part):
    """An API key in the address of each request."""

    kind: Literal["query"]
    query: dict[str, TemplateText] = Field(min_length=1)


class LoginAuth(_Part):
    """A request that gives a token, which goes with each request after it."""

    kind: Literal["login"]
    login: RequestRule
    username: TemplateText = Field(default="", description="For HTTP Basic of the login, with `password`.")
    password: TemplateText = ""
    token: JmesPath = Field(description="Where the answer has the token.")
    lifetime: JmesPath | float = Field(description="Seconds, or where the answer says how many.")
    refresh: RequestRule | None = Field(default=None, description="Gives another token for `refresh_token`.")
    refresh_token: JmesPath | None = None
    headers: dict[str, TemplateText] = Field(default={}, description="Where `token` goes, ...")
    query: dict[str, TemplateText] = Field(default={}, description="... or in the address.")

    @model_validator(mode="after")
    def _check_place(self) -> Self:
        if not self.headers and not self.query:
            raise ValueError("expected `headers` or `query`, where the token goes")
        return self


AuthRule = Annotated[NoAuth | BasicAuth | HeaderAuth | QueryAuth | LoginAuth, Field(discriminator="kind")]


class SettingRule(_Part):
    """Something that the site says: `default` counts where it does not."""

    about: str
    default: str | int | bool | None = None


class Profile(_Part):
    """How one make of PBX is asked and changed."""

    name: str = Field(min_length=1, description="What messages call the PBX.")
    tested: str = Field(default="", description="What this profile was tested against.")
    can: frozenset[Can] = frozenset()
    settings: dict[Name, SettingRule] = {}
    secrets: dict[Name, str] = Field(default={}, description="Each secret that it needs, and what it is.")
    headers: dict[str, TemplateText] = {}
    auth: AuthRule = NoAuth()
    answers: tuple[AnswerRule, ...] = ()
    words: JmesPath | None = Field(default=None, description="Where a refusal says why, unless its rule says so.")
    tables: dict[Name, TableRule]
    changes: tuple[StepRule, ...] = Field(min_length=1)
    finish: tuple[StepRule, ...] = Field(default=(), description="Once after all changes of a run: a reload.")
    caveats: tuple[CaveatRule, ...] = ()
    workers: int = Field(default=64, ge=1, le=64, description="Changes that the PBX bears at the same time.")

    @model_validator(mode="after")
    def _check_tables(self) -> Self:
        needed = {"extensions": {"extension"}, "members": {"login"}, "numbers": {"number", "extension"}}
        if "extensions" not in self.tables:
            raise ValueError("expected a table `extensions`")
        for name, fields in needed.items():
            if name in self.tables and (lacking := fields - self.tables[name].fields.keys()):
                raise ValueError(f"expected a field {min(lacking)} in the table {name}")
        for name, table in self.tables.items():
            for rules in table.fields.values():
                for rule in rules:
                    self._check_lookup(name, rule.lookup)
        if "members" not in self.tables and Can.CREATE_MEMBERS not in self.can:
            raise ValueError("expected a table `members`, or create_members in `can`")
        return self

    def _check_lookup(self, name: str, lookup: LookupRule | None) -> None:
        if lookup is None:
            return
        other = self.tables.get(lookup.table)
        if other is None or not {lookup.by, lookup.get} <= other.fields.keys():
            raise ValueError(f"expected a lookup in the table {name} to name a table and two of its fields")
