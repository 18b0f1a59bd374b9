"""Who may do what: roles of people, scopes of tokens."""

from dataclasses import dataclass
from enum import IntEnum

from kg import InputError


class Role(IntEnum):
    """What a person may do; each role may all that the ones before it may."""

    VISITOR = 0
    CONTRIBUTOR = 1
    CURATOR = 2
    EDITOR = 3
    ADMINISTRATOR = 4

    @property
    def label(self) -> str:
        """Its name in words."""
        return self.name.lower()

    @classmethod
    def of(cls, label: str) -> "Role":
        """The role of a name; a visitor has no account.

        Raises:
            InputError: there is none.

        """
        found = next((role for role in cls if role.label == label.strip().lower()), cls.VISITOR)
        if found == cls.VISITOR:
            raise InputError(f"“{label[:40]}” is not a role; choose {', '.join(role.label for role in GIVEN)}.")
        return found


GIVEN = tuple(role for role in Role if role > Role.VISITOR)
"""The roles that a person can be given."""
SCOPES: dict[str, tuple[Role, str]] = {
    "read": (Role.CONTRIBUTOR, "Read drafts that I may read"),
    "write": (Role.CONTRIBUTOR, "Write drafts"),
    "publish": (Role.CURATOR, "Review and publish"),
    "import": (Role.CURATOR, "Import records"),
    "update": (Role.ADMINISTRATOR, "Change the graph directly (SPARQL Update)"),
}
"""What a token may be made for: the role that it takes, and what it is called."""


@dataclass(frozen=True)
class Person:
    """Who sends a request."""

    id: str
    """12 hexadecimal digits that say nothing; empty for a visitor."""
    name: str
    login: str
    role: Role
    scopes: frozenset[str] | None = None
    """What the token is for that came with the request; None for somebody who signed in."""


VISITOR = Person("", "", "", Role.VISITOR)


def scopes_for(role: Role) -> list[str]:
    """The scopes that a token of somebody with this role can have."""
    return [scope for scope, (least, _) in SCOPES.items() if role >= least]
