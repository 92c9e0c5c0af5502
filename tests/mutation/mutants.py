"""Mutants: copies of the package with one small fault each."""

import ast
import hashlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOMS = (
    *("preprocessing", "augmentation", "_inputs", "_networks"),
    *("serving", "persistence", "classifiers", "_training"),
)
SWAPPED: dict[type[ast.AST], type[ast.AST]] = {
    **{ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt},
    **{ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is},
    **{ast.In: ast.NotIn, ast.NotIn: ast.In, ast.And: ast.Or, ast.Or: ast.And},
    **{ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult},
    **{ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult, ast.Pow: ast.Mult},
    **{ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd},
}
MESSAGES = ("warn", "ValueError", "TypeError")
BLOCKS = (ast.stmt, ast.ExceptHandler, ast.match_case)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


class Mutant(NamedTuple):
    """A fault: the text between two positions is replaced.

    `place` are the lines by which to find the tests that run it, or a name that a
    statement outside of functions defines.
    """

    file: str
    line: int
    start: int
    end: int
    operator: str
    before: str
    after: str
    place: tuple[int, int] | str
    number: int = 0  # among equal ones in the file

    @property
    def room(self) -> str:
        return Path(self.file).parts[1]

    @property
    def key(self) -> str:
        """The same after changes elsewhere in the file."""
        return f"{self.file} ({self.number}): {self.before} -> {self.after}"

    def applied(self, source: bytes) -> bytes:
        return source[: self.start] + self.after.encode() + source[self.end :]


class Finder:
    """Finds the mutants of a file."""

    def __init__(self, file: str, source: str) -> None:
        self.file = file
        self.source = source.encode()
        lines = source.encode().splitlines(keepends=True)
        self.starts = [0]
        for line in lines:
            self.starts.append(self.starts[-1] + len(line))
        self.tree = ast.parse(source)
        self.lines = {
            node.lineno for node in ast.walk(self.tree) if isinstance(node, ast.stmt)
        }

    def mutants(self) -> Iterator[Mutant]:
        seen: Counter[str] = Counter()
        for mutant in self._in_body(self.tree.body, None):
            yield mutant._replace(number=seen[mutant.key])
            seen[mutant.key] += 1

    def _in_body(self, body: list[ast.stmt], place: str | None) -> Iterator[Mutant]:
        for statement in body:
            if isinstance(statement, FUNCTIONS):
                yield from self._in_function(statement)
            elif isinstance(statement, ast.ClassDef):
                yield from self._in_body(statement.body, statement.name)
            elif not _is_left_out(statement):
                name = _defined_name(statement) or place
                yield from self._in(statement, name, dropping=False)

    def _in_function(self, function: ast.AST) -> Iterator[Mutant]:
        assert isinstance(function, FUNCTIONS)
        inside = (function.body[0].lineno, function.end_lineno or function.lineno)
        arguments = function.args
        for default in (*arguments.defaults, *arguments.kw_defaults):
            if isinstance(default, ast.Constant) and not _is_number(default):
                after = "0" if default.value is None else "'other'"
                yield self._mutant("default", default, after, inside)
            elif default is not None:
                yield from self._in(default, inside, dropping=False)
        for statement in function.body:
            yield from self._in(statement, None, dropping=True)

    def _in(
        self, node: ast.AST, place: tuple[int, int] | str | None, *, dropping: bool
    ) -> Iterator[Mutant]:
        """Find the mutants in a statement or an expression."""
        if _is_left_out(node):
            return
        if isinstance(node, FUNCTIONS):
            yield from self._in_function(node)
            return
        if isinstance(node, ast.stmt):
            # Tracing names any line of a statement, or of the head of a block.
            block = getattr(node, "body", [])
            end = block[0].lineno - 1 if block else node.end_lineno or node.lineno
            place = place or (node.lineno, max(node.lineno, end))
        if dropping and _may_be_dropped(node):
            yield self._mutant("statement", node, "pass", place)
        if isinstance(node, ast.Raise):
            return
        if isinstance(node, ast.Return) and node.value is not None:
            yield self._mutant("return", node, "return None", place)
        for operator, changed in _changed(node):
            yield self._mutant(operator, node, changed, place)
        for field, value in ast.iter_fields(node):
            if field in ("annotation", "decorator_list", "returns"):
                continue
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    inner = None if isinstance(child, BLOCKS) else place
                    yield from self._in(child, inner, dropping=dropping)

    def _mutant(
        self,
        operator: str,
        node: ast.AST,
        after: str,
        place: tuple[int, int] | str | None,
    ) -> Mutant:
        assert isinstance(node, ast.stmt | ast.expr)
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        start = self.starts[node.lineno - 1] + node.col_offset
        end = self.starts[node.end_lineno - 1] + node.end_col_offset
        before = self.source[start:end].decode()
        place = place or (node.lineno, node.end_lineno)
        where = self.file, node.lineno, start, end
        return Mutant(*where, operator, before, after, place)


