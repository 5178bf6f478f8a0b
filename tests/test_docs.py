"""The documentation is true: the commands, files and examples that it names are there."""

import re
import shlex
from pathlib import Path

import pytest
import typer

from ingest.reading import read
from kg import queries
from kg.cli import app  # noqa: TID251  (its commands are what the documentation tells of)
from kg.queries import Question

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
GROUP = typer.main.get_command(app)

_BLOCK = re.compile(r"^```[^\n]*\n(.*?)^```", re.DOTALL | re.MULTILINE)
_INLINE = re.compile(r"`(kg [^`\n]+)`")


def lines() -> list[str]:
    """Every line of the README's code blocks, a prompt cut off."""
    return [line.strip().removeprefix("$ ") for block in _BLOCK.findall(README) for line in block.splitlines()]


def in_blocks(word: str) -> list[list[str]]:
    """The command lines of the code blocks that begin with the word, as words."""
    split = [shlex.split(line.split(" | ")[0], comments=True) for line in lines() if line.startswith(f"{word} ")]
    return [words for words in split if words]


def commands() -> list[list[str]]:
    inline = [shlex.split(told) for told in _INLINE.findall(README)]
    return in_blocks("kg") + [words for words in inline if "…" not in " ".join(words)]


def parses(words: list[str]) -> None:
    """Parses a command line as `kg` would, without running it."""
    _, name, *args = words
    assert name in GROUP.commands, f"there is no command {name}"  # type: ignore[attr-defined]
    command = GROUP.commands[name]  # type: ignore[attr-defined]
    partial = not args and name not in ("ingest",)
    command.make_context(name, args, resilient_parsing=partial)


def test_the_readme_tells_of_commands() -> None:
    assert len(in_blocks("kg")) >= 5
    assert len(commands()) >= 8


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_a_command_of_the_readme_is_one_that_kg_knows(words: list[str]) -> None:
    parses(words)


@pytest.mark.parametrize(
    "words", [["kg", "devour"], ["kg", "show", "x", "--frobnicate"], ["kg", "show", "--lang", "en"]]
)
def test_a_command_that_kg_does_not_know_would_be_noticed(words: list[str]) -> None:
    with pytest.raises(Exception, match=r"no command|No such option|Missing"):
        parses(words)


@pytest.mark.parametrize("name", sorted(GROUP.commands))  # type: ignore[attr-defined]
def test_an_example_of_a_commands_help_can_be_run(name: str) -> None:
    epilog = GROUP.commands[name].epilog  # type: ignore[attr-defined]
    examples = re.split(r"\s{4,}", epilog.removeprefix("Example: "))
    assert examples
    for example in examples:
        words = shlex.split(re.sub(r"\s\([^)]*\)$", "", example))
        assert words[1] == name
        parses(words)
        if name == "ask" and len(words) > 2:
            asks(words)


@pytest.mark.parametrize("words", [w for w in commands() if w[1] == "ask" and len(w) > 2], ids=" ".join)
def test_a_question_of_the_readme_can_be_asked(words: list[str]) -> None:
    asks(words)


def asks(words: list[str]) -> None:
    """The question is there, and so are its parameters."""
    question = queries.load()[words[2]]
    given = {words[at + 1].split("=")[0] for at, word in enumerate(words) if word in ("--param", "-p")}
    known = {param.name: param for param in question.params}
    assert given <= known.keys()
    assert {name for name, param in known.items() if param.required} <= given


def test_every_target_of_make_that_the_readme_names_is_there() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = {words[1] for words in in_blocks("make")} | set(re.findall(r"`make (\w+)`", README))
    assert named
    assert named <= set(re.findall(r"^(\w+):", makefile, re.MULTILINE))


def test_every_file_that_the_readme_names_is_there() -> None:
    named = re.findall(r"`((?:kg|ingest|ontology|queries|tests|benchmarks|examples)/[\w./*<>-]*)`", README)
    named += re.findall(r"\]\(([\w./-]+)\)", README)
    assert len(named) > 10
    missing = [path for path in named if not list(ROOT.glob(re.sub(r"<\w+>", "*", path).rstrip("/")))]
    assert missing == []


def test_every_example_document_can_be_read() -> None:
    examples = sorted((ROOT / "examples").glob("*.md"))
    languages = {read(path).document.language for path in examples}
    assert len(examples) >= 5
    assert languages == {"zh", "en"}
    for path in examples:
        bibliography = read(path).document.bibliography
        assert bibliography.title_zh
        assert bibliography.title_en


@pytest.mark.parametrize("question", queries.load().values(), ids=lambda question: question.name)
def test_a_question_is_put_in_both_languages(question: Question) -> None:
    assert question.zh.endswith("？")
    assert question.en.endswith("?")
