// How fast a job goes, and how long it will still take: out of its events' own times, the last ten seconds of them. Pure.

const WINDOW_MS = 10_000;
const SAMPLE_EVERY_MS = 500;
const LEAST_MS = 2_000;
const LEAST_ACCOUNTS = 20;

export class Pace {
  #samples = []; // [time, number], at least half a second apart: some twenty of them, however large the job is.
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

  // Milliseconds, or null while too little is known; also when nothing came for so long that the speed is history.
  left(total, now) {
    if (!this.#last || now - this.#last[0] > WINDOW_MS) {
      return null;
    }
    const [[since, from], [until, number]] = [this.#samples[0], this.#last];
    if (until - since < LEAST_MS || number - from < LEAST_ACCOUNTS) {
      return null;
    }
    const elapsed = Math.max(until, now) - since;
    return ((total - number) * elapsed) / (number - from);
  }
}
