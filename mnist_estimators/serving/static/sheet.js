// A sheet of paper: strokes, or a picture in their place, with a way back.

const WIDTH = 640;
const HEIGHT = 480;
const PEN = 30;
const SENT_WIDTH = 320;
const STEP = 12;
const MOVES = {
  ArrowLeft: [-STEP, 0],
  ArrowRight: [STEP, 0],
  ArrowUp: [0, -STEP],
  ArrowDown: [0, STEP],
};
const EMPTY = { strokes: [], picture: null };

export class Sheet extends EventTarget {
  #canvas;
  #state = EMPTY;
  #past = [];
  #stroke = null;
  #pointer = null;
  #cursor = { x: WIDTH / 2, y: HEIGHT / 2, shown: false, down: false };

  constructor(canvas) {
    super();
    this.#canvas = canvas;
    canvas.addEventListener("pointerdown", (event) => this.#lower(event));
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    for (const name of ["pointerup", "pointercancel"]) {
      canvas.addEventListener(name, (event) => this.#lift(event));
    }
    canvas.addEventListener("keydown", (event) => this.#press(event));
    canvas.addEventListener("blur", () => this.#hideCursor());
    new ResizeObserver(() => this.#draw()).observe(canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#draw());
  }

  get isEmpty() {
    return this.#state.strokes.length === 0 && this.#state.picture === null;
  }

  get canUndo() {
    return this.#past.length > 0;
  }

  get file() {
    return this.#state.picture?.file ?? null;
  }

  // Where the picture is, as shares of the sheet: all of it for a drawing.
  get frame() {
    const picture = this.#state.picture;
    if (!picture) return { left: 0, top: 0, width: 1, height: 1 };
    const { left, top, width, height } = this.#placeOf(picture.bitmap);
    return {
      left: left / WIDTH,
      top: top / HEIGHT,
      width: width / WIDTH,
      height: height / HEIGHT,
    };
  }

  // A bitmap of null stands for a file that the browser can't show.
  show(file, bitmap) {
    this.#become({ strokes: [], picture: { file, bitmap } });
  }

  undo() {
    if (!this.canUndo) return;
    this.#stroke = null;
    this.#state = this.#past.pop();
    this.#changed();
  }

  clear() {
    if (!this.isEmpty) this.#become(EMPTY);
  }

  // The drawing as a PNG, black on white, whatever colours the page has.
  async toBlob() {
    const canvas = document.createElement("canvas");
    canvas.width = SENT_WIDTH;
    canvas.height = (SENT_WIDTH * HEIGHT) / WIDTH;
    const context = canvas.getContext("2d");
    context.fillStyle = "#fff";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.scale(SENT_WIDTH / WIDTH, SENT_WIDTH / WIDTH);
    this.#drawStrokes(context, "#000");
    return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
  }

  #become(state) {
    this.#stroke = null;
    this.#past.push(this.#state);
    this.#state = state;
    this.#changed();
  }

  #changed() {
    this.#draw();
    this.dispatchEvent(new Event("change"));
  }

  #begin(x, y) {
    const strokes = this.#state.picture ? [] : this.#state.strokes;
    const stroke = [[x, y]];
    this.#become({ strokes: [...strokes, stroke], picture: null });
    this.#stroke = stroke;
  }

  #lower(event) {
    if (this.#pointer !== null || event.button !== 0) return;
    event.preventDefault();
    this.#canvas.focus({ preventScroll: true, focusVisible: false });
    this.#canvas.setPointerCapture(event.pointerId);
    this.#pointer = event.pointerId;
    this.#hideCursor();
    this.#begin(...this.#pointOf(event));
  }

  #move(event) {
    if (event.pointerId !== this.#pointer || !this.#stroke) return;
    const events = event.getCoalescedEvents?.() ?? [];
    for (const one of events.length ? events : [event]) {
      this.#stroke.push(this.#pointOf(one));
    }
    this.#changed();
  }

  #lift(event) {
    if (event.pointerId !== this.#pointer) return;
    this.#pointer = null;
    this.#stroke = null;
  }

  #press(event) {
    if (event.key in MOVES) {
      this.#moveCursor(...MOVES[event.key]);
    } else if (event.key === " ") {
      this.#cursor.shown = true;
      this.#cursor.down = !this.#cursor.down;
      if (this.#cursor.down) {
        this.#begin(this.#cursor.x, this.#cursor.y);
      } else {
        this.#stroke = null;
        this.#draw();
      }
    } else {
      return;
    }
    event.preventDefault();
  }

  #moveCursor(x, y) {
    const cursor = this.#cursor;
    cursor.shown = true;
    cursor.x = Math.min(Math.max(cursor.x + x, PEN), WIDTH - PEN);
    cursor.y = Math.min(Math.max(cursor.y + y, PEN), HEIGHT - PEN);
    if (cursor.down && this.#stroke) {
      this.#stroke.push([cursor.x, cursor.y]);
      this.#changed();
    } else {
      cursor.down = false;
      this.#draw();
    }
  }

