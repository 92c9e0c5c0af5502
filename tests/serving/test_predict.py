"""`POST /predict`: pixels and pictures, one and many."""

import numpy as np
import pytest
from rounding import assert_same_up_to_rounding


def digits_of(answer):
    assert answer.status_code == 200, answer.text
    return [one for picture in answer.json()["pictures"] for one in picture["digits"]]


def probabilities_of(digits):
    return [list(digit["probabilities"].values()) for digit in digits]


@pytest.fixture(scope="module")
def images(small_digits):
    return small_digits[0][1500:1520].reshape(-1, 28, 28)


@pytest.mark.parametrize(
    "form",
    [
        pytest.param(lambda images: images.reshape(-1, 784), id="rows of pixels"),
        pytest.param(lambda images: images, id="images"),
        pytest.param(lambda images: images / 255, id="values up to 1"),
        pytest.param(lambda images: 255 - images, id="dark on light"),
    ],
)
def test_pixels_as_json(client, classifier, images, form):
    answer = client.post("/predict", json={"images": form(images).tolist()})

    digits = digits_of(answer)
    assert len(answer.json()["pictures"]) == len(images)
    seen = np.array([digit["image"] for digit in digits], np.uint8)
    assert seen.shape == (20, 28, 28)
    expected = classifier.predict(seen)
    assert [digit["label"] for digit in digits] == expected.tolist()
    for digit in digits:
        assert list(digit["probabilities"]) == list("0123456789")
    # The server may form other batches.
    assert_same_up_to_rounding(probabilities_of(digits), classifier.predict_proba(seen))


def test_a_picture_as_the_body(client, images, png, on_paper):
    picture = on_paper(images[0])
    answer = client.post(
        "/predict", content=png(picture), headers={"Content-Type": "image/png"}
    )

    (digit,) = digits_of(answer)
    assert answer.json()["milliseconds"] > 0
    told = answer.json()["pictures"][0]
    assert (told["height"], told["width"]) == picture.shape
    assert told["text"] == str(digit["label"])
    assert 20 <= digit["box"]["height"] <= 84


def test_files_of_a_form_keep_their_order_and_names(client, images, png, on_paper):
    names = [f"{number}.png" for number in range(5)]
    files = [
        ("images", (name, png(on_paper(image)), "image/png"))
        for name, image in zip(names, images, strict=False)
    ]
    answer = client.post("/predict", files=files)
    reverse = client.post("/predict", files=files[::-1])

    assert [picture["name"] for picture in answer.json()["pictures"]] == names
    digits, reversed_digits = digits_of(answer), digits_of(reverse)[::-1]
    # An image at another place in a batch.
    assert_same_up_to_rounding(
        probabilities_of(digits), probabilities_of(reversed_digits)
    )
    for digit in [*digits, *reversed_digits]:
        del digit["probabilities"]
    assert digits == reversed_digits


def test_what_comes_without_a_name_has_none(client, images, png, on_paper):
    file = {"Content-Type": "image/png"}
    form = {"Content-Type": "multipart/form-data; boundary=a"}
    nameless = b'--a\r\nContent-Disposition: form-data; name="x"; filename=""\r\n\r\n'

    for picture in (images[0], on_paper(images[0])):
        body = nameless + png(picture) + b"\r\n--a--\r\n"
        for answer in (
            client.post("/predict", content=png(picture), headers=file),
            client.post("/predict", content=body, headers=form),
            client.post("/predict", json={"images": [picture.tolist()]}),
        ):
            assert answer.json()["pictures"][0]["name"] is None


