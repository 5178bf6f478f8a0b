"""The command line. Every command that reads the graph takes `--store`; each has an example in its help, and those that
answer print JSON on `--format json`.

Exit codes: 0 done; 1 violations found by `kg check`, or an error without a code of its own; 2 wrong usage or question;
3 a document could not be ingested, or annotations not read; 4 the store cannot be used; 5 packaged data at fault; 6 not
found.
"""

import gc
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO, TypeVar

import typer

from kg import text
from kg.cite import Style
from kg.config import MIN_CONFIDENCE, data_folder, default_store, package_version
from kg.errors import DocumentError, NotFound, PolicykgError, QueryError
from kg.graph import Graph
from kg.inference import inferences
from kg.merges import Decision
from kg.messages import of_locale, translated
from kg.model import Chain, Entity, Language
from kg.ontology import load
from kg.store import Store

if TYPE_CHECKING:
    from ingest.batch import Outcome
    from kg.analysis import Result
    from kg.queries import Question
    from kg.telling import Form

T = TypeVar("T")

app = typer.Typer(
    name="kg",
    help="Policy research papers in, a knowledge graph with evidence out. 政策论文入，有据可查的知识图谱出。",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)


class Output(StrEnum):
    """How a command prints."""

    text = "text"
    json = "json"


class TableOutput(StrEnum):
    """How `kg tables` prints."""

    text = "text"
    json = "json"
    csv = "csv"


class Words(StrEnum):
    """The language that a command speaks."""

    zh = "zh"
    en = "en"


class Mood(StrEnum):
    """How a statement is meant, see `kg.model.MODALITIES`."""

    actual = "actual"
    proposed = "proposed"
    negated = "negated"


class Told(StrEnum):
    """How chains are printed."""

    text = "text"
    json = "json"
    markdown = "markdown"
    csv = "csv"
    jsonld = "jsonld"


class Shown(StrEnum):
    """How an analysis prints."""

    text = "text"
    json = "json"
    csv = "csv"
    svg = "svg"


StoreOption = Annotated[
    Path | None, typer.Option("--store", help="The store's folder. Default: $KG_STORE, else the user's data folder.")
]
FormatOption = Annotated[Output, typer.Option("--format", help="text for people, json for programs.")]
_MergeId = Annotated[str, typer.Argument(help="A merge's id, as kg merges lists it.")]
LangOption = Annotated[Words, typer.Option("--lang", envvar="KG_LANG", help="The language of labels and words.")]


def main() -> None:
    """Run the command line; errors that a user can mend become one line and an exit code."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    try:
        app()
    except PolicykgError as error:
        _tell(str(error))
        if isinstance(error, NotFound) and error.suggestions and error.suggestions[0] not in str(error):
            _tell(f"did you mean: {'; '.join(error.suggestions)}?")
        sys.exit(error.exit_code)


def _tell(message: str) -> None:
    """An error, on standard error, in the language of KG_LANG or of the terminal (LC_ALL, LC_MESSAGES, LANG)."""
    typer.echo(f"kg: {text.plain(translated(message, of_locale(os.environ)))}", err=True)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"policykg {package_version()}")
        raise typer.Exit


@app.callback()
def top(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Documents in, answers with citations out."""


# ---- Documents in and out


@app.command(epilog="Example: kg ingest papers/ notes/863.md")
def ingest(
    paths: Annotated[list[Path], typer.Argument(help="Files (.pdf, .docx, .html, .md, .txt) and folders of them.")],
    store: StoreOption = None,
    force: Annotated[bool, typer.Option("--force", help="Read again what has not changed.")] = False,
    min_confidence: Annotated[
        float, typer.Option("--min-confidence", min=0, max=1, help="Refuse statements that are believed less.")
    ] = MIN_CONFIDENCE,
    format: FormatOption = Output.text,
    lang: LangOption = Words.zh,
) -> None:
    """Read documents into the store. Unchanged ones are skipped, changed ones are replaced in one transaction."""
    # models and dictionary are objects by the hundred thousand that stay: to look through them for garbage again and
    # again would take a fifth of the start
    gc.set_threshold(50_000, 20, 100)
    from ingest.batch import ingest as run
    from ingest.batch import listed
    from ingest.pipeline import Pipeline

    files, strays = listed(paths)
    pipeline = Pipeline(min_confidence=min_confidence)
    outcomes = list(strays)
    if files:
        with Store.open(_place(store)) as opened:
            outcomes += _shown(run(opened, files, pipeline, force=force), len(files), format, _language(lang))
    if format is Output.json:
        _print_json({"documents": [_outcome_json(outcome) for outcome in outcomes]})
    if failed := [outcome for outcome in outcomes if outcome.status == "failed"]:
        for outcome in failed:
            _tell(outcome.message)
        raise DocumentError(f"{len(failed)} of {len(outcomes)} files could not be ingested")


