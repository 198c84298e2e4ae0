// Rows that go on living while fresh ones are being read: what comes meanwhile is kept, and told to the fresh ones. Pure.

import { Rows } from "./rows.js";

export class LiveRows {
  arrived = 0; // How many have come since the page was opened, whether they are still listed or not.
  #size;
  #rows;
  #meanwhile = null;

  constructor(newestFirst, size, hasOlder) {
    this.#size = size;
    this.#rows = new Rows(newestFirst, size, hasOlder);
  }

  get shown() {
    return this.#rows.shown;
  }

  get hasOlder() {
    return this.#rows.hasOlder;
  }

  // So many were removed that there is room for older ones, which only the server knows.
  get isShort() {
    return this.#rows.isShort;
  }

  add(row, offset) {
    this.#meanwhile?.push([offset, (rows) => rows.add(row)]);
    this.arrived += this.#rows.add(row) ? 1 : 0;
  }

  remove(id, offset) {
    this.#meanwhile?.push([offset, (rows) => rows.remove(id)]);
    this.#rows.remove(id);
  }

  expect() {
    this.#meanwhile = [];
  }

  // `newestFirst` as they were at the offset; null where they could not be read.
  take(newestFirst, hasOlder, offset) {
    if (newestFirst) {
      this.#rows = new Rows(newestFirst, this.#size, hasOlder);
      this.#meanwhile.filter(([told]) => told > offset).forEach(([, change]) => change(this.#rows));
    }
    this.#meanwhile = null;
  }
}
