"""The whole way from a file to what it states, assembled in one place.

reading (ingest.reading)  →  sentences
spaCy (zh.cfg): lac_words → policy_names → entity_tagger → indicator_names  →  names per sentence
entities (ingest.entities)  →  mentions, entities of the document
relations (ingest.relations), judged by ingest.classifier, and ingest.qualifiers  →  statements
gate (ingest.assertions)  →  assertions and refusals
tables (ingest.tables)  →  cells, figures, findings
figures (ingest.figures), dates (ingest.happenings)  →  numbers in prose
"""

from collections.abc import Iterator, Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Protocol

import spacy
from spacy.language import Language as SpacyLanguage
from spacy.tokens import Doc

from ingest import english, indicators, lac, names  # noqa: F401  (their spaCy factories)
from ingest.assertions import Gate, statement
from ingest.classifier import RelationClassifier
from ingest.english_model import load_english
from ingest.english_relations import EnglishFinder
from ingest.entities import Resolved, Resolver
from ingest.figures import FigureFinder
from ingest.happenings import dates
from ingest.patterns import FOLDER as PATTERNS
from ingest.patterns import name_rules, relation_rules
from ingest.qualifiers import qualifiers
from ingest.reading import read
from ingest.references import cited_labels, read_references
from ingest.relations import Mention, Relation, RelationFinder
from ingest.tables import TableReader
from ingest.tagger import FOLDER
from kg.config import MIN_CONFIDENCE, package_version
from kg.model import Assertion, Document, Extraction, Language, Reading, Sentence
from kg.model import Mention as DocumentMention
from kg.ontology import Ontology, load

_SURE_ENOUGH = 0.35
"""How sure a name must be for its entity to be kept where nothing is stated about it. Cross-validation chose it."""


class Reader(Protocol):
    """The last step: the relations in every sentence of a document, from its Doc, headings and mentions."""

    def read(
        self, docs: Sequence[Doc], headings: Sequence[Sequence[str]], mentions: Sequence[Sequence[Mention]]
    ) -> list[list[Relation]]:
        """One list per sentence."""


class Pipeline:
    """Reads documents with one ontology. Building it is cheap; the models load with the first document.

    Statements that are believed less than `min_confidence` are refused. `models` is a folder of trained models
    (`ingest.train`), the packaged ones if not given."""

    def __init__(
        self, ontology: Ontology | None = None, *, min_confidence: float = MIN_CONFIDENCE, models: Path = FOLDER
    ) -> None:
        self._ontology = ontology or load()
        self._models = models
        self._made: dict[Language, tuple[Resolver, Reader]] = {}
        self._figures: dict[Language, FigureFinder] = {}
        self._min_confidence = min_confidence
        self._tables: TableReader | None = None
        self.fingerprint = _fingerprint(self._ontology, models, min_confidence)
        """Names the software, models and data that read: the same fingerprint reads the same text alike."""

    def extract(self, path: Path) -> Extraction:
        """All that the file states. Raises DocumentError where it cannot be read."""
        return self.extract_reading(read(path))

    def extract_reading(self, reading: Reading) -> Extraction:
        """All that a document states whose sentences are known."""
        document, language = reading.document, reading.document.language
        resolved, relations = self.relations(reading)
        statements = [
            statement(relation, sentence, qualifiers(language))
            for sentence, row in zip(reading.sentences, relations, strict=True)
            for relation in row
        ]
        gate = Gate(self._ontology, document, resolved.entities, self._min_confidence)
        assertions, refusals = gate.pass_through(statements)
        kept = _kept(resolved, assertions)
        finder = self._figures.setdefault(language, FigureFinder(self._ontology, language))
        figures = (
            *finder.read(document, reading.sentences, resolved.mentions, kept, assertions),
            *dates(finder, document, reading.sentences, resolved.mentions, kept),
        )
        mentions = [[mention for mention in row if mention.entity in kept] for row in resolved.mentions]
        entities = {id_: entity for id_, entity in resolved.entities.items() if id_ in kept}
        self._tables = self._tables or TableReader(self._ontology)
        found = self._tables.read(document)
        return Extraction(
            document=document,
            entities=tuple(({e.id: e for e in found.entities} | entities).values()),
            mentions=(*_located(document, reading.sentences, mentions), *found.mentions),
            assertions=assertions,
            refusals=refusals,
            pipeline=self.fingerprint,
            tables=found.tables,
            figures=figures,
            references=read_references(document.text, document.sections),
            cited=cited_labels(document.text, document.sections),
        )

    def relations(self, reading: Reading) -> tuple[Resolved, list[list[Relation]]]:
        """The document's entities, and the relations read in each sentence, before anything is refused."""
        docs = list(nlp(reading.document.language, self._models).pipe(s.text for s in reading.sentences))
        resolver, reader = self._steps(reading.document.language)
        resolved = resolver.resolve(docs)
        headings = [sentence.section.path for sentence in reading.sentences]
        return resolved, reader.read(docs, headings, resolved.mentions)

    def _steps(self, language: Language) -> tuple[Resolver, Reader]:
        """The steps behind spaCy for a language, made once: they index the whole dictionary."""
        if language not in self._made:
            resolver = Resolver(self._ontology, name_rules(language))
            self._made[language] = resolver, self._reader(language)
        return self._made[language]

    def _reader(self, language: Language) -> Reader:
        if language == "en":
            return EnglishFinder(self._ontology)
        return RelationClassifier(
            self._ontology, RelationFinder(self._ontology, relation_rules(language)), self._models
        )


@cache
def nlp(language: Language, models: Path = FOLDER) -> SpacyLanguage:
    """The spaCy pipeline of a language, built once per process: `zh.cfg` with the models of that folder, or the English
    model with our names."""
    if language == "en":
        english_pipeline = load_english()
        english_pipeline.add_pipe("english_names")
        return english_pipeline
    config = spacy.util.load_config(Path(__file__).with_name("zh.cfg"))
    config["components"]["entity_tagger"]["folder"] = str(models)
    return spacy.util.load_model_from_config(config, auto_fill=True)


def _kept(resolved: Resolved, assertions: Sequence[Assertion]) -> set[str]:
    """The entities that something is stated about, and those that are named surely enough without it."""
    stated = {end for assertion in assertions for end in (assertion.subject, assertion.object)}
    return stated | {m.entity for row in resolved.mentions for m in row if m.confidence >= _SURE_ENOUGH}


def _located(
    document: Document, sentences: tuple[Sentence, ...], mentions: list[list[Mention]]
) -> Iterator[DocumentMention]:
    for sentence, row in zip(sentences, mentions, strict=True):
        for mention in row:
            for span in sentence.spans(document, mention.start, mention.end):
                yield DocumentMention(mention.entity, document.source, span)


def _fingerprint(ontology: Ontology, models: Path, min_confidence: float) -> str:
    """Version of the package, a digest of the ontology, the patterns, the models and this package's code, and what
    belief a statement needs."""
    digest = sha256(ontology.digest.encode())
    own = Path(__file__).parent
    parts = [PATTERNS.glob("*.toml"), models.glob("*.*"), own.glob("*.cfg"), own.glob("*.py")]
    for path in sorted(path for part in parts for path in part):
        digest.update(path.read_bytes())
    asked = "" if min_confidence == MIN_CONFIDENCE else f" ≥{min_confidence:g}"
    return f"policykg {package_version()} {digest.hexdigest()[:16]}{asked}"
