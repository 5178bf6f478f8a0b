"""What holds the parts together: imports go one way, nothing happens on import, nothing outside is named."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

_CHAIN = re.compile(r"Imports go one way: ([\w\s←]+)\.")


def told_order() -> list[str]:
    """The modules of `kg` in the order that the README tells: each imports only those before it."""
    told = _CHAIN.search((ROOT / "README.md").read_text(encoding="utf-8"))
    assert told, "README.md tells the order of the modules"
    return [name.strip() for name in told[1].split("←")]


LATE = {"cli", "api"}
"""The modules of `kg` that may import `ingest`, inside their functions."""


def modules(package: str) -> list[Path]:
    return sorted(path for path in (ROOT / package).glob("*.py") if path.stem != "__init__")


def imported(tree: ast.AST) -> Iterator[str]:
    """The modules that the code under a node imports, `package.module`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def of(package: str, names: Iterator[str]) -> set[str]:
    return {name.split(".")[1] for name in names if name.startswith(f"{package}.")}


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def when_imported(tree: ast.Module) -> list[ast.stmt]:
    """The statements that run when the module is imported, those for the type checker left out."""
    return [
        node
        for node in tree.body
        if not isinstance(node, ast.FunctionDef | ast.ClassDef)
        and not (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")
    ]


def test_the_modules_that_the_readme_orders_are_there() -> None:
    order = told_order()
    assert len(order) > 10
    assert set(order) <= {path.stem for path in modules("kg")}


def test_modules_import_only_those_before_them() -> None:
    order = told_order()
    for at, name in enumerate(order):
        behind = set(order[at:])
        assert of("kg", imported(parsed(ROOT / "kg" / f"{name}.py"))) & behind == set(), name


@pytest.mark.parametrize("package", ["kg", "ingest"])
def test_no_modules_import_each_other_in_a_circle(package: str) -> None:
    graph = {path.stem: of(package, imported(parsed(path))) for path in modules(package)}
    assert len(list(TopologicalSorter(graph).static_order())) >= len(graph)


@pytest.mark.parametrize("path", sorted((ROOT / "kg" / "analyses").glob("*.py")), ids=lambda path: path.stem)
def test_analyses_know_their_form_but_not_each_other(path: Path) -> None:
    order = told_order()
    assert of("kg", imported(parsed(path))) & set(order[order.index("analysis") :]) == set()
    others = {name.split(".")[2] for name in imported(parsed(path)) if name.startswith("kg.analyses.")}
    assert others <= {"form", "counts"}


@pytest.mark.parametrize("path", modules("ingest"), ids=lambda path: path.stem)
def test_ingest_knows_no_more_of_kg_than_it_needs(path: Path) -> None:
    known = {"errors", "model", "iris", "belief", "config", "ontology"} | (
        {"store", "inference", "resolution"} if path.stem == "batch" else set()
    )
    assert of("kg", imported(parsed(path))) <= known


@pytest.mark.parametrize("path", modules("kg"), ids=lambda path: path.stem)
def test_kg_imports_ingest_late_and_only_at_its_edge(path: Path) -> None:
    tree = parsed(path)
    assert not [node for node in when_imported(tree) if of("ingest", imported(node))]
    assert path.stem in LATE or not of("ingest", imported(tree))


def test_the_command_line_starts_without_the_heavy_libraries() -> None:
    heavy = ("spacy", "rdflib", "pyvis", "fastapi", "pyshacl", "onnxruntime", "ingest")
    code = f"import sys, kg.cli; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize(
    "path", [*modules("kg"), *modules("ingest")], ids=lambda path: f"{path.parent.name}.{path.stem}"
)
def test_libraries_never_print(path: Path) -> None:
    calls = [node for node in ast.walk(parsed(path)) if isinstance(node, ast.Call)]
    assert not [call.lineno for call in calls if ast.unparse(call.func) == "print"]


# ---- What the files name

FOLDERS = (".ci", "benchmarks", "examples", "ingest", "kg", "ontology", "queries", "tests")
OUTSIDE = "shared/"
MAY_NAME_IT = (Path("benchmarks"), Path("tests"), Path("ingest/train"))


def texts() -> Iterator[tuple[Path, str]]:
    files = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.is_file()]
    for path in [*files, *(path for path in ROOT.iterdir() if path.is_file())]:
        # in a worktree, .git is a file that says where the repository is
        if path.name != ".git" and "__pycache__" not in path.parts and path.suffix != ".pyc":
            yield path.relative_to(ROOT), path.read_text(encoding="utf-8", errors="replace")


def may_name_it(path: Path) -> bool:
    return any(path.is_relative_to(folder) for folder in MAY_NAME_IT)


def test_no_file_names_a_place_outside_the_repository() -> None:
    home = re.compile(r"(?<![\w/.])/(?:work|home|Users)/\w")
    outside = re.compile(rf"(?<![\w-]){re.escape(OUTSIDE)}")
    seen = dict(texts())
    assert len(seen) > 100
    assert [str(path) for path, text in seen.items() if home.search(text)] == []
    assert [str(path) for path, text in seen.items() if outside.search(text) and not may_name_it(path)] == []
