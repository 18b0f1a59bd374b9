"""Who may do what with an import, and what is then done: the same for pages and programs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from fastapi import Request

from ingest.harvesting import HarvestState
from kg import InputError
from kg.batch import OPEN, WORK, Batch, Phase, Verdict
from kg.batches import Batches
from kg.desk import Desk
from ontology import RECORD_TYPES

from ..accounts import Person, Role, Upload
from ..problems import ProblemError
from .import_files import kept_files, name_of_all
from .import_work import ImportWork

_BUSY_MOST = 20
_NOTED = {
    "stop": "import stopped",
    "resume": "import taken up again",
    "publish": "import to be published",
    "ask": "import handed in",
    "drafts": "import to drafts",
    "undo": "import to be undone",
    "discard": "import thrown away",
}
ACTIONS = tuple(_NOTED)
"""What can be done with a batch."""


@dataclass(frozen=True)
class ImportOffice:
    """The imports of a site, and who asks."""

    batches: Batches
    work: ImportWork
    desk: Desk
    by: Person

    @property
    def most_bytes(self) -> int:
        """How large the files of an import may be together."""
        return self.work.site.workspace.settings.import_mb * 1_000_000

    def begin(self, uploads: Sequence[Upload], *, keep: bool = True, defaults: dict[str, str] | None = None) -> Batch:
        """Take files in; they are read in the background.

        Raises:
            InputError: they cannot be imported.
            ProblemError: too many imports wait.

        """
        self._not_too_many()
        key, files = kept_files(self.work.site.workspace.folder, uploads)
        name = name_of_all(files)
        batch = self.batches.begin(self.by.id, name, files, keep=keep, defaults=_defaults(defaults), key=key)
        return self._noted(batch, "import begun", batch.name)

    def harvest(self, address: str, protocol: str, part: str = "") -> Batch:
        """Take in what another repository has.

        Raises:
            InputError: the address is none that may be harvested.
            ProblemError: this person may not, or too many imports wait.

        """
        if self.by.role < Role.EDITOR:
            raise ProblemError(403, "Harvesting is for editors; tell one of them the address of the repository.")
        self._not_too_many()
        address = address.strip()
        if not may_harvest(address, self.work.site.workspace.settings.harvest_allowed):
            raise InputError(
                "This address may not be harvested. Who runs the site allows it by naming its host in the setting "
                "GOODWAYS_HARVEST_ALLOWED, such as “zenodo.org”."
            )
        if protocol not in ("oai", "dcat"):
            raise InputError("Choose whether the address speaks OAI-PMH or is a DCAT catalogue.")
        state = HarvestState(address, "oai" if protocol == "oai" else "dcat", part=part.strip())
        batch = self.batches.begin(self.by.id, address[:300], [], harvest=state.as_dict())
        return self._noted(batch, "harvest begun", address[:300])

    def do(self, key: str, action: str, why: str = "") -> Batch:
        """Carry out one of `ACTIONS`.

        Raises:
            InputError: it cannot be done now.
            ProblemError: this person may not, or no reason is given.

        """
        why = " ".join(why.split())[:2000]
        match action:
            case "stop":
                made = self.batches.move(key, Phase.STOPPED, only_from=WORK)
            case "resume":
                made = self.batches.resume(key)
            case "publish":
                made = self._publish(key, why)
            case "ask":
                self._some_taken(key)
                made = self.batches.move(key, Phase.WAITING, only_from=[Phase.PREVIEW], asker=self.by.id, why=why)
            case "drafts":
                self._some_taken(key)
                made = self.batches.move(key, Phase.DRAFTING, only_from=OPEN, by=self.by.id, why=why)
            case "undo":
                made = self._undo(key, why)
            case "discard":
                made = self._discard(key)
            case _:
                raise ProblemError(422, f"There is no such action; there are {', '.join(ACTIONS)}.")
        return self._noted(made, _NOTED[action], why)

    def may_publish(self, batch: Batch) -> str:
        """Why this person cannot publish the batch; nothing where they can."""
        if self.by.role >= Role.EDITOR or self.by.id not in self.batches.writers(batch.key):
            return ""
        return "You have brought or corrected these rows, so another curator must look at them and publish them."

    def may_undo(self, batch: Batch) -> bool:
        """Whether this person can undo the batch: an editor, who brought it, and who published it."""
        return self.by.role >= Role.EDITOR or self.by.id in {batch.by, *self.batches.writers(batch.key)}

    def needs_reason(self, batch: Batch) -> bool:
        """Whether publishing takes a reason, since nobody else has looked at it."""
        return self.by.id in self.batches.writers(batch.key)

    def choose(self, key: str, take: bool, *, numbers: Sequence[int] = (), verdict: Verdict | None = None) -> int:
        """Take rows, or leave them; how many."""
        return self.batches.choose(key, take, numbers=numbers, verdict=verdict)

    def name_columns(self, key: str, columns: dict[str, str], defaults: dict[str, str]) -> Batch:
        """Read a batch again with columns named by hand."""
        made = self.batches.read_again(key, columns, _defaults(defaults))
        return self._noted(made, "import read again", ", ".join(f"{h[:40]} = {f}" for h, f in columns.items())[:300])

    def _publish(self, key: str, why: str) -> Batch:
        batch = self.batches.batch(key)
        if refusal := self.may_publish(batch):
            raise ProblemError(403, refusal)
        if self.needs_reason(batch) and not why:
            raise ProblemError(422, "You have brought this yourself: say why it is published without a second look.")
        self._some_taken(key)
        return self.batches.move(key, Phase.COMMITTING, only_from=OPEN, by=self.by.id, why=why or batch.why)

    def _discard(self, key: str) -> Batch:
        if self.batches.counts(key)["done"]:
            raise InputError("Some rows are published already: undo the import, or go on with it.")
        idle = (*OPEN, Phase.STOPPED, Phase.FAILED)
        return self.batches.move(key, Phase.DISCARDED, only_from=idle)

    def _undo(self, key: str, why: str) -> Batch:
        batch = self.batches.batch(key)
        if not self.may_undo(batch):
            raise ProblemError(403, "Undoing is for editors, and for who brought or published the import.")
        if not why:
            raise ProblemError(422, "Say why the import is undone: it stands in the history of the records.")
        after = [Phase.DONE]
        if batch.state in (Phase.STOPPED, Phase.FAILED) and batch.resume in (Phase.COMMITTING, Phase.DRAFTING):
            after = [batch.state]
        return self.batches.move(key, Phase.UNDOING, only_from=after, by=self.by.id, why=why)

    def _some_taken(self, key: str) -> None:
        if not self.batches.counts(key)["taken"]:
            raise InputError("No row is taken yet; take those that are right.")

    def _not_too_many(self) -> None:
        if len(self.batches.batches(state=WORK, limit=_BUSY_MOST)) >= _BUSY_MOST:
            raise ProblemError(503, "Many imports are being worked on; wait until some are done.")

    def _noted(self, batch: Batch, what: str, detail: str = "") -> Batch:
        self.desk.log(self.by.id, what, batch.key, detail)
        self.work.wake()
        return batch


def office_of_imports(request: Request, by: Person) -> ImportOffice:
    """The imports of the site that a request is sent to."""
    state = request.app.state
    return ImportOffice(state.imports.batches, state.imports, state.desk, by)


def may_harvest(address: str, allowed: str) -> bool:
    """Whether the host of an address is among those that are named, with its port where one is named."""
    try:
        parts = urlsplit(address)
        host, port = (parts.hostname or "").casefold(), parts.port
    except ValueError:
        return False
    place = f"{host}:{port}" if port else host
    return parts.scheme in ("http", "https") and bool(host) and place in allowed.casefold().split()


def _defaults(given: dict[str, Any] | None) -> dict[str, str]:
    made = {name: value for name, value in (given or {}).items() if value and name in ("type", "language")}
    if "type" in made and made["type"] not in RECORD_TYPES:
        raise InputError("There is no such kind of record; choose one from the list.", field="type")
    return made
