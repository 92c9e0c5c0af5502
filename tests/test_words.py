"""Words that the style in CONTRIBUTING.md replaces by plainer ones."""

import re
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]

# What has been rewritten. Add the files that you rewrite.
REWRITTEN = (
    "*.md",
    "docs/*.rst",
    "docs/api/*.rst",
    "docs/benchmarks/*.rst",
    "docs/coming_from/*.rst",
    "docs/concepts/*.rst",
    "docs/guide/*.rst",
    "examples/*.py",
    "mnist_estimators/**/*.py",
    "tests/rounding.py",
    "tests/test_architecture.py",
    "tests/test_layering.py",
    "tests/test_tensorflow.py",
)


class Phrase(NamedTuple):
    """A phrase as the table in CONTRIBUTING.md has it, and as a pattern."""

    shown: str
    pattern: str
    instead: str


PHRASES = (
    Phrase("plays no part", r"plays? no part", "is ignored"),
    Phrase('alone (as in "for X alone")', r"alone", "only"),
    Phrase("lest", r"lest", "so that ... not"),
    Phrase("anew", r"anew", "again, from the start"),
    Phrase("seldom", r"seldom", "rarely"),
    Phrase("mend", r"mend(?:s|ed|ing)?", "fix"),
    Phrase("goes on", r"(?:go|goes|going|gone|went) on", "continues"),
    Phrase("has served", r"(?:has|have) served", "is no longer needed"),
    Phrase("come again", r"(?:come|comes|came) again", "are returned again"),
    # "There is no file" and "is no longer" are plain.
    Phrase("is no file", r"(?<!there\s)(?:is|are) no (?!longer)\w+", "is not a ..."),
    Phrase("Tell whether", r"tells? whether", "whether, return whether"),
    Phrase("by itself", r"by (?:it|them)sel(?:f|ves)", "nothing, or how it is done"),
    Phrase("what becomes of", r"what becomes? of", "what happens to"),
    Phrase("After this page you can", r"after this page,? you", "this page shows"),
    Phrase("whose X is well", r"whose [^.]{1,40} (?:is|are) well", "with a valid X"),
)

# (file, text around the phrase, reason).
EXCEPTIONS: tuple[tuple[str, str, str], ...] = ()

TABLE_OF_PHRASES = re.compile(r"(?<=\n)\| Instead of \|.*?(?=\n\n)", re.DOTALL)
CODE = {
    ".md": [re.compile(r"```.*?```", re.DOTALL), TABLE_OF_PHRASES],
    ".rst": [
        re.compile(
            r"^( *)\.\. (?:code-block|literalinclude|plot)::.*\n(?:\1 +.*\n|\s*\n)*",
            re.M,
        )
    ],
    # Doctests, and values in strings.
    ".py": [re.compile(r"^ *(?:>>>|\.\.\.) .*$", re.M), re.compile(r"\{[^{}\n]*\}")],
}
LITERAL = re.compile(r"``[^`]+``|`[^`\n]+`")
STRINGS = {tokenize.STRING, getattr(tokenize, "FSTRING_MIDDLE", tokenize.STRING)}


def _blank(match: re.Match[str]) -> str:
    """Take the text out and keep its lines, so that line numbers stay."""
    return re.sub(r"[^\n]", "", match.group())


def _comments_and_strings(source: str) -> str:
    """Keep comments and strings, each on its line."""
    lines = [""] * (source.count("\n") + 2)
    for token in tokenize.generate_tokens(iter(source.splitlines(True)).__next__):
        if token.type == tokenize.COMMENT:
            lines[token.start[0]] += " " + token.string.strip("# ")
        elif token.type in STRINGS:
            for number, part in enumerate(token.string.split("\n"), token.start[0]):
                lines[number] += " " + part.strip("\"' ")
    return "\n".join(lines[1:])


def _prose(text: str, suffix: str) -> str:
    if suffix == ".py":
        text = _comments_and_strings(text)
    for pattern in (*CODE[suffix], LITERAL):
        text = pattern.sub(_blank, text)
    return text


def _found(text: str, suffix: str) -> Iterator[tuple[int, str, str]]:
    """Yield line, phrase and replacement of each banned phrase."""
    prose = _prose(text, suffix)
    for phrase in PHRASES:
        pattern = rf"\b{phrase.pattern}\b".replace(" ", r"\s+")
        for match in re.finditer(pattern, prose, re.IGNORECASE):
            line = prose.count("\n", 0, match.start()) + 1
            yield line, " ".join(match.group().split()), phrase.instead


def _is_excepted(name: str, lines: list[str], line: int) -> bool:
    near = " ".join(" ".join(lines[line - 1 : line + 1]).split())
    return any(file == name and around in near for file, around, _ in EXCEPTIONS)


def _complaints(path: Path) -> list[str]:
    text = path.read_text(encoding="utf-8")
    name = path.relative_to(ROOT).as_posix()
    return [
        f"{name}:{line}: {phrase!r}: write {instead!r}"
        for line, phrase, instead in _found(text, path.suffix)
        if not _is_excepted(name, text.splitlines(), line)
    ]


@pytest.mark.parametrize("glob", REWRITTEN)
def test_rewritten_files_use_plain_words(glob):
    paths = [path for path in ROOT.glob(glob) if path.suffix in CODE]
    assert paths
    complaints = [one for path in sorted(paths) for one in _complaints(path)]
    assert not complaints, "\n".join(["", *complaints])


def test_the_table_in_the_style_lists_the_phrases():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    _, _, *rows = TABLE_OF_PHRASES.search(text).group().splitlines()
    shown = [row.split(" | ")[0].removeprefix("| ") for row in rows]
    assert shown == [phrase.shown for phrase in PHRASES]


@pytest.mark.parametrize(
    ("suffix", "text", "expected"),
    [
        (".md", "One\n\nIt plays no\npart.", [(3, "plays no part")]),
        (".md", "```\nseldom\n```\nThere is no file. `alone` is no longer.", []),
        (
            ".rst",
            ".. code-block:: python\n\n   lest()\n\nIt goes on.",
            [(5, "goes on")],
        ),
        (
            ".py",
            'anew = 1  # anew\nf(\n    "is no "\n    "file"\n)\n',
            [
                (1, "anew"),
                (3, "is no file"),
            ],
        ),
        (".py", '"""Do.\n\n>>> lest = 1\n``alone``\n"""\n', []),
    ],
)
def test_phrases_are_found_in_prose_and_not_in_code(suffix, text, expected):
    assert [(line, phrase) for line, phrase, _ in _found(text, suffix)] == expected


def test_every_exception_is_needed():
    for name, around, reason in EXCEPTIONS:
        assert around in " ".join((ROOT / name).read_text(encoding="utf-8").split())
        assert reason
