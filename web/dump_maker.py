"""Keeps the files for downloading at the state of the data, in a process of its own, so that no visitor waits."""

import logging
import subprocess
import sys
import threading
from pathlib import Path
from weakref import WeakKeyDictionary

from kg.dumps import Manifest, read_manifest

from .site import Site
from .workspace import Workspace

_log = logging.getLogger("goodways")
_ROOT = Path(__file__).parent.parent
_BUSY: WeakKeyDictionary[Site, threading.Thread] = WeakKeyDictionary()
_FAILED: WeakKeyDictionary[Site, str] = WeakKeyDictionary()
_LOCK = threading.Lock()


def dumps_folder(workspace: Workspace) -> Path:
    """Where the files for downloading lie."""
    return workspace.folder / "dumps"


def manifest_of(site: Site) -> Manifest:
    """The files that there are now."""
    return read_manifest(dumps_folder(site.workspace))


def renew_dumps(site: Site) -> None:
    """See to it that the files are those of now; returns at once. What failed is tried again when the data change."""
    stamp = site.workspace.stamp()
    with _LOCK:
        busy = _BUSY.get(site)
        if (busy and busy.is_alive()) or stamp in (manifest_of(site).stamp, _FAILED.get(site)):
            return
        thread = threading.Thread(target=_make, args=[site], daemon=True)
        _BUSY[site] = thread
        thread.start()


def being_made(site: Site) -> bool:
    """Whether newer files are on their way."""
    busy = _BUSY.get(site)
    return bool(busy and busy.is_alive())


def _make(site: Site) -> None:
    workspace, folder = site.workspace, dumps_folder(site.workspace)
    source = workspace.settings.store or str((workspace.folder / "graph").absolute())
    while read_manifest(folder).stamp != (stamp := workspace.stamp()):
        command = [sys.executable, "-m", "kg.dumps", source, str(folder.absolute()), stamp]
        done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=False)  # noqa: S603 (our own)
        if done.returncode:
            reason = (done.stderr.strip().splitlines() or ["It was ended."])[-1]
            _log.warning("The files for downloading could not be made. %s", reason)
            _FAILED[site] = stamp
            return
