"""`goodways links`: what is known of the links of published records, and a look at what is due."""

import json
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from ingest.link_checks import ARCHIVE, FILE, LinkChecks, LinkKeeper
from ingest.link_file import TABLES, LinkFile
from kg import Settings

from ..workspace import Workspace


def links(
    check: Annotated[bool, typer.Option("--check", help="Look at links that are due; asks other servers.")] = False,
    most: Annotated[int, typer.Option("--most", min=1, help="Links to look at.")] = 50,
    data: Annotated[
        Path | None, typer.Option("--data", help="Data folder [default: $GOODWAYS_DATA, else ./data].")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print machine-readable JSON.")] = False,
) -> None:
    """Say which links of records are dead; with --check, look at those that are due first."""
    settings = Settings()
    space = Workspace(settings.model_copy(update={"data": data}) if data else settings)
    if check:
        with space.reading() as store:
            link_checks(space.settings).check_some(store, most)
    path = space.folder / FILE
    known = LinkFile(path, TABLES).links() if path.is_file() else []
    dead = [link for link in known if link.dead]
    counts = Counter(str(link.kind) for link in known)
    if as_json:
        rows = [{"address": link.address, "kind": link.kind, "failures": link.failures} for link in dead]
        print(json.dumps({"links": len(known), "kinds": counts, "dead": rows}, ensure_ascii=False, indent=2))
    elif not known:
        print("No link was looked at yet; goodways links --check does it.")
    else:
        for link in dead:
            print(f"{link.kind}\t{link.address}\t{link.note}")
        print(f"{len(known)} links, {len(dead)} dead: " + ", ".join(f"{n} {kind}" for kind, n in counts.most_common()))
    if dead:
        raise typer.Exit(1)


def link_checks(settings: Settings) -> LinkChecks:
    """What looks at links, as the settings want it."""
    archive = ARCHIVE if settings.archive_lookup else ""
    return LinkChecks(settings.data, site_url=settings.site_url, archive=archive)


def link_keeper(workspace: Workspace) -> LinkKeeper | None:
    """Looks at links in the background, where the settings want it."""
    if not workspace.settings.link_checks:
        return None
    keeper = LinkKeeper(link_checks(workspace.settings), workspace.reading)
    keeper.start()
    return keeper