def _tracked(items: "Sequence[T]", label: str) -> "Iterable[T]":
    """The items, one after the other, with a bar on a terminal."""
    from rich.console import Console
    from rich.progress import track

    console = Console(stderr=True)
    return track(items, label, console=console, disable=not console.is_terminal, transient=True)


def _shown(outcomes: "Iterable[Outcome]", total: int, format: Output, language: Language) -> "Iterator[Outcome]":
    """The outcomes, each told as it comes: a bar on a terminal, a line per file."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal, transient=True) as progress:
        task = progress.add_task("读取文献 reading", total=total)
        for outcome in outcomes:
            progress.advance(task)
            if format is Output.text and outcome.status != "failed":
                progress.console.file.flush()
                _print([_outcome_line(outcome, language)])
            yield outcome


def _outcome_line(outcome: "Outcome", language: Language) -> str:
    zh = language == "zh"
    counts = f"{outcome.entities} entities, {outcome.assertions} statements, {outcome.refusals} refused"
    if zh:
        counts = f"实体 {outcome.entities}，陈述 {outcome.assertions}，拒收 {outcome.refusals}"
    detail = f": {counts} ({outcome.seconds:.1f} s)"
    if zh:
        detail = f"：{counts}（{outcome.seconds:.1f} 秒）"
    status = _STATUSES.get(outcome.status, outcome.status) if zh else outcome.status
    return f"{outcome.source} {status}{'' if outcome.status == 'unchanged' else detail}"


_STATUSES = {"added": "已读入", "replaced": "已更新", "unchanged": "未变"}
"""What became of a file, in Chinese."""


def _outcome_json(outcome: "Outcome") -> dict[str, Any]:
    return {
        "source": outcome.source,
        "path": str(outcome.path),
        "status": outcome.status,
        "entities": outcome.entities,
        "assertions": outcome.assertions,
        "refusals": outcome.refusals,
        "seconds": round(outcome.seconds, 3),
        "message": outcome.message,
    }


@app.command(epilog="Example: kg documents --format json")
def documents(store: StoreOption = None, format: FormatOption = Output.text, lang: LangOption = Words.zh) -> None:
    """List the documents of the store."""
    with _reading(store) as graph:
        found = graph.store.documents()
    if format is Output.json:
        from kg.rows import document_row

        _print_json({"documents": [document_row(document) for document in found]})
    else:
        _print(text.document_lines(found, _language(lang)))


@app.command(epilog="Example: kg tables    kg tables pv-zh 表1    kg tables pv-zh --format csv")
def tables(
    document: Annotated[
        str | None, typer.Argument(help="A document's name; without one, all tables are listed.")
    ] = None,
    label: Annotated[str | None, typer.Argument(help="A table's label (表1, Table 2), or its number there.")] = None,
    store: StoreOption = None,
    format: Annotated[
        TableOutput, typer.Option("--format", help="text for people, json for programs, csv: one row a figure.")
    ] = TableOutput.text,
    lang: LangOption = Words.zh,
) -> None:
    """List the tables of documents, or print one as it was read, with its figures and what is odd about it."""
    from kg import tables as shown

    with _reading(store) as graph:
        found = shown.chosen(graph.store, document, label)
    if format is TableOutput.json:
        _print_json({"tables": [shown.table_row(*entry) for entry in found]})
    elif format is TableOutput.csv:
        _to(None, lambda stream: stream.write(shown.csv_text(found).encode("utf-8", "replace")))
    elif label is None:
        _print(shown.list_lines(found, _language(lang)))
    else:
        for source, _, table in found:
            _print(shown.grid_lines(source, table, _language(lang)))


@app.command(epilog="Example: kg remove he2025")
def remove(
    document: Annotated[str, typer.Argument(help="A document's name, as kg documents lists it.")],
    store: StoreOption = None,
) -> None:
    """Remove a document and everything that only it states."""
    from kg.inference import infer
    from kg.resolution import resolve

    with Store.open(_place(store)) as opened:
        opened.remove(document)
        resolve(opened, load())
        infer(opened, load())
    typer.echo(f"{document} removed")


@app.command(epilog="Example: kg export --format trig -o graph.trig")
def export(
    output: Annotated[Path | None, typer.Option("--output", "-o", help="A file; else standard output.")] = None,
    format: Annotated[str, typer.Option("--format", help="jsonl, trig, nquads, turtle, jsonld or graphml.")] = "jsonl",
    store: StoreOption = None,
) -> None:
    """Write everything that the store holds."""
    from kg.export import write

    with _reading(store) as graph:
        _to(output, lambda stream: write(graph.store, format, stream))


@app.command(epilog="Example: kg evaluate gold/ --text papers/    kg evaluate gold/a.jsonl --format json")
def evaluate(
    gold: Annotated[list[Path], typer.Argument(help="Files of annotated sentences (.jsonl) and folders of them.")],
    source: Annotated[
        Path | None,
        typer.Option(
            "--text", help="The document's file, or a folder of them; else the sentences themselves are read."
        ),
    ] = None,
    show: Annotated[int, typer.Option("--show", min=0, help="How many kinds of mistake are shown.")] = 10,
    format: FormatOption = Output.text,
    lang: LangOption = Words.zh,
) -> None:
    """Measure how well annotated documents are read, and show what is read wrongly. No store is needed."""
    from ingest import report
    from ingest.gold import gold_files, read_gold, texts_of
    from ingest.pipeline import Pipeline

    known, pipeline = load(), Pipeline()
    documents = [read_gold(path, known) for path in gold_files(gold)]
    pairs = list(zip(documents, texts_of(documents, source), strict=True))
    shown = _tracked(pairs, "评测 measuring")
    done = [report.evaluated(document, file, pipeline, known) for document, file in shown]
    if format is Output.json:
        _print_json(report.report_row(done, show))
        return
    for table in report.report_tables(done, known, _language(lang)):
        _print([*text.table_lines(table.titles, table.rows), ""])
    _print(report.mistake_lines(done, show, known, _language(lang)))


# ---- Which entities are one

merges_app = typer.Typer(no_args_is_help=False)
app.add_typer(merges_app, name="merges", invoke_without_command=True)


@merges_app.callback(
    epilog="Example: kg merges    kg merges undo 1f0c2a9b7d3e    kg merges add 隆基 隆基绿能 --reason 简称"
)
def merges(
    context: typer.Context, store: StoreOption = None, format: FormatOption = Output.text, lang: LangOption = Words.zh
) -> None:
    """List which entities were merged, why and where it is read; undo or redo a merge, or add one."""
    if context.invoked_subcommand:
        return
    with _reading(store) as graph:
        found, labels = graph.merges()
    if format is Output.json:
        from kg.rows import merge_row

        _print_json({"merges": [merge_row(decision, labels) for decision in found]})
    else:
        _print(text.merge_lines(found, labels, _language(lang)))


@merges_app.command(epilog="Example: kg merges undo 1f0c2a9b7d3e")
def undo(id: _MergeId, store: StoreOption = None, lang: LangOption = Words.zh) -> None:
    """Take a merge back: the two are apart again, and stay so whatever is read."""
    from kg.resolution import turn

    _deciding(store, lang, lambda opened: turn(opened, load(), id, reversed=True))


@merges_app.command(epilog="Example: kg merges redo 1f0c2a9b7d3e")
def redo(id: _MergeId, store: StoreOption = None, lang: LangOption = Words.zh) -> None:
    """Put a merge that was taken back in force again."""
    from kg.resolution import turn

    _deciding(store, lang, lambda opened: turn(opened, load(), id, reversed=False))


@merges_app.command(epilog="Example: kg merges add 隆基 隆基绿能科技股份有限公司 --reason 简称")
def add(
    one: Annotated[str, typer.Argument(help="Any name or id of the one.")],
    other: Annotated[str, typer.Argument(help="Any name or id of the other.")],
    reason: Annotated[str, typer.Option("--reason", help="Why they are one; it is kept.")],
    store: StoreOption = None,
    lang: LangOption = Words.zh,
) -> None:
    """Merge two entities because you know that they are one."""
    from kg.resolution import decide

    def decided(opened: Store) -> Decision:
        graph = Graph(opened, load())
        return decide(opened, graph.ontology, graph.resolve(one).id, graph.resolve(other).id, reason)

    _deciding(store, lang, decided)


def _deciding(store: Path | None, lang: Words, decided: Callable[[Store], Decision]) -> None:
    """Let a person's decision take effect, and say what it is."""
    from kg.inference import infer

    with Store.open(_place(store)) as opened:
        decision = decided(opened)
        infer(opened, load())
        _, labels = Graph(opened, load()).merges()
    _print(text.merge_lines([decision], labels, _language(lang)))


