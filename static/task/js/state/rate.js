// Accounts per second over the last three seconds. By the server's times, so catching up does not count as speed.

const WINDOW_MS = 3_000;
const SHORTEST_MS = 1_000;

export class Rate {
  #counts = []; // [time, number], ascending, except for small steps back between workers.

  // Limits a time to now, because a time ahead (the clock was set back) would count until the clock reaches it.
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
      this.#forget(now); // Not only in read(), because a hidden tab does not read for hours.
    }
  }

  read(now) {
    this.#forget(now);
    if (!this.#counts.length) {
      return 0;
    }
    const number = this.#counts.reduce((sum, [, count]) => sum + count, 0);
    return Math.round((number * 1_000) / Math.max(SHORTEST_MS, now - this.#counts[0][0]));
  }

  #forget(now) {
    while (this.#counts.length && this.#counts[0][0] <= now - WINDOW_MS) {
      this.#counts.shift();
    }
  }
}
