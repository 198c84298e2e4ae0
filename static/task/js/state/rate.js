// Accounts a second over the last three, by the server's clock: what is caught up on after a cut is not mistaken for speed.

const WINDOW_MS = 3_000;
const LEAST_MS = 1_000;

export class Rate {
  #counts = []; // [time, number], ascending but for small steps back between workers.

  // A time ahead is of a clock that went back since: it would count as now until the clock is there again.
  add(stamped, now) {
    const time = Math.min(stamped, now);
    if (!(time > now - WINDOW_MS)) {
      return;
    }
    const newest = this.#counts.at(-1);
    if (newest?.[0] === time) {
      newest[1] += 1;
    } else {
      this.#counts.push([time, 1]);
      this.#forget(now); // A hidden tab reads nothing for hours.
    }
  }

  read(now) {
    this.#forget(now);
    if (!this.#counts.length) {
      return 0;
    }
    const number = this.#counts.reduce((sum, [, count]) => sum + count, 0);
    return Math.round((number * 1_000) / Math.max(LEAST_MS, now - this.#counts[0][0]));
  }

  #forget(now) {
    while (this.#counts.length && this.#counts[0][0] <= now - WINDOW_MS) {
      this.#counts.shift();
    }
  }
}