# ---- Looking up


@app.command(epilog="Example: kg show 863计划    kg show 'Operation Warp Speed' --lang en")
def show(
    name: Annotated[str, typer.Argument(help="Any name of it, in either language, or its id.")],
    store: StoreOption = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Statements shown each way.")] = 20,
    format: FormatOption = Output.text,
    lang: LangOption = Words.zh,
) -> None:
    """Show an entity: what it is, what is stated about it, each statement with its sentences, and what follows."""
    with _reading(store) as graph:
        entity = graph.resolve(name)
        outgoing, incoming = graph.statements(entity.id)
        inferred = inferences(graph.store, about=entity.id)
        labels = graph.ends([*outgoing, *incoming, *inferred], entity)
        works = graph.works([*outgoing, *incoming])
        if format is Output.json:
            from kg.rows import described_row

            _print_json(described_row(entity, outgoing, incoming, inferred, labels, graph.ontology, works))
        else:
            found = (outgoing, incoming, inferred)
            cited = text.names_of(graph.store.documents(), _language(lang))
            _print(text.entity_lines(entity, *found, labels, graph.ontology, _language(lang), limit, works, cited))


@app.command(
    epilog="Example: kg cite he2025 --page 785    kg cite he2025 --reference 19 --style bibtex    kg cite --all"
)
def cite(
    source: Annotated[str | None, typer.Argument(help="A document's name, as kg documents lists it.")] = None,
    style: Annotated[Style, typer.Option("--style", help="GB/T 7714, BibTeX or RIS.")] = "gbt7714",
    page: Annotated[str, typer.Option("--page", help="The page that you point to.")] = "",
    reference: Annotated[str, typer.Option("--reference", help="Cite this one of the works that it lists: 19.")] = "",
    all_: Annotated[bool, typer.Option("--all", help="All documents that say their title.")] = False,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="A file; else standard output.")] = None,
    store: StoreOption = None,
    format: FormatOption = Output.text,
) -> None:
    """Cite a document, or one of its references, in Chinese and English as far as it says both."""
    from kg import cite as citing
    from kg.rows import citation_row

    if all_ == (source is not None) or (all_ and (page or reference)):
        raise QueryError("name one document, perhaps with --page or --reference, or give --all: kg cite he2025")
    with _reading(store) as graph:
        if source is None:
            known = [(each.source, each.bibliography) for each in graph.store.documents()]
            works = [(name, citing.of_document(name, b)) for name, b in known if b.title_zh or b.title_en]
        elif reference:
            works = [(source, citing.of_reference(source, graph.reference(source, reference)))]
        else:
            works = [(source, citing.of_document(source, graph.store.document(source).bibliography))]
    works = [(name, citing.at_page(work, page) if page else work) for name, work in works]
    rows = [citation_row(work, name, reference, style) for name, work in works]
    if format is Output.json:
        _print_json({"citations": rows})
    else:
        texts = ("\n".join(text.plain(line) for line in row["text"].split("\n")) for row in rows)
        _to(output, partial(_put, content="".join(f"{each}\n" for each in texts).encode("utf-8")))


