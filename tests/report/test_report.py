"""The report: what the page holds, read by a parser of HTML."""

from base64 import b64decode
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import NotFittedError
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler
from sklearn.svm import SVC

import mnist_estimators.report._sections
from mnist_estimators import CNNDigitClassifier, NumpyDigitClassifier
from mnist_estimators.inspection import digit_report
from mnist_estimators.report import write_report

N_TRAIN, N_TEST = 400, 200
ALWAYS = ["Data", "Model", "Confusion matrix", "Each digit", "Mistakes"]
VOID = {"img", "link", "meta"}


class Page(HTMLParser):
    """Collects headings, cells of tables, pictures and all addresses of a page."""

    def __init__(self, path):
        super().__init__()
        self.headings, self.tables, self.pictures = [], {}, {}
        self.addresses, self.ids, self.open_tags, self.text = [], [], [], ""
        self.feed(path.read_text(encoding="utf-8"))
        assert not self.open_tags

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if tag not in VOID:
            self.open_tags.append(tag)
        self.ids += [attributes["id"]] if "id" in attributes else []
        self.addresses += [
            attributes[name] for name in ("src", "href") if name in attributes
        ]
        if tag == "img":
            self.pictures[attributes["alt"]] = attributes["src"]
        elif tag == "caption":
            self.rows = []
        elif tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        assert self.open_tags.pop() == tag

    def handle_data(self, data):
        self.text += data
        tag = self.open_tags[-1] if self.open_tags else ""
        if tag == "h2":
            self.headings.append(data)
        elif tag == "caption":
            self.tables[data] = self.rows
        elif tag in ("td", "th"):
            self.rows[-1][-1] += data


@pytest.fixture(scope="module")
def test_images(small_digits):
    X, y = small_digits
    return X[N_TRAIN:][:N_TEST], y[N_TRAIN:][:N_TEST]


@pytest.fixture(scope="module")
def report(small_digits, test_images, tmp_path_factory):
    """Fit a classifier and read the report on it."""

    def write(classifier, **options):
        X, y = small_digits
        path = tmp_path_factory.mktemp("report") / "report.html"
        classifier.fit(X[:N_TRAIN], y[:N_TRAIN])
        write_report(classifier, *test_images, path, y_train=y[:N_TRAIN], **options)
        return Page(path)

    return write


@pytest.fixture
def no_pictures(monkeypatch):
    """Leave figures undrawn, which takes most of a report's time."""
    monkeypatch.setattr(
        mnist_estimators.report._sections, "picture", lambda *_: "<p></p>"
    )


@pytest.fixture(scope="module")
def cnn():
    return CNNDigitClassifier(
        filters=(4,),
        dense_layer_sizes=(8,),
        epochs=2,
        batch_size=32,
        validation_fraction=0.1,
        random_state=5,
    )


@pytest.fixture(scope="module")
def cnn_page(report, cnn):
    facts = {"Data": "<small> & digits", "Seed": 12345, "Augmented": False}
    return report(cnn, facts=facts)


def test_a_network_has_every_section(cnn_page):
    assert cnn_page.headings == [
        *("Data", "Model", "Training", "Confusion matrix", "Each digit", "Mistakes"),
        *("Confidence", "Activation maps", "Versions and seeds"),
    ]


def test_no_address_leaves_the_file(cnn_page):
    assert cnn_page.addresses
    for address in cnn_page.addresses:
        assert address.startswith("data:") or address.removeprefix("#") in cnn_page.ids


def test_pictures_are_in_the_file_and_described(cnn_page):
    assert len(cnn_page.pictures) == 7
    for alt, source in cnn_page.pictures.items():
        assert len(alt) > 20
        kind, data = source.split(",")
        assert kind == "data:image/png;base64"
        assert b64decode(data).startswith(b"\x89PNG")


def test_facts_are_written_as_text_and_escaped(cnn_page):
    facts = cnn_page.tables["In short"]
    assert ["Data", "<small> & digits"] in facts
    assert ["Seed", "12345"] in facts
    assert ["Augmented", "False"] in facts


def test_the_scores_are_those_of_the_predictions(cnn_page, cnn, test_images):
    X, y = test_images
    scores = digit_report(y, cnn.predict(X))

    heading, *rows = cnn_page.tables["Scores on test images"]
    assert heading == ["digit", *scores.columns]
    assert [row[0] for row in rows] == [str(label) for label in scores.index]
    values = np.array([row[1:] for row in rows], dtype=float)
    np.testing.assert_allclose(values, scores, atol=5e-5)
    accuracy = cnn.score(X, y)
    assert f"Accuracy {100 * accuracy:.2f} % on 200 test images" in cnn_page.text
    n_wrong = round((1 - accuracy) * len(y))
    assert f"{n_wrong} of 200 test images were taken for another" in cnn_page.text


def test_images_are_counted(cnn_page, small_digits, test_images):
    _, *rows = cnn_page.tables["Number of images"]

    train = np.bincount(small_digits[1][:N_TRAIN])
    test = np.bincount(test_images[1])
    assert rows == [[str(d), str(train[d]), str(test[d])] for d in range(10)]


