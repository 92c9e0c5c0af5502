"""The size of files and functions, and the page that says where things are."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import mnist_estimators

PACKAGE = Path(mnist_estimators.__file__).parent
ROOT = Path(__file__).parents[1]
FILES = sorted(PACKAGE.rglob("*.py"))

MAX_FILES_IN_ROOT = 12
MAX_LINES = 400
MAX_MEDIAN_LINES = 150
MAX_LINES_OF_CODE = 50

NO_CODE = {
    tokenize.COMMENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
    tokenize.INDENT,
    tokenize.NEWLINE,
    tokenize.NL,
}
DOCUMENTED = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def _name(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def _n_lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def _lines_of_code(source: str) -> set[int]:
    """Number the lines with code: no docstrings, no comments, no blank lines."""
    lines = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in NO_CODE:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, DOCUMENTED) and ast.get_docstring(node, clean=False):
            docstring = node.body[0]
            lines -= set(range(docstring.lineno, docstring.end_lineno + 1))
    return lines


def _only_stores_its_arguments(function: ast.FunctionDef) -> bool:
    """Whether each statement is ``self.name = name``."""
    statements = function.body[1:] if ast.get_docstring(function) else function.body
    return function.name == "__init__" and all(
        isinstance(statement, ast.Assign)
        and isinstance(statement.value, ast.Name)
        and ast.unparse(statement.targets) == f"self.{statement.value.id}"
        for statement in statements
    )


def _functions(source: str) -> Iterator[tuple[str, int]]:
    """Yield each function with its number of lines of code."""
    code = _lines_of_code(source)
    for node in ast.walk(ast.parse(source)):
        if isinstance(
            node, ast.FunctionDef | ast.AsyncFunctionDef
        ) and not _only_stores_its_arguments(node):
            yield node.name, len(code & {*range(node.lineno, node.end_lineno + 1)})


def test_lines_of_code_are_counted_without_docstrings_comments_and_blank_lines():
    source = '''
def add(a, b):
    """Add.

    Two numbers.
    """
    # A comment.

    return (
        a + b
    )
'''
    assert list(_functions(source)) == [("add", 4)]


def test_an_initializer_that_only_stores_its_arguments_may_be_long():
    source = """
class Stores:
    def __init__(self, a, b):
        "Store."
        self.a = a
        self.b = b

class Computes:
    def __init__(self, a):
        self.a = a + 1
"""
    assert list(_functions(source)) == [("__init__", 2)]


def test_the_root_holds_few_files():
    assert len([*PACKAGE.glob("*.py")]) <= MAX_FILES_IN_ROOT


def test_no_file_is_long():
    sizes = {_name(path): _n_lines(path) for path in FILES}
    assert {name: n for name, n in sizes.items() if n > MAX_LINES} == {}


def test_most_files_are_short():
    assert median(map(_n_lines, FILES)) < MAX_MEDIAN_LINES


def test_no_function_is_long():
    long = {
        f"{_name(path)}: {name}": n_lines
        for path in FILES
        for name, n_lines in _functions(path.read_text(encoding="utf-8"))
        if n_lines > MAX_LINES_OF_CODE
    }
    assert long == {}


def _files_named(page: str) -> list[str]:
    return re.findall(r"`([\w/]+\.(?:py|md|rst)|\w+/(?:\w+/)*)`", page)


def test_the_page_of_the_layout_names_files_that_exist():
    named = _files_named((ROOT / "docs" / "layout.rst").read_text(encoding="utf-8"))
    assert len(named) > 40
    missing = {
        name
        for name in named
        if not (PACKAGE / name).exists() and not (ROOT / name).exists()
    }
    assert missing == set()


def test_the_page_of_the_layout_names_every_room_and_every_file_of_the_root():
    named = set(_files_named((ROOT / "docs" / "layout.rst").read_text("utf-8")))
    files = {path.name for path in PACKAGE.glob("*.py")}
    rooms = {f"{path.parent.name}/" for path in PACKAGE.glob("*/__init__.py")}
    assert (files | rooms) - named == set()
