"""Accounts: people and their roles, signing in and out, tokens for programs."""

from ..forms import Form, Upload
from .access import csrf_field, name_of, need, person_of, posted, posted_files
from .roles import SCOPES, Person, Role
from .store import FILE, Accounts

__all__ = [
    "FILE",
    "SCOPES",
    "Accounts",
    "Form",
    "Person",
    "Role",
    "Upload",
    "csrf_field",
    "name_of",
    "need",
    "person_of",
    "posted",
    "posted_files",
]