@app.command(
    epilog="Example: kg chain 863计划 新能源汽车 --max-hops 4    kg chain 863计划 --to-type Industry    "
    "kg chain --template policy-to-industry --format markdown    kg chain --templates"
)
def chain(
    start: Annotated[str | None, typer.Argument(help="Where the chains begin: any name or id, or a type.")] = None,
    end: Annotated[str | None, typer.Argument(help="Where they lead, likewise.")] = None,
    store: StoreOption = None,
    to_type: Annotated[str | None, typer.Option("--to-type", help="Lead to any entity of this type.")] = None,
    template: Annotated[str | None, typer.Option("--template", help="Chains of this form.")] = None,
    templates: Annotated[bool, typer.Option("--templates", help="List the forms.")] = False,
    max_hops: Annotated[int, typer.Option("--max-hops", min=1, max=8, help="The longest chain.")] = 5,
    limit: Annotated[int, typer.Option("--limit", min=1, max=100, help="How many chains.")] = 5,
    actual: Annotated[bool, typer.Option("--actual", help="Leave out what is only proposed.")] = False,
    relation: Annotated[list[str] | None, typer.Option("--relation", help="By these relations only.")] = None,
    type: Annotated[list[str] | None, typer.Option("--type", help="Through entities of these types only.")] = None,
    modality: Annotated[
        list[Mood] | None, typer.Option("--modality", help="Of these only; else actual and proposed.")
    ] = None,
    document: Annotated[list[str] | None, typer.Option("--document", help="From these documents only.")] = None,
    min_confidence: Annotated[
        float, typer.Option("--min-confidence", min=0, max=1, help="The least belief of a hop.")
    ] = 0.0,
    from_year: Annotated[int | None, typer.Option("--from-year", help="No hop that ended before.")] = None,
    to_year: Annotated[int | None, typer.Option("--to-year", help="No hop that began after.")] = None,
    place: Annotated[str | None, typer.Option("--place", help="In this place, and in no other country.")] = None,
    id: Annotated[str | None, typer.Option("--id", help="The one chain of this id, as kg chain shows it.")] = None,
    format: Annotated[
        Told, typer.Option("--format", help="text for people, json, markdown with citations, csv or jsonld.")
    ] = Told.text,
    lang: LangOption = Words.zh,
) -> None:
    """Find how one entity leads to another: chains of statements, best first, each hop with its evidence."""
    from kg.asked import Asked, answer
    from kg.chains import Index

    if templates:
        _list_templates(format is Told.json, _language(lang))
        return
    asked = Asked(
        start=start,
        end=end,
        to_type=to_type,
        template=template,
        max_hops=max_hops,
        limit=limit,
        actual=actual,
        relations=tuple(relation or ()),
        types=tuple(type or ()),
        modalities=tuple(each.value for each in modality or ()),
        sources=tuple(document or ()),
        min_confidence=min_confidence,
        from_year=from_year,
        to_year=to_year,
        place=place,
    )
    with _reading(store) as graph:
        if id:
            from kg.telling import find

            one_chain = find(graph, lambda: Index.of(graph.store, graph.ontology), id)
            _print_chains([one_chain], graph, format, _language(lang))
            return
        found = answer(graph, lambda: Index.of(graph.store, graph.ontology), asked)
        _print_chains(found.chains, graph, format, _language(lang))
        ends = [end.label(_language(lang)) if isinstance(end, Entity) else end for end in (found.start, found.end)]
    if not found.chains:
        one, other = (end or "…" for end in ends)
        form = f"of the form {template}" if template else f"of at most {max_hops} hops"
        more = "leave out filters" if template else "allow more with --max-hops"
        raise NotFound(f"no chain {form} leads from {one} to {other}: {more}, or ingest more documents")


