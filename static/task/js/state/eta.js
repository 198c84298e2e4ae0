// The time that a job still needs, from the times of its events in the last ten seconds. Pure.

const WINDOW_MS = 10_000;
const SAMPLE_EVERY_MS = 500;
const SHORTEST_MS = 2_000;
const FEWEST_ACCOUNTS = 20;

export class Eta {
  #samples = []; // [time, number], at least half a second apart, so about twenty for a job of any size.
  #last = null;

  add(number, time) {
    this.#last = [time, number];
    if (!this.#samples.length || time - this.#samples.at(-1)[0] >= SAMPLE_EVERY_MS) {
      this.#samples.push(this.#last);
    }
    while (this.#samples.length > 1 && this.#samples[0][0] < time - WINDOW_MS) {
      this.#samples.shift();
    }
  }

  // Milliseconds, or null with too few samples, or if the last event is more than ten seconds old.
  left(total, now) {
    if (!this.#last || now - this.#last[0] > WINDOW_MS) {
      return null;
    }
    const [[since, from], [until, number]] = [this.#samples[0], this.#last];
    if (until - since < SHORTEST_MS || number - from < FEWEST_ACCOUNTS) {
      return null;
    }
    const elapsed = Math.max(until, now) - since;
    return ((total - number) * elapsed) / (number - from);
  }
}
