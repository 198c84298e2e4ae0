// Reads the current page again in the background, for what no event brings: names, older rows, and possible actions.

const PAUSE_MS = 1_000;
const ROWS_HOLD_MS = 10_000; // a busy server takes seconds to send the older rows

// Reads at most once a second. Requests during a reading lead to one more reading.
export class PageRefresh {
  #isWanted = false;
  #isReading = false;
  #handlers;

  // Calls `onStart` before each reading, and then `onRead` with the document, or with null if the reading failed.
  constructor(handlers) {
    this.#handlers = handlers;
  }

  request() {
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
      this.#handlers.onRead(await readPage());
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
    this.#isReading = false;
  }
}

// Requests older rows when many users are removed at once. The board keeps its old rows until these come, for ten
// seconds at most, so that it does not collapse and grow again.
export class RowRefill {
  #refresh;
  #shortSince = null;

  constructor(refresh) {
    this.#refresh = refresh;
  }

  isPending(isShort, now) {
    this.#shortSince = isShort ? (this.#shortSince ?? now) : null;
    if (isShort) {
      this.#refresh.request();
    }
    return isShort && now - this.#shortSince < ROWS_HOLD_MS;
  }
}

// The page's own data, from its script element.
export function dataOf(page, id) {
  return JSON.parse(page.getElementById(id).textContent);
}

// With this header the server keeps its messages for the page that the user opens next.
async function readPage() {
  try {
    const response = await fetch(location.href, { headers: { "X-Requested-With": "fetch" }, cache: "no-store" });
    const isSamePage = response.ok && !response.redirected;
    return isSamePage ? new DOMParser().parseFromString(await response.text(), "text/html") : null;
  } catch {
    return null;
  }
}
