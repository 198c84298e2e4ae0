// Rows that stay live while the page is read again: changes during the reading are applied to the new rows, too. Pure.

import { Rows } from "./rows.js";

export class LiveRows {
  arrived = 0; // Rows added since the page was opened, also those no longer listed.
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

  // Whether removals left room for older rows, which only the server knows.
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

  // `newestFirst` are the rows at `offset`, or null if the reading failed.
  take(newestFirst, hasOlder, offset) {
    if (newestFirst) {
      this.#rows = new Rows(newestFirst, this.#size, hasOlder);
      this.#meanwhile.filter(([at]) => at > offset).forEach(([, change]) => change(this.#rows));
    }
    this.#meanwhile = null;
  }
}
