// Asks the server to read: one question at a time, and always about the latest sheet.

// A picture that takes the server too long does so each time.
const MOST_TRIES = 10;

export class Reader extends EventTarget {
  #busy = false;
  #latest = null;

  // `makeRequest` gives the options of a fetch, or null where there is nothing to read.
  read(makeRequest) {
    this.#latest = makeRequest;
    if (!this.#busy) this.#work();
  }

  async #work() {
    this.#busy = true;
    while (this.#latest) {
      const makeRequest = this.#latest;
      this.#latest = null;
      const outcome = await this.#ask(makeRequest);
      this.dispatchEvent(new CustomEvent("answer", { detail: outcome }));
    }
    this.#busy = false;
  }

  async #ask(makeRequest) {
    try {
      const options = await makeRequest();
      if (!options) return {};
      for (let tries = 1; ; tries += 1) {
        const response = await fetch("predict", { method: "POST", ...options });
        const answer = await response.json();
        if (response.ok) return { answer };
        if (response.status !== 503 || tries === MOST_TRIES) {
          return { problem: answer.detail };
        }
        const busy = { problem: answer.detail, busy: true };
        this.dispatchEvent(new CustomEvent("answer", { detail: busy }));
        const seconds = Number(response.headers.get("Retry-After")) || 1;
        await new Promise((resolve) => setTimeout(resolve, 1000 * seconds));
        if (this.#latest) return busy;
      }
    } catch {
      return { problem: "The server can't be reached. Is it still running?" };
    }
  }
}
