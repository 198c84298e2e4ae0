// Accounts a second over the life of a job, in few stretches; task/pages/chart.py begins it in the same way. Pure.

const STRETCHES = 100;
const TELLING = 2;
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

  // It begins with the first account: how long a job waited is not to be seen here.
  add(time) {
    this.#start = this.#isEmpty ? time : this.#start;
    this.#isEmpty = false;
    while (this.#place(time) >= STRETCHES) {
      this.#halve();
    }
    const place = this.#place(time);
    while (this.#counts.length <= place) {
      this.#counts.push(0);
    }
    this.#counts[place] += 1;
  }

  // The most accounts a second in any stretch; null where the stretches are too few to tell.
  get peak() {
    return this.#counts.length < TELLING ? null : Math.floor((Math.max(...this.#counts) * 1_000) / this.#width);
  }

  // In whole stretches; 0 while nothing was made.
  get spanMs() {
    return this.#isEmpty ? 0 : this.#counts.length * this.#width;
  }

  // The filled steps, for an SVG of 600 x 100.
  get path() {
    const most = Math.max(...this.#counts) || 1;
    const steps = this.#counts.map((count, place) => {
      const right = Math.floor(((place + 1) * WIDTH) / this.#counts.length);
      return `V${HEIGHT - Math.round((count * HEIGHT) / most)}H${right}`;
    });
    return `M0 ${HEIGHT}${steps.join("")}V${HEIGHT}Z`;
  }

  #place(time) {
    return Math.max(0, Math.floor((time - this.#start) / this.#width));
  }

  #halve() {
    this.#width *= 2;
    const pairs = Array.from({ length: Math.ceil(this.#counts.length / 2) }, (_, place) => place * 2);
    this.#counts = pairs.map((place) => this.#counts[place] + (this.#counts[place + 1] ?? 0));
  }
}