def _list_templates(as_json: bool, language: Language) -> None:
    from kg.templates import load_forms

    forms = load_forms().templates.values()
    if as_json:
        from kg.rows import template_row

        _print_json({"templates": [template_row(each) for each in forms]})
    else:
        _print(f"{each.name}  {each.label(language)}" for each in forms)


_FORMS: "Mapping[Told, Form]" = {Told.markdown: "markdown", Told.csv: "csv", Told.jsonld: "jsonld"}


def _print_chains(found: Sequence[Chain], graph: Graph, format: Told, language: Language) -> None:
    from kg import telling

    works = telling.Works.of(graph, found)
    match format:
        case Told.json:
            from kg.rows import chain_row

            _print_json({"chains": [chain_row(each, works) for each in found]})
        case Told.text:
            cited = text.names_of(graph.store.documents(), language)
            for number, each in enumerate(found, 1):
                first, *rest = text.chain_lines(number, each, works.labels, graph.ontology, language, cited)
                _print([f"{first}  --id {telling.chain_id(each)}", *rest])
        case _:
            _to(None, partial(_put, content=telling.exported(found, works, _FORMS[format], language).encode("utf-8")))


@app.command(epilog="Example: kg ask what-targets --param what=新能源汽车    kg ask (lists the questions)")
def ask(
    name: Annotated[str | None, typer.Argument(help="A question's name; without one, all are listed.")] = None,
    param: Annotated[list[str] | None, typer.Option("--param", "-p", help="name=value, once for each.")] = None,
    store: StoreOption = None,
    format: FormatOption = Output.text,
    lang: LangOption = Words.zh,
) -> None:
    """Ask one of the questions in queries/."""
    from kg import queries

    questions = queries.load()
    if name is None:
        _list_questions(questions, format, _language(lang))
        return
    if name not in questions:
        raise NotFound(f"there is no question named {name}: kg ask lists them", suggestions=_near(name, questions))
    with _reading(store) as graph:
        table = queries.run(graph, questions[name], _params(param or []))
    if format is Output.json:
        _print_json(queries.table_json(table))
    else:
        _print(text.table_lines(queries.titles(table, _language(lang)), queries.texts(table, _language(lang))))


