"""Sphinx builds the documentation from this."""

import os
from pathlib import Path

# Examples and plots open no window, and TensorFlow starts without messages.
os.environ["MPLBACKEND"] = "Agg"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

from sklearn.experimental import enable_halving_search_cv  # noqa: F401  an example's
from sphinx_gallery.sorting import ExplicitOrder

import mnist_estimators

project = "mnist_estimators"
author = "The mnist_estimators developers"
copyright = f"2026, {author}"
version = release = mnist_estimators.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.extlinks",
    "sphinx.ext.intersphinx",
    "sphinx.ext.viewcode",
    "matplotlib.sphinxext.plot_directive",
    "myst_parser",
    "numpydoc",
    "sphinx_gallery.gen_gallery",
]
# Other pages include these.
exclude_patterns = ["_build", "benchmarks/*.md", "auto_examples/*.ipynb"]
templates_path = ["_templates"]
default_role = "literal"
smartquotes = False
toc_object_entries_show_parents = "hide"

# API pages: numpydoc reads the docstrings, where the types stand, so signatures have
# none.
autodoc_typehints = "none"
autosummary_generate = True
numpydoc_show_class_members = False

# Inherited from scikit-learn, with references into its own guide.
nitpick_ignore = [
    ("std:ref", "accuracy_score"),
    ("std:ref", "df_output_transform"),
    ("std:ref", "sphx_glr_auto_examples_miscellaneous_plot_set_output.py"),
    ("std:term", "fit"),
]

# Other projects. The build needs no network: each inventory lists what the pages refer
# to, as text (version 1 of the format), and a name that is missing fails the build.
intersphinx_mapping = {
    name: (address, f"inventories/{name}.txt")
    for name, address in {
        "keras": "https://keras.io/",
        "matplotlib": "https://matplotlib.org/stable/",
        "numpy": "https://numpy.org/doc/stable/",
        "pandas": "https://pandas.pydata.org/docs/",
        "scikit-learn": "https://scikit-learn.org/stable/",
    }.items()
}
extlinks_detect_hardcoded_links = True
extlinks = {
    "dask": ("https://distributed.dask.org/en/stable/%s", None),
    "joblib": ("https://joblib.readthedocs.io/en/stable/%s", None),
    "keras-page": ("https://keras.io/%s", None),
    "scikeras-page": ("https://adriangb.com/scikeras/stable/%s", None),
    "sklearn-page": ("https://scikit-learn.org/stable/%s", None),
    "tensorflow-page": ("https://www.tensorflow.org/%s", None),
}

# Examples run in each build, and one that fails fails the build. A folder in examples/
# with a README.md would be a section of the gallery; deploy/ has a README.markdown.
sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "auto_examples",
    "within_subsection_order": ExplicitOrder(
        ["plot_quick_start.py", "plot_compare_baselines.py", "plot_grid_search.py", "*"]
    ),
    "backreferences_dir": "api/backreferences",
    "doc_module": ("mnist_estimators",),
    "capture_repr": ("_repr_html_",),
    "ignore_repr_types": "Display",  # their figures are shown already
    "remove_config_comments": True,
    "download_all_examples": False,
    "write_computation_times": False,
}

# Plots in the pages run in each build too.
plot_include_source = True
plot_html_show_source_link = False
plot_html_show_formats = False
plot_formats = [("png", 120)]
plot_working_directory = str(Path(__file__).parent / "_build" / "plots")
Path(plot_working_directory).mkdir(parents=True, exist_ok=True)

html_theme = "pydata_sphinx_theme"
html_title = "mnist_estimators"
html_static_path = ["_static"]
html_css_files = ["style.css"]
html_show_sourcelink = False
html_theme_options = {
    "logo": {"text": "mnist_estimators"},
    "header_links_before_dropdown": 6,
    "navigation_with_keys": False,
    "show_toc_level": 2,
    "footer_start": ["copyright"],
    "footer_end": ["theme-version"],
}
html_sidebars = {
    page: []
    for page in (
        "changelog",
        "contributing",
        "layout",
        "recipes",
        "start",
        "troubleshooting",
    )
}
