"""Where things are: the packaged data, the store, the version. Built once at the edge and passed in."""

import os
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from kg.errors import OntologyError

MIN_CONFIDENCE = 0.0
"""The belief below which no statement enters, where nobody asks for another."""

_PACKAGE = Path(__file__).resolve().parent


def data_folder(name: str) -> Path:
    """The folder of packaged data of that name (`ontology`, `queries`, `examples`).

    In an installed package it lies under `kg/data/`; in a checkout it is the folder at the top level.
    Raises OntologyError where it is missing, which means a broken installation.
    """
    for folder in (_PACKAGE / "data" / name, _PACKAGE.parent / name):
        if folder.is_dir():
            return folder
    raise OntologyError(f"the package's folder {name!r} is missing: install policykg again")


def default_store() -> Path:
    """`$KG_STORE`, or `policykg/store` in the user's data folder (`$XDG_DATA_HOME`, else `~/.local/share`)."""
    if chosen := os.environ.get("KG_STORE"):
        return Path(chosen)
    home = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(home) / "policykg" / "store"


def package_version() -> str:
    """The version of the installed distribution."""
    try:
        return version("policykg")
    except PackageNotFoundError:
        return "0+unknown"