def _list_questions(questions: "Mapping[str, Question]", format: Output, language: Language) -> None:
    from kg import queries

    if format is Output.json:
        _print_json({"questions": [queries.question_json(question) for question in questions.values()]})
        return
    for question in questions.values():
        params = " ".join(f"--param {param.name}=…" for param in question.params)
        typer.echo(f"{question.name}  {question.zh if language == 'zh' else question.en}  {params}".rstrip())


def _params(pairs: Iterable[str]) -> dict[str, str]:
    values = dict(pair.split("=", 1) for pair in pairs if "=" in pair)
    if len(values) != len(list(pairs)):
        raise QueryError("a parameter is written name=value, each name once: kg ask NAME --param name=value")
    return values


def _near(name: str, names: Iterable[str]) -> tuple[str, ...]:
    from difflib import get_close_matches

    return tuple(get_close_matches(name, list(names), n=3))


@app.command(epilog="Example: kg analyse chokepoints --param country=中国    kg analyse (lists the analyses)")
def analyse(
    name: Annotated[str | None, typer.Argument(help="An analysis; without one, all are listed.")] = None,
    param: Annotated[list[str] | None, typer.Option("--param", "-p", help="name=value, once for each.")] = None,
    store: StoreOption = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Rows shown as text.")] = 20,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="A file; else standard output.")] = None,
    format: Annotated[
        Shown, typer.Option("--format", help="text for people, json, csv, or svg: the picture.")
    ] = Shown.text,
    lang: LangOption = Words.zh,
) -> None:
    """Run an analysis: instrument mix, chokepoints, readiness, lags, timelines, networks, agreement, comparison."""
    from kg import analysis

    if name is None:
        _list_analyses(format, _language(lang))
        return
    found = analysis.find(name)
    with _reading(store) as graph:
        result = analysis.run(graph, found, _params(param or []))
    _show_result(result, format, _language(lang), limit, output)


@app.command(epilog="Example: kg match 比亚迪    kg match 光伏产业 --country 中国 --year 2012")
def match(
    what: Annotated[str, typer.Argument(help="A firm, technology, product or industry: any name or id.")],
    country: Annotated[str | None, typer.Option("--country", help="Only what is of this country, or of none.")] = None,
    year: Annotated[int | None, typer.Option("--year", help="As of this year. Default: the newest document's.")] = None,
    min_confidence: Annotated[
        float, typer.Option("--min-confidence", min=0, max=1, help="Leave out statements believed less.")
    ] = 0.3,
    store: StoreOption = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Rows shown as text.")] = 20,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="A file; else standard output.")] = None,
    format: Annotated[
        Shown, typer.Option("--format", help="text for people, json, csv, or svg: the picture.")
    ] = Shown.text,
    lang: LangOption = Words.zh,
) -> None:
    """Find the instruments and programs that apply to a firm, technology or industry, each with status and evidence."""
    from kg import matching

    given = {"what": what, "country": country, "year": year, "min_confidence": min_confidence}
    with _reading(store) as graph:
        result = matching.run(graph, {key: str(value) for key, value in given.items() if value is not None})
    _show_result(result, format, _language(lang), limit, output)


