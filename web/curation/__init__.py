"""The desk: where records are added, imported, reviewed, undone and cared for."""

from fastapi import FastAPI

from kg.batches import FILE as IMPORTS
from kg.batches import Batches
from kg.desk import FILE as DESK
from kg.desk import Desk
from kg.desk_check import mend

from ..site import Site
from . import (
    audit_page,
    care,
    draft_api,
    duplicates_api,
    form,
    history,
    import_api,
    import_document,
    imports,
    languages,
    merging,
    overview,
    review,
    starting,
)
from .import_work import ImportWork

ROOMS = (
    overview, starting, form, languages, review, history, merging, imports, import_document, care, audit_page,
    draft_api, duplicates_api, import_api,
)  # fmt: skip


def add_desk(app: FastAPI, site: Site) -> None:
    """Set the desk up beside a site: what a kill has interrupted is finished, then imports go on."""
    app.state.desk = Desk(site.workspace.folder / DESK)
    mend(app.state.desk, site.searcher.store)
    app.state.imports = ImportWork(site, app.state.desk, Batches(site.workspace.folder / IMPORTS))
    site.after_change.append(duplicates_api.renew_duplicates)
    for room in ROOMS:
        app.include_router(room.router)
