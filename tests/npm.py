"""Packages from the npm registry for the tests that can use them, where Node is installed and the registry answers."""

import json
import os
import shutil
import subprocess
from functools import cache
from pathlib import Path
from tempfile import gettempdir, mkdtemp

NODE, NPM = shutil.which("node"), shutil.which("npm")
_QUIET = ("--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error", "--prefer-offline")
_SECONDS = 240


@cache
def installed(package: str, version: str, **overrides: str) -> Path | None:
    """The folder `node_modules` with the package, kept in the system's folder of temporary files for the next run;
    None where Node is missing or the registry does not answer. `overrides` are the versions of what it depends on."""
    if not (NODE and NPM):
        return None
    folder = Path(gettempdir()) / f"policykg-npm-{os.getuid()}-{package.replace('/', '-')}-{version}"
    if not folder.is_dir():
        _install(folder, {"private": True, "dependencies": {package: version}, "overrides": overrides})
    return folder / "node_modules" if folder.is_dir() else None


def _install(folder: Path, manifest: dict[str, object]) -> None:
    """Install what the manifest names, and only then give the folder its name: another process may do the same."""
    draft = Path(mkdtemp(prefix=f"{folder.name}-"))
    (draft / "package.json").write_text(json.dumps(manifest), encoding="utf-8")
    try:
        subprocess.run([str(NPM), "install", *_QUIET], cwd=draft, capture_output=True, timeout=_SECONDS, check=True)
        draft.rename(folder)
    except (subprocess.SubprocessError, OSError):
        shutil.rmtree(draft, ignore_errors=True)