  #hideCursor() {
    this.#cursor.shown = this.#cursor.down = false;
    if (this.#pointer === null) this.#stroke = null;
    this.#draw();
  }

  #pointOf(event) {
    const { left, top, width, height } = this.#canvas.getBoundingClientRect();
    return [
      ((event.clientX - left) / width) * WIDTH,
      ((event.clientY - top) / height) * HEIGHT,
    ];
  }

  #placeOf(bitmap) {
    if (!bitmap) return { left: 0, top: 0, width: WIDTH, height: HEIGHT };
    const scale = Math.min(WIDTH / bitmap.width, HEIGHT / bitmap.height);
    const width = bitmap.width * scale;
    const height = bitmap.height * scale;
    return { left: (WIDTH - width) / 2, top: (HEIGHT - height) / 2, width, height };
  }

  #draw() {
    const canvas = this.#canvas;
    const density = Math.min(window.devicePixelRatio || 1, 2);
    canvas.width = Math.max(1, Math.round(canvas.clientWidth * density));
    canvas.height = Math.max(1, Math.round(canvas.clientHeight * density));
    const context = canvas.getContext("2d");
    context.scale(canvas.width / WIDTH, canvas.height / HEIGHT);
    const style = getComputedStyle(canvas);
    const bitmap = this.#state.picture?.bitmap;
    if (bitmap) {
      const { left, top, width, height } = this.#placeOf(bitmap);
      context.drawImage(bitmap, left, top, width, height);
    }
    this.#drawStrokes(context, style.getPropertyValue("--text"));
    if (this.#cursor.shown) {
      this.#drawCursor(context, style.getPropertyValue("--accent"));
    }
  }

  #drawStrokes(context, colour) {
    context.lineWidth = PEN;
    context.lineCap = context.lineJoin = "round";
    context.strokeStyle = context.fillStyle = colour;
    for (const points of this.#state.strokes) {
      // A dot: not every browser draws a line that goes nowhere.
      context.beginPath();
      context.arc(...points[0], PEN / 2, 0, 2 * Math.PI);
      context.fill();
      context.beginPath();
      context.moveTo(...points[0]);
      for (let i = 1; i < points.length - 1; i++) {
        const [x, y] = points[i];
        const [nextX, nextY] = points[i + 1];
        context.quadraticCurveTo(x, y, (x + nextX) / 2, (y + nextY) / 2);
      }
      context.lineTo(...points.at(-1));
      context.stroke();
    }
  }

  #drawCursor(context, colour) {
    const { x, y, down } = this.#cursor;
    context.lineWidth = 3;
    context.strokeStyle = context.fillStyle = colour;
    context.beginPath();
    context.arc(x, y, PEN / 2 + 3, 0, 2 * Math.PI);
    context.stroke();
    if (down) context.fill();
  }
}
