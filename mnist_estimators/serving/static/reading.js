// Shows what was read: the digits, what the model saw of each, and how sure it is.

const byId = (id) => document.getElementById(id);

function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function percent(share) {
  return `${(100 * share).toFixed(1)} %`;
}

export class Reading {
  #chosen = 0;
  #picture = null;
  #frame = null;
  #bars = new Map();

  // Bars of all classes are there from the beginning, so that nothing moves later.
  showClasses(classes) {
    const rows = classes.map((label) => {
      const row = element("li");
      const fill = element("span", "fill");
      const track = element("span", "track");
      const share = element("span", "share", "–");
      track.append(fill);
      row.append(element("span", "label", label), track, share);
      this.#bars.set(String(label), { row, fill, share });
      return row;
    });
    byId("bars").replaceChildren(...rows);
  }

  showNothing() {
    this.#picture = null;
    this.#chosen = 0;
    byId("reading").replaceChildren(element("span", "nothing", "Nothing yet"));
    byId("reading").className = "";
    byId("digits").replaceChildren();
    byId("boxes").replaceChildren();
    byId("time").textContent = "";
    this.#showBars(null);
  }

  show(answer, frame) {
    [this.#picture] = answer.pictures;
    this.#frame = frame;
    const { text, digits } = this.#picture;
    this.#chosen = Math.min(this.#chosen, digits.length - 1);
    const reading = byId("reading");
    if (reading.textContent !== text) reading.textContent = text;
    reading.className = text.length > 8 ? "long" : "";
    this.#showTiles(digits);
    byId("time").textContent = `Read in ${answer.milliseconds.toFixed(0)} ms`;
    this.#choose(this.#chosen);
  }

  #showTiles(digits) {
    const group = byId("digits");
    while (group.children.length > digits.length) group.lastChild.remove();
    while (group.children.length < digits.length) {
      const number = group.children.length;
      const tile = element("button", "digit");
      const canvas = element("canvas");
      canvas.width = canvas.height = 28;
      tile.type = "button";
      tile.append(canvas, element("span"));
      tile.addEventListener("click", () => this.#choose(number));
      group.append(tile);
    }
    digits.forEach((digit, number) => {
      const tile = group.children[number];
      const share = digit.probabilities?.[String(digit.label)];
      const sure = share === undefined ? "" : `, ${percent(share)}`;
      tile.classList.toggle("only", digits.length === 1);
      tile.setAttribute("aria-label", `${digit.label}${sure}: as the model saw it`);
      tile.lastChild.textContent = digits.length === 1 ? "as the model saw it" : digit.label;
      drawPixels(tile.firstChild, digit.image);
    });
  }

  #choose(number) {
    this.#chosen = number;
    [...byId("digits").children].forEach((tile, i) => {
      tile.setAttribute("aria-pressed", String(i === number));
    });
    this.#showBars(this.#picture.digits[number]);
    this.#showBoxes();
  }

  #showBars(digit) {
    for (const [label, { row, fill, share }] of this.#bars) {
      const value = digit?.probabilities?.[label];
      row.classList.toggle("best", digit !== null && String(digit.label) === label);
      fill.style.setProperty("--share", value ?? 0);
      share.textContent = value === undefined ? "–" : percent(value);
    }
  }

  #showBoxes() {
    const { digits, width, height } = this.#picture;
    const { left, top, width: frameWidth, height: frameHeight } = this.#frame;
    const boxes = digits.length === 1 ? [] : digits.map(({ box }, number) => {
      const made = element("div", number === this.#chosen ? "box chosen" : "box");
      made.style.left = `${100 * (left + (frameWidth * box.left) / width)}%`;
      made.style.top = `${100 * (top + (frameHeight * box.top) / height)}%`;
      made.style.width = `${100 * ((frameWidth * box.width) / width)}%`;
      made.style.height = `${100 * ((frameHeight * box.height) / height)}%`;
      return made;
    });
    byId("boxes").replaceChildren(...boxes);
  }
}

function drawPixels(canvas, image) {
  const context = canvas.getContext("2d");
  const pixels = context.createImageData(28, 28);
  image.flat().forEach((grey, i) => pixels.data.set([grey, grey, grey, 255], 4 * i));
  context.putImageData(pixels, 0, 0);
}
