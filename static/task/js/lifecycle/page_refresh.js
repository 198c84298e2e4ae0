// Reads the page anew beside the one that is shown, for what no event tells: names, rows that have left the slots, what may
// be done now. At most once a second, and once more for what was asked for meanwhile.

const LEAST_MS = 1_000;

export class Fresh {
  #isWanted = false;
  #isReading = false;
  #handlers;

  // `onStart` before each reading, `onRead` with the document, or with null where there was none.
  constructor(handlers) {
    this.#handlers = handlers;
  }

  want() {
    this.#isWanted = true;
    if (!this.#isReading) {
      this.#read();
    }
  }

  async #read() {
    this.#isReading = true;
    while (this.#isWanted) {
      this.#isWanted = false;
      this.#handlers.onStart?.();
      this.#handlers.onRead(await pageAnew());
      await new Promise((resolve) => setTimeout(resolve, LEAST_MS));
    }
    this.#isReading = false;
  }
}

// The header keeps the messages for the page that they are meant for.
async function pageAnew() {
  try {
    const answer = await fetch(location.href, { headers: { "X-Requested-With": "fetch" }, cache: "no-store" });
    const isIt = answer.ok && !answer.redirected;
    return isIt ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
  } catch {
    return null;
  }
}

// A page's own data, from its script element.
export function dataOf(page, id) {
  return JSON.parse(page.getElementById(id).textContent);
}
