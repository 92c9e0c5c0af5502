import { awaitPictures, bitmapOf } from "./pictures.js";
import { Reader } from "./reader.js";
import { Reading } from "./reading.js";
import { Sheet } from "./sheet.js";

const byId = (id) => document.getElementById(id);
const sheet = new Sheet(byId("sheet"));
const reader = new Reader();
const reading = new Reading();
let limits = { body_bytes: Infinity };

function tell(message) {
  byId("message").textContent = message;
}

async function makeRequest() {
  if (sheet.isEmpty) return null;
  if (!sheet.file) {
    return { body: await sheet.toBlob(), headers: { "Content-Type": "image/png" } };
  }
  const form = new FormData();
  form.append("images", sheet.file, sheet.file.name || "picture");
  return { body: form };
}

sheet.addEventListener("change", () => {
  byId("stage").classList.toggle("used", !sheet.isEmpty);
  byId("undo").disabled = !sheet.canUndo;
  byId("clear").disabled = sheet.isEmpty;
  byId("boxes").replaceChildren();
  if (sheet.isEmpty) {
    tell("");
    reading.showNothing();
  }
  reader.read(makeRequest);
});

reader.addEventListener("answer", ({ detail: { answer, problem, busy } }) => {
  if (sheet.isEmpty) return;
  tell(problem ?? "");
  if (answer) {
    reading.show(answer, sheet.frame);
  } else if (!busy) {
    reading.showNothing();
  }
});

byId("undo").addEventListener("click", () => sheet.undo());
byId("clear").addEventListener("click", () => sheet.clear());
addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z") {
    event.preventDefault();
    sheet.undo();
  } else if (event.key === "Escape") {
    sheet.clear();
  }
});

awaitPictures(async (file) => {
  if (file.size > limits.body_bytes) {
    const megabytes = Math.floor(limits.body_bytes / 1e6);
    tell(`${file.name} is too large: choose a picture of at most ${megabytes} MB.`);
    return;
  }
  sheet.show(file, await bitmapOf(file));
});

async function showModel() {
  const response = await fetch("model");
  if (!response.ok) throw new Error(response.status);
  const model = await response.json();
  limits = model.limits;
  reading.showClasses(model.classes);
  const facts = [model.recipe, model.classifier.split("(")[0]].filter(Boolean);
  if (model.accuracy !== null) {
    facts.push(`${(100 * model.accuracy).toFixed(2)} % right on test images`);
  }
  facts.push(`mnist_estimators ${model.versions.mnist_estimators ?? ""}`);
  byId("model").textContent = facts.join(" · ");
}

showModel().catch(() =>
  tell("The server can't be reached, or is busy. Reload the page in a moment."),
);
