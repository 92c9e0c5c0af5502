"""The package's layers, read from its import statements."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import mnist_estimators

PACKAGE = Path(mnist_estimators.__file__).parent

# From the ground up. A room imports from those of its own layer or of lower ones.
LAYERS = (
    {
        "exceptions",
        "_moved",
        "_tensorflow",
        "_versions",
        "_inputs",
        "backpropagation",
    },
    {"augmentation", "datasets", "persistence", "preprocessing"},
    {"_networks"},
    {"_onnx", "_training"},
    {"classifiers", "meta"},
    {"comparison", "export", "inspection", "recipes", "report"},
    {"__main__", "cli", "serving"},
)
LAYER_OF = {room: level for level, layer in enumerate(LAYERS) for room in layer}

ENTRY_POINTS = {"__main__", "cli", "serving"}
NETWORK_ROOMS = {"_networks", "_training", "classifiers"}
# These see estimators only through scikit-learn's API, so that any estimator fits.
FOR_ANY_ESTIMATOR = {"comparison", "inspection", "meta", "report"}


def _source_files() -> list[Path]:
    return sorted(
        path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py"
    )


def _imported_names(path: Path) -> Iterator[str]:
    """Yield the absolute dotted name of everything that a file imports."""
    package = ["mnist_estimators", *path.relative_to(PACKAGE).parent.parts]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) + 1 - node.level] if node.level else []
            origin = ".".join([*base, *filter(None, [node.module])])
            yield from (f"{origin}.{alias.name}" for alias in node.names)


def _own_module(dotted_name: str) -> str | None:
    """Name the module of this package that an imported name comes from, if any."""
    first, _, rest = dotted_name.partition(".")
    if first != "mnist_estimators" or not rest:
        return None
    name = rest.split(".")[0]
    name = mnist_estimators._MODULE_OF.get(name, name).split(".")[0]
    is_module = (PACKAGE / name).is_dir() or (PACKAGE / f"{name}.py").exists()
    return name if is_module else None


def _import_graph() -> dict[str, set[str]]:
    graph: dict[str, set[str]] = {}
    for path in _source_files():
        importer = path.relative_to(PACKAGE).with_suffix("").parts[0]
        imported = map(_own_module, _imported_names(path))
        graph.setdefault(importer, set()).update(
            module for module in imported if module and module != importer
        )
    return graph


def test_every_module_has_a_layer():
    assert _import_graph().keys() <= LAYER_OF.keys()


def test_imports_never_go_up():
    upward = [
        f"{importer} imports {imported}"
        for importer, modules in _import_graph().items()
        for imported in modules
        if LAYER_OF[imported] > LAYER_OF[importer]
    ]
    assert not upward


def test_imports_form_no_circle():
    TopologicalSorter(_import_graph()).prepare()


def _own_file(dotted_name: str) -> Path | None:
    """Find the file of this package that an imported name comes from, if any."""
    first, *parts = dotted_name.split(".")
    if first != "mnist_estimators":
        return None
    for length in range(len(parts), 0, -1):
        path = PACKAGE.joinpath(*parts[:length])
        for file in (path.with_suffix(".py"), path / "__init__.py"):
            if file.exists():
                return file
    return None


def test_files_import_each_other_in_no_circle():
    graph = {
        path: {*map(_own_file, _imported_names(path))} - {None, path}
        for path in _source_files()
    }
    TopologicalSorter(graph).prepare()


def test_only_entry_points_import_entry_points():
    importers = {
        importer
        for importer, modules in _import_graph().items()
        if modules & ENTRY_POINTS
    }
    assert importers <= ENTRY_POINTS


def test_tools_for_any_estimator_know_none_of_ours():
    known = {
        module: imported & NETWORK_ROOMS
        for module, imported in _import_graph().items()
        if module in FOR_ANY_ESTIMATOR and imported & NETWORK_ROOMS
    }
    assert not known


def test_only_one_file_imports_scikeras():
    files = {
        path.name
        for path in _source_files()
        for name in _imported_names(path)
        if name.split(".")[0] == "scikeras"
    }
    assert files <= {"scikeras.py"}


def test_only_one_file_imports_private_parts_of_scikit_learn():
    files = {
        path.name
        for path in _source_files()
        for name in _imported_names(path)
        if name.split(".")[0] == "sklearn" and "._" in name.replace(".__version__", "")
    }
    assert files <= {"sklearn_private.py"}


def test_importing_the_package_leaves_heavy_libraries_unloaded():
    code = (
        "import mnist_estimators.inspection, sys;"
        "heavy = {'keras', 'matplotlib', 'onnx', 'onnxruntime', 'tensorflow'};"
        "print(heavy.intersection(sys.modules))"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "set()"
