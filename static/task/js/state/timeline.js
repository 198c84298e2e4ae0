// Continues the chart of a job: accounts per second in at most 100 buckets, as task/pages/chart.py does. Pure.

const BUCKETS = 100;
const PEAK_BUCKETS = 2;
const WIDTH = 600;
const HEIGHT = 100;

export class Timeline {
  #start;
  #width;
  #counts;
  #isEmpty;

  constructor({ start, width, counts }) {
    this.#start = start;
    this.#width = width;
    this.#counts = counts;
    this.#isEmpty = counts.every((count) => count === 0);
  }

  // Begins with the first account, so that the chart leaves out the wait before it.
  add(time) {
    this.#start = this.#isEmpty ? time : this.#start;
    this.#isEmpty = false;
    while (this.#index(time) >= BUCKETS) {
      this.#doubleWidth();
    }
    const index = this.#index(time);
    while (this.#counts.length <= index) {
      this.#counts.push(0);
    }
    this.#counts[index] += 1;
  }

  // The most accounts per second in any bucket, or null while there is only one bucket.
  get peak() {
    return this.#counts.length < PEAK_BUCKETS ? null : Math.floor((Math.max(...this.#counts) * 1_000) / this.#width);
  }

  // The length in whole buckets, or 0 before the first account.
  get spanMs() {
    return this.#isEmpty ? 0 : this.#counts.length * this.#width;
  }

  // The filled area, as the path of an SVG of 600 x 100.
  get path() {
    const most = Math.max(...this.#counts) || 1;
    const steps = this.#counts.map((count, index) => {
      const right = Math.floor(((index + 1) * WIDTH) / this.#counts.length);
      return `V${HEIGHT - Math.round((count * HEIGHT) / most)}H${right}`;
    });
    return `M0 ${HEIGHT}${steps.join("")}V${HEIGHT}Z`;
  }

  #index(time) {
    return Math.max(0, Math.floor((time - this.#start) / this.#width));
  }

  #doubleWidth() {
    this.#width *= 2;
    const pairs = Array.from({ length: Math.ceil(this.#counts.length / 2) }, (_, index) => index * 2);
    this.#counts = pairs.map((index) => this.#counts[index] + (this.#counts[index + 1] ?? 0));
  }
}