def _list_analyses(format: Shown, language: Language) -> None:
    from kg import analysis

    if format is Shown.json:
        _print_json({"analyses": [analysis.analysis_json(each) for each in analysis.load().values()]})
        return
    for each in analysis.load().values():
        params = " ".join(f"--param {param.name}=…" for param in each.params)
        typer.echo(f"{each.name}  {each.about_zh if language == 'zh' else each.about_en}  {params}".rstrip())


def _show_result(result: "Result", format: Shown, language: Language, limit: int, output: Path | None) -> None:
    """The answer of an analysis in the form asked for, to a file or to standard output."""
    from kg import analysis, charts

    match format:
        case Shown.json:
            shown = json.dumps(analysis.result_json(result), ensure_ascii=False, indent=1) + "\n"
        case Shown.csv:
            shown = analysis.table_csv(result.table, language)
        case Shown.svg:
            shown = charts.chart_svg(result.chart, result.title[0 if language == "zh" else 1], language)
        case _:
            shown = "".join(f"{text.plain(line)}\n" for line in analysis.result_lines(result, language, limit))
    _to(output, partial(_put, content=shown.encode("utf-8")))


# ---- The whole


@app.command(epilog="Example: kg stats --format json")
def stats(store: StoreOption = None, format: FormatOption = Output.text, lang: LangOption = Words.zh) -> None:
    """Count what the store holds."""
    with _reading(store) as graph:
        counted = graph.stats()
        if format is Output.json:
            from kg.rows import stats_row

            _print_json(stats_row(counted))
        else:
            _print(text.stats_lines(counted, graph.ontology, _language(lang)))


@app.command(epilog="Example: kg check    kg check --quarantine")
def check(
    store: StoreOption = None,
    quarantine: Annotated[bool, typer.Option("--quarantine", help="List what was refused instead, and why.")] = False,
    format: FormatOption = Output.text,
    lang: LangOption = Words.zh,
) -> None:
    """Check the graph against the shapes and the integrity rules; findings are sentences, violations exit code 1."""
    with _reading(store) as graph:
        if quarantine:
            _quarantine(graph, format, _language(lang))
            return
        from kg.check import findings as findings_of

        findings = findings_of(graph.store, graph.ontology, lambda sources: _tracked(sources, "核对 checking"))
    if format is Output.json:
        from kg.rows import finding_row

        _print_json({"findings": [finding_row(finding) for finding in findings]})
    else:
        _print(text.finding_lines(findings, _language(lang)))
    if any(finding.severity == "violation" for finding in findings):
        raise typer.Exit(1)


def _quarantine(graph: Graph, format: Output, language: Language) -> None:
    refusals = graph.refusals()
    if format is Output.json:
        from kg.rows import refusal_row

        _print_json({"refusals": [refusal_row(refusal) for refusal in refusals]})
    else:
        _print(text.refusal_lines(refusals, graph.ontology, language))


@app.command(epilog="Example: kg view -o graph.html --around 863计划 --hops 2")
def view(
    output: Annotated[Path, typer.Option("--output", "-o", help="The page to write.")] = Path("graph.html"),
    around: Annotated[str | None, typer.Option("--around", help="Only what is near this entity.")] = None,
    hops: Annotated[int, typer.Option("--hops", min=1, max=5, help="How near, with --around.")] = 2,
    limit: Annotated[int, typer.Option("--limit", min=2, max=3000, help="At most so many entities.")] = 300,
    store: StoreOption = None,
    lang: LangOption = Words.zh,
) -> None:
    """Draw the graph as one interactive HTML page that needs no network."""
    from kg.view import page

    with _reading(store) as graph:
        centre = graph.resolve(around).id if around else None
        html = page(graph, centre=centre, hops=hops, limit=limit, language=_language(lang))
    _to(output, lambda stream: stream.write(html.encode("utf-8")))
    typer.echo(f"{output} written")


