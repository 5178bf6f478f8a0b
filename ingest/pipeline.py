"""The whole way from a file to what it states, assembled in one place.

reading (ingest.reading)  →  sentences
spaCy: lac_words → policy_names  →  names per sentence
entities (ingest.entities)  →  mentions, entities of the document
relations (ingest.relations) and qualifiers (ingest.qualifiers)  →  statements
gate (ingest.assertions)  →  assertions and refusals
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Protocol

import spacy
from spacy.language import Language as SpacyLanguage
from spacy.tokens import Doc

from ingest import english, lac, names  # noqa: F401  (their spaCy factories)
from ingest.assertions import Gate, statement
from ingest.english_model import load_english
from ingest.english_relations import EnglishFinder
from ingest.entities import Resolver
from ingest.patterns import FOLDER, name_rules, relation_rules
from ingest.qualifiers import qualifiers
from ingest.reading import read
from ingest.relations import Mention, Relation, RelationFinder
from kg.config import MIN_CONFIDENCE, package_version
from kg.model import Document, Extraction, Language, Reading, Sentence
from kg.model import Mention as DocumentMention
from kg.ontology import Ontology, load

_COMPONENTS: dict[Language, tuple[str, ...]] = {
    "zh": ("lac_words", "policy_names"),
    "en": ("english_names",),
}


class Pipeline:
    """Reads documents with one ontology. Building it is cheap; the models load with the first document. Statements
    that are believed less than `min_confidence` are refused."""

    def __init__(self, ontology: Ontology | None = None, min_confidence: float = MIN_CONFIDENCE) -> None:
        self._ontology = ontology or load()
        self._made: dict[Language, tuple[Resolver, _Finder]] = {}
        self._min_confidence = min_confidence
        self.fingerprint = _fingerprint(self._ontology, min_confidence)
        """Names the software and data that read: the same fingerprint reads the same text alike."""

    def extract(self, path: Path) -> Extraction:
        """All that the file states. Raises DocumentError where it cannot be read."""
        return self.extract_reading(read(path))

    def extract_reading(self, reading: Reading) -> Extraction:
        """All that a document states whose sentences are known."""
        document, language = reading.document, reading.document.language
        docs = list(nlp(language).pipe(sentence.text for sentence in reading.sentences))
        resolver, finder = self._steps(language)
        resolved = resolver.resolve(docs)
        statements = [
            statement(relation, sentence, qualifiers(language))
            for sentence, doc, mentions in zip(reading.sentences, docs, resolved.mentions, strict=True)
            for relation in finder.relations(doc, mentions)
        ]
        gate = Gate(self._ontology, document, resolved.entities, self._min_confidence)
        assertions, refusals = gate.pass_through(statements)
        return Extraction(
            document=document,
            entities=tuple(resolved.entities.values()),
            mentions=tuple(_located(document, reading.sentences, resolved.mentions)),
            assertions=assertions,
            refusals=refusals,
            pipeline=self.fingerprint,
        )

    def _steps(self, language: Language) -> tuple[Resolver, "_Finder"]:
        """The steps behind spaCy for a language, made once: they index the whole dictionary."""
        if language not in self._made:
            resolver = Resolver(self._ontology, name_rules(language))
            self._made[language] = resolver, self._finder(language)
        return self._made[language]

    def _finder(self, language: Language) -> "_Finder":
        if language == "en":
            return EnglishFinder(self._ontology)
        return _TextFinder(RelationFinder(self._ontology, relation_rules(language)))


class _Finder(Protocol):
    def relations(self, doc: Doc, mentions: Sequence[Mention]) -> list[Relation]: ...


@dataclass(frozen=True, slots=True)
class _TextFinder:
    """A finder that looks at the text of a sentence alone."""

    rules: RelationFinder

    def relations(self, doc: Doc, mentions: Sequence[Mention]) -> list[Relation]:
        return self.rules.relations(doc.text, mentions)


@cache
def nlp(language: Language) -> SpacyLanguage:
    """The spaCy pipeline of a language, built once per process."""
    pipeline = load_english() if language == "en" else spacy.blank(language)
    for name in _COMPONENTS[language]:
        pipeline.add_pipe(name)
    return pipeline


def _located(
    document: Document, sentences: tuple[Sentence, ...], mentions: list[list[Mention]]
) -> Iterator[DocumentMention]:
    for sentence, row in zip(sentences, mentions, strict=True):
        for mention in row:
            for span in sentence.spans(document, mention.start, mention.end):
                yield DocumentMention(mention.entity, document.source, span)


def _fingerprint(ontology: Ontology, min_confidence: float) -> str:
    """Version of the package, a digest of the ontology, the patterns and this package's code, and what belief a
    statement needs."""
    digest = sha256(ontology.digest.encode())
    for path in sorted([*FOLDER.glob("*.toml"), *Path(__file__).parent.glob("*.py")]):
        digest.update(path.read_bytes())
    asked = "" if min_confidence == MIN_CONFIDENCE else f" ≥{min_confidence:g}"
    return f"policykg {package_version()} {digest.hexdigest()[:16]}{asked}"