def sample(root: Path, n_mutants: int, seed: int) -> list[Mutant]:
    """Draw mutants, from each room in proportion to its lines of code."""
    found: dict[str, list[Mutant]] = {}
    n_lines: dict[str, int] = {}
    for room in ROOMS:
        paths = sorted((root / "mnist_estimators" / room).rglob("*.py"))
        files = [
            Finder(str(path.relative_to(root)), path.read_text()) for path in paths
        ]
        found[room] = [mutant for file in files for mutant in file.mutants()]
        n_lines[room] = sum(len(file.lines) for file in files)

    def order(mutant: Mutant) -> bytes:
        # Where code changes, the rest of the sample stays.
        return hashlib.sha256(f"{seed} {mutant.key}".encode()).digest()

    drawn: list[Mutant] = []
    for room in ROOMS:
        share = round(n_mutants * n_lines[room] / sum(n_lines.values()))
        drawn += sorted(found[room], key=order)[:share]
    return sorted(drawn, key=order)


def _is_left_out(node: ast.AST) -> bool:
    """Docstrings, types, messages, and what only type checkers see."""
    match node:
        case ast.Expr(value=ast.Constant()) | ast.JoinedStr():
            return True
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            return name in MESSAGES or name.endswith("Error")
        case ast.If(test=ast.Name(id="TYPE_CHECKING")):
            return True
        case ast.Assign(targets=[ast.Name(id="__all__")]) | ast.Import():
            return True
        case ast.Expr(value=ast.Call(func=ast.Attribute(attr="warn"))):
            return True
        case ast.Subscript(value=ast.Name(id="Literal" | "NDArray")):
            return True
    return False


def _may_be_dropped(node: ast.AST) -> bool:
    if isinstance(node, ast.AnnAssign):
        return node.value is not None
    return isinstance(node, ast.Raise | ast.Assign | ast.AugAssign) or (
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    )


def _is_number(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, int | float)


def _changed(node: ast.AST) -> Iterator[tuple[str, str]]:
    """Yield the kinds and texts of what could stand in place of an expression."""
    match node:
        case ast.Compare(ops=[operator, *_]) if type(operator) in SWAPPED:
            ops = [SWAPPED[type(operator)](), *node.ops[1:]]
            yield "comparison", _text(ast.Compare(node.left, ops, node.comparators))
        case ast.BinOp(left, operator, right) if type(operator) in SWAPPED:
            yield "arithmetic", _text(ast.BinOp(left, SWAPPED[type(operator)](), right))
        case ast.AugAssign(target, operator, value) if type(operator) in SWAPPED:
            swapped = ast.AugAssign(target, SWAPPED[type(operator)](), value)
            yield "arithmetic", ast.unparse(swapped)
        case ast.BoolOp(operator, values):
            yield "and/or", _text(ast.BoolOp(SWAPPED[type(operator)](), values))
        case ast.UnaryOp(ast.Not(), operand):
            yield "not", _text(operand)
        case ast.Constant(value=bool() as value):
            yield "boolean", str(not value)
        case ast.Constant(value=int() as value):
            yield "number", str(value + 1)
        case ast.Constant(value=float() as value):
            yield "number", repr(value * 20 if 0 < abs(value) < 1 else value + 1)


def _text(node: ast.expr) -> str:
    return f"({ast.unparse(node)})"


def _defined_name(statement: ast.AST) -> str | None:
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)]):
            return name
        case ast.AnnAssign(target=ast.Name(id=name)):
            return name
    return None