def test_layers_and_parameters_are_listed(cnn_page, cnn):
    heading, first, *_, last = cnn_page.tables["Layers"]
    assert heading == ["layer", "kind", "output", "weights"]
    assert first == ["conv2d_0", "Conv2D", "28 x 28 x 4", "40"]
    n_weights = sum(weights.size for weights in cnn.weights_)
    assert last == ["all", "", "", f"{n_weights:,}"]
    parameters = cnn_page.tables["Parameters of CNNDigitClassifier"]
    assert ["epochs", "2"] in parameters
    assert ["optimizer", "'adam'"] in parameters


def test_versions_and_seeds_are_told(cnn_page):
    versions = dict(cnn_page.tables["Versions"][1:])
    assert versions["numpy"] == np.__version__
    assert versions["mnist_estimators"] == mnist_estimators.__version__
    assert "tensorflow" in versions
    assert ["random_state", "5"] in cnn_page.tables["Seeds"]


class OtherMeanings(GaussianNB):
    """Has an attribute that is called as one of networks."""

    weights_ = np.ones((10, 784))


@pytest.mark.usefixtures("no_pictures")
@pytest.mark.parametrize(
    ("classifier", "others"),
    [
        (RandomForestClassifier(5, random_state=0), ["Confidence"]),
        (SVC(random_state=0), []),
        (OtherMeanings(), ["Confidence"]),
    ],
    ids=["forest", "svc", "other meanings"],
)
def test_what_a_classifier_does_not_have_is_left_out(report, classifier, others):
    page = report(classifier)

    left_out = {"Training", "Confidence", "Activation maps"} - {*others}
    assert {*ALWAYS, *others} <= {*page.headings}
    assert not left_out & {*page.headings}
    assert "Layers" not in page.tables


@pytest.mark.usefixtures("no_pictures")
def test_a_network_within_a_pipeline_is_looked_into(report):
    network = NumpyDigitClassifier(hidden_layer_sizes=(8,), epochs=1, random_state=7)
    page = report(make_pipeline(MinMaxScaler(), network), title="My report")

    assert ["numpydigitclassifier__random_state", "7"] in page.tables["Seeds"]
    assert page.tables["Layers"][1:] == [
        ["dense_1", "Dense", "8", "6,280"],
        ["dense_2", "Dense", "10", "90"],
        ["all", "", "", "6,370"],
    ]
    assert "My report" in page.text
    assert {"Training", "Confidence", "Activation maps"} <= {*page.headings}


@pytest.mark.usefixtures("no_pictures")
def test_text_labels_and_data_frames_work(small_digits, tmp_path):
    X, y = small_digits
    frame, names = pd.DataFrame(X[:300]), np.array(list("abcdefghij"))[y[:300]]
    classifier = NumpyDigitClassifier(epochs=2, random_state=0).fit(frame, names)
    before = frame.copy()

    write_report(classifier, frame, names, tmp_path / "report.html")

    page = Page(tmp_path / "report.html")
    assert [row[0] for row in page.tables["Number of images"][1:]] == [*"abcdefghij"]
    assert page.tables["Number of images"][0] == ["digit", "test"]
    pd.testing.assert_frame_equal(frame, before)


@pytest.mark.usefixtures("no_pictures")
def test_stacked_images_are_brought_to_rows_where_needed(small_digits, tmp_path):
    X, y = small_digits
    forest = RandomForestClassifier(5, random_state=0).fit(X, y)

    write_report(forest, X[:50].reshape(-1, 28, 28), y[:50], tmp_path / "r.html")

    assert "of 50 test images" in Page(tmp_path / "r.html").text


def test_images_have_the_shape_that_the_classifier_knows(
    small_digits, tmp_path, monkeypatch
):
    X, y = small_digits
    network = NumpyDigitClassifier(epochs=1, image_shape=(14, 56), random_state=0)
    network.fit(X[:100], y[:100])
    figures = {}
    monkeypatch.setattr(
        mnist_estimators.report._sections,
        "picture",
        lambda figure, description: figures.update({description: figure}) or "",
    )

    write_report(network, X[:30], y[:30], tmp_path / "report.html")

    for description in (
        "The first test images, with their labels",
        "Images that were taken for another digit",
    ):
        drawn = figures[description].axes[0].images[0].get_array()
        assert drawn.shape == (14, 56)


@pytest.mark.usefixtures("no_pictures")
def test_errors_name_what_is_wrong(small_digits, tmp_path):
    X, y = small_digits
    path = tmp_path / "report.html"

    with pytest.raises(NotFittedError):
        write_report(GaussianNB(), X, y, path)
    bayes = GaussianNB().fit(X, y)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        write_report(bayes, X[:5], y[:4], path)
    with pytest.raises(FileNotFoundError, match="path must name a file in a folder"):
        write_report(bayes, X[:50], y[:50], tmp_path / "no" / "report.html")
    assert not path.exists()