@app.command(epilog="Example: kg ontology -o ontology-pages")
def ontology(
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder to write to.")] = Path("ontology-pages"),
) -> None:
    """Write the ontology's documentation in both languages, its JSON-LD context and its Turtle files."""
    from kg.docs import files

    written = files()
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise QueryError(f"{output} cannot be made ({error.strerror}): choose another folder") from error
    for name, content in written.items():
        _to(output / name, partial(_put, content=content))
    typer.echo(f"{output} written: {', '.join(written)}")


def _put(stream: BinaryIO, content: bytes) -> None:
    stream.write(content)


@app.command(epilog="Example: kg serve --port 8000")
def serve(
    store: StoreOption = None,
    host: Annotated[str, typer.Option("--host", help="The address to bind to.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="The port; 0 takes a free one.")] = 8000,
    query_seconds: Annotated[
        float, typer.Option("--query-seconds", min=0.1, help="Stop a SPARQL query or a question that takes longer.")
    ] = 10.0,
    log_requests: Annotated[
        bool, typer.Option("--log-requests", help="Log every request to standard error, a line of JSON each.")
    ] = False,
    token: Annotated[
        str, typer.Option("--token", envvar="KG_TOKEN", help="Take documents in the explorer from who names this.")
    ] = "",
) -> None:
    """Serve the explorer, the API and a SPARQL endpoint on loopback, until Ctrl-C."""
    from kg.api import run
    from kg.workers import Limits

    limits = Limits(seconds=query_seconds)
    run(_place(store), host, port, lambda line: typer.echo(line), limits, log_requests, token)


@app.command(epilog="Example: kg mcp --store graph")
def mcp(store: StoreOption = None) -> None:
    """Give assistants the graph as tools, by the Model Context Protocol over standard input and output."""
    from kg.mcp import run

    run(_place(store))


@app.command(epilog="Example: kg demo --store /tmp/try")
def demo(
    store: StoreOption = None,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="The port; 0 takes a free one.")] = 8000,
    no_serve: Annotated[bool, typer.Option("--no-serve", help="Stop after showing the chains.")] = False,
    lang: LangOption = Words.zh,
) -> None:
    """Ingest the bundled examples, show what was found and some chains, and serve the explorer."""
    from ingest.batch import ingest as run
    from ingest.pipeline import Pipeline
    from ingest.reading import documents_in
    from kg.chains import Index

    files = documents_in([data_folder("examples")])
    with Store.open(_place(store)) as opened:
        for _ in _shown(run(opened, files, Pipeline(), move=True), len(files), Output.text, _language(lang)):
            pass
        graph = Graph(opened, load())
        _print(text.stats_lines(graph.stats(), graph.ontology, _language(lang)))
        index = Index.of(opened, graph.ontology)
        for start, end in _DEMO_CHAINS:
            one, other = graph.resolve(start), graph.resolve(end)
            found = index.between(one.id, other.id, limit=2)
            typer.echo(f"\nkg chain {start} {end}")
            _print_chains(found, graph, Told.text, _language(lang))
    if not no_serve:
        serve(store=store, port=port, query_seconds=10.0, log_requests=False)


_DEMO_CHAINS = (
    ("863计划", "动力电池"),
    ("芯片与科学法案", "半导体产业"),
    ("十城千辆", "新能源汽车产业"),
    ("Apollo program", "integrated circuit"),
)
"""What `kg demo` looks for in the bundled examples."""


# ---- Shared


@contextmanager
def _reading(place: Path | None) -> Iterator[Graph]:
    """The graph of the store, opened for reading only, so that a running server does not stand in the way."""
    with Store.open(_place(place), read_only=True) as store:
        yield Graph(store, load())


def _place(store: Path | None) -> Path:
    return store or default_store()


def _language(words: Words) -> Language:
    return words.value


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        typer.echo(text.plain(line))


def _print_json(value: object) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=1))


def _to(output: Path | None, write: Callable[[BinaryIO], object]) -> None:
    """Write to a file, which appears only when it is whole, or to standard output."""
    if output is None:
        write(sys.stdout.buffer)
        sys.stdout.buffer.flush()
        return
    draft = output.with_name(f".{output.name}.part")
    try:
        with draft.open("wb") as stream:
            write(stream)
        draft.replace(output)
    except OSError as error:
        raise QueryError(f"{output} cannot be written ({error.strerror}): choose another file") from error
    finally:
        draft.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
