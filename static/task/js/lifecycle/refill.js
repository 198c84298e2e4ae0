// Rows leave all at once when many users are removed. The board holds what it shows until older ones were read, so that it
// does not collapse and grow again.

const HOLDS_MS = 2_000;

export class Refill {
  #fresh;
  #shortSince = null;

  constructor(fresh) {
    this.#fresh = fresh;
  }

  isAwaited(isShort, now) {
    this.#shortSince = isShort ? (this.#shortSince ?? now) : null;
    if (isShort) {
      this.#fresh.want();
    }
    return isShort && now - this.#shortSince < HOLDS_MS;
  }
}
