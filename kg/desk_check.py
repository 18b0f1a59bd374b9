"""Whether desk and graph tell the same story, and how to bring them back to one after a kill came between them."""

from .desk import Desk, Draft, State
from .records import published_drafts
from .store import Store
from .versions import was_ever


def disagreements(desk: Desk, store: Store) -> list[str]:
    """What desk and graph do not agree on, and what is wrong with the log, in sentences."""
    found = [
        f"The draft {draft.key} of {draft.record} is published, and the desk does not know it."
        for draft in _unnoted(desk, store)
    ]
    found += [
        f"The draft {draft.key} of {draft.record} counts as published, and the record has no history."
        for draft in _lost(desk, store)
    ]
    broken = desk.broken_audit()
    return found + ([f"The audit log was changed from outside at line {broken}."] if broken else [])


def mend(desk: Desk, store: Store, by: str = "goodways-build") -> None:
    """Note what was published, and take up again for review what was lost; the graph decides."""
    for draft in _unnoted(desk, store):
        desk.move(draft.key, State.PUBLISHED, by, note="noted afterwards")
    for draft in _lost(desk, store):
        desk.move(draft.key, State.IN_REVIEW, by, note="the record is not in the graph")


def _unnoted(desk: Desk, store: Store) -> list[Draft]:
    published = published_drafts(store)
    return [draft for draft in desk.drafts() if draft.is_open and draft.key in published]


def _lost(desk: Desk, store: Store) -> list[Draft]:
    known = was_ever(store)
    return [draft for draft in desk.drafts(state=State.PUBLISHED) if draft.record not in known]