def test_several_digits_are_read_in_order(client, classifier, images, png, on_paper):
    picture = png(on_paper(*images[:4]))
    headers = {"Content-Type": "image/png"}
    answer = client.post("/predict", content=picture, headers=headers)

    digits = digits_of(answer)
    assert [digit["box"]["left"] // (36 * 3) for digit in digits] == [0, 1, 2, 3]
    seen = np.array([digit["image"] for digit in digits], np.uint8)
    labels = classifier.predict(seen)
    assert answer.json()["pictures"][0]["text"] == "".join(map(str, labels))
    (whole,) = digits_of(
        client.post("/predict?split=false", content=picture, headers=headers)
    )
    assert whole["box"]["width"] == 4 * 36 * 3


def test_what_has_mnists_form_is_seen_as_it_is(client, mnist, png):
    for image in mnist.X_test[:20].reshape(-1, 28, 28):
        for answer in (
            client.post(
                "/predict", content=png(image), headers={"Content-Type": "image/png"}
            ),
            client.post("/predict", json={"images": [image.tolist()]}),
        ):
            (digit,) = digits_of(answer)
            assert digit["image"] == image.tolist()


def test_mnist_as_files_over_http(mnist, mnist_model, running, png):
    """The same labels as in the library, and nearly all of them right."""
    import httpx2

    from mnist_estimators.serving import create_app

    images, labels = mnist.X_test[:200], mnist.y_test[:200]
    found = []
    with running(create_app(mnist_model)) as url, httpx2.Client(base_url=url) as client:
        for start in range(0, 100, 20):
            files = [
                ("images", (f"{number}.png", png(image), "image/png"))
                for number, image in enumerate(
                    images[start : start + 20].reshape(-1, 28, 28)
                )
            ]
            found += digits_of(client.post("/predict", files=files))
        for image in images[100:].reshape(-1, 28, 28):
            headers = {"Content-Type": "image/png"}
            found += digits_of(
                client.post("/predict", content=png(image), headers=headers)
            )

    told = [digit["label"] for digit in found]
    assert told == mnist_model.predict(images).tolist()
    assert np.mean(told == labels) >= 0.985


def test_labels_may_be_text_and_probabilities_unknown(small_digits, on_paper, png):
    from fastapi.testclient import TestClient
    from sklearn.svm import SVC

    from mnist_estimators.serving import create_app

    X, y = small_digits
    names = np.array(["null", "one", "two"], dtype=object)[y[y < 3]]
    client = TestClient(create_app(SVC(random_state=0).fit(X[y < 3], names)))
    files = [("images", ("a.png", png(on_paper(*X[:3])), "image/png"))]

    (picture,) = client.post("/predict", files=files).json()["pictures"]

    assert picture["text"] == "null one two"
    assert [digit["probabilities"] for digit in picture["digits"]] == [None] * 3


@pytest.mark.parametrize(
    ("labels", "names"), [(float, ["0", "1"]), (bool, ["false", "true"])]
)
def test_classes_are_named_as_the_page_names_them(small_digits, labels, names):
    from fastapi.testclient import TestClient
    from sklearn.neighbors import KNeighborsClassifier

    from mnist_estimators.serving import create_app

    X, y = small_digits
    X, y = X[y < 2], y[y < 2].astype(labels)
    client = TestClient(create_app(KNeighborsClassifier(1).fit(X, y)))

    answer = client.post("/predict", json={"images": X[:2].tolist()})

    assert [picture["text"] for picture in answer.json()["pictures"]] == names
    for digit, label in zip(digits_of(answer), y[:2].tolist(), strict=True):
        assert digit["label"] == label
        assert list(digit["probabilities"]) == names
        assert digit["probabilities"][names[int(label)]] == 1


def test_a_network_runs_once_for_label_and_probabilities(
    classifier, images, tmp_path, monkeypatch
):
    from fastapi.testclient import TestClient

    from mnist_estimators import OnnxDigitClassifier, to_onnx
    from mnist_estimators.serving import create_app

    to_onnx(classifier, tmp_path / "digits.onnx")
    network = OnnxDigitClassifier(tmp_path / "digits.onnx")
    expected = network.predict(images).tolist()
    client = TestClient(create_app(network))
    monkeypatch.delattr(OnnxDigitClassifier, "predict")

    answer = client.post("/predict", json={"images": images.tolist()})

    assert [digit["label"] for digit in digits_of(answer)] == expected


def test_the_label_is_what_predict_says(small_digits, png):
    from fastapi.testclient import TestClient
    from sklearn.neighbors import KNeighborsClassifier

    from mnist_estimators.serving import create_app

    class Contrary(KNeighborsClassifier):
        def predict(self, X):
            return self.classes_[self.predict_proba(X).argmin(axis=1)]

    X, y = small_digits
    client = TestClient(create_app(Contrary(1).fit(X[:100], y[:100])))

    answer = client.post("/predict", json={"images": X[1:2].tolist()})

    (digit,) = digits_of(answer)
    assert digit["label"] == 0
    assert digit["probabilities"]["1"] == 1
