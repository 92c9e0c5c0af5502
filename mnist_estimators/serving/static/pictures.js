// Pictures that are chosen, dropped or pasted.

const byId = (id) => document.getElementById(id);

export function awaitPictures(take) {
  const stage = byId("stage");
  const input = byId("photo");
  input.addEventListener("change", () => {
    if (input.files.length) take(input.files[0]);
    input.value = ""; // the same file may be chosen again
  });

  let depth = 0; // the pointer also enters and leaves what lies within
  const awaits = (change) => {
    depth = change === 0 ? 0 : Math.max(0, depth + change);
    stage.classList.toggle("awaits", depth > 0);
  };
  addEventListener("dragenter", () => awaits(1));
  addEventListener("dragleave", () => awaits(-1));
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => {
    event.preventDefault();
    awaits(0);
    if (event.dataTransfer.files.length) take(event.dataTransfer.files[0]);
  });
  addEventListener("paste", (event) => {
    if (event.clipboardData.files.length) take(event.clipboardData.files[0]);
  });
}

// Null where the browser can't show it; the server may be able to read it.
export async function bitmapOf(file) {
  try {
    return await createImageBitmap(file);
  } catch {
    return null;
  }
}
