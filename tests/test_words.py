"""The check of words finds each word of the list, in each kind of file, and no near miss."""

from __future__ import annotations

import pytest
from conftest import ROOT

from tools import words

#: A sentence for each word of the list, in the list's order, and one that only resembles it.
SENTENCES = (
    ("The report tells why.", "The report distinguishes both."),
    ("Mend the cell.", "Amend the commendable cell."),
    ("The file does not fit.", "The model was fitted."),
    ("The file fits.", "The benefits are large."),
    ("This is no drug.", "There is no drug, and this is no longer one."),
    ("A node of ours.", "A node of yours."),
    ("Whoever asks gets it.", "Anyone who asks gets it."),
    ("A stranger sent it.", "This is strangely so."),
    ("A slip of the pen.", "A slip of the tongue."),
    ("The desk decides.", "A desktop decides."),
    ("The cell holds a number.", "The rule holds in each cell."),
    ("What is published stays.", "What is a claim? It shows what is published."),
)

#: A file of each kind, around a sentence.
KINDS = (
    ("docs/page.md", "# Page\n\n{}\n"),
    ("shapes/drug.ttl", '<urn:a>\n    sh:message\n        "{}"@en .\n'),
    ("shapes/drug.ttl", "<urn:a> a <urn:b> .\n\n# {}\n"),
    ("queries/checks/one.rq", "PREFIX a: <urn:a>\n\n#+ summary: {}\nASK {{}}\n"),
    ("src/aikg/one.py", '"""A module."""\n\nTEXT = "{}"\n'),
    ("src/aikg/one.py", '"""A module."""\n\nTEXT = 1  # {}\n'),
    ("src/aikg/web/templates/one.html", "<p>\n{{{{ name }}}}\n{}</p>\n"),
)

#: Where a word of the list is a name or an address, and so right.
NAMES = (
    ("docs/page.md", "The code `mend` is a key.\n"),
    ("docs/page.md", "```console\n$ tell\nMend: it.\n```\n"),
    ("docs/page.md", "[The page](https://example.org/what-fits.html)\n"),
    ("shapes/drug.ttl", "<urn:tell> a <urn:desk> .\n"),
    ("queries/checks/one.rq", "ASK { ?tells <urn:fits> ?mend }\n"),
    ("src/aikg/one.py", '"""A module."""\n\ndesk = {"mend": "fits"}\n'),
    ("src/aikg/one.py", '"""A module."""\n\nTEXT = f"Fix: {finding.mend} now"\n'),
    ("src/aikg/one.py", '"""A record.\n\nAttributes:\n    mend: How to fix it.\n"""\n'),
    ("src/aikg/web/templates/one.html", '<p class="desk tell">{{ fits }}</p>\n'),
)


@pytest.mark.parametrize(("path", "text"), KINDS)
@pytest.mark.parametrize("index", range(len(words.WORDS)))
def test_each_word_is_found_in_each_kind_of_file(path: str, text: str, index: int) -> None:
    """By its line, which is the third here, and with what to write."""
    sentence, near = SENTENCES[index]
    (fault,) = words.check(path, text.format(sentence))
    assert (fault.line, fault.instead) == (3, words.WORDS[index].instead)
    assert fault.word in sentence
    assert not list(words.check(path, text.format(near)))


@pytest.mark.parametrize(("path", "text"), NAMES)
def test_a_name_is_not_a_word(path: str, text: str) -> None:
    """Codes, addresses, output and expressions keep what they are."""
    assert not list(words.check(path, text))


def test_a_word_is_found_over_the_end_of_a_line() -> None:
    """A sentence goes on in the next line, and the fault is where it begins."""
    (fault,) = words.check("docs/page.md", "The file does\nnot fit.\n")
    assert (fault.line, fault.word) == (1, "does not fit")


def test_a_docstring_that_gives() -> None:
    """At its beginning alone: what a function returns."""
    module = '"""A module."""\n\n\ndef one() -> int:\n    """{}"""\n    return 1\n'
    (fault,) = words.check("src/aikg/one.py", module.format("Give a number."))
    assert (fault.line, fault.instead) == (5, "return")
    assert not list(words.check("src/aikg/one.py", module.format("Return what sources give.")))


def test_the_list_of_words_stands_in_contributing() -> None:
    """Each entry of the program has its row on the page."""
    page = (ROOT / "CONTRIBUTING.md").read_text()
    for word in words.WORDS:
        assert word.instead in page


def test_every_file_that_a_person_reads_is_covered() -> None:
    """Pages, messages, templates, shapes, queries."""
    paths = words.files(("docs", "src", "shapes", "queries", "description", "README.md"))
    kinds = {path.rpartition(".")[2] for path in paths}
    assert kinds == {"md", "py", "html", "ttl", "rq", "tsv"}
