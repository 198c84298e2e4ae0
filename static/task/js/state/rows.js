// The newest rows, in the order in which the server lists them: greatest id first. Pure.

export class Rows {
  #size;
  #rows; // Ascending, so that the newest is pushed. Keeps up to twice the shown rows, to fill up after a removal.
  #isCut; // Whether there are users below the oldest row kept here.

  constructor(newestFirst, size, hasOlder) {
    this.#size = size;
    this.#rows = newestFirst.slice().reverse();
    this.#isCut = hasOlder;
  }

  get shown() {
    return this.#rows.slice(-this.#size).reverse();
  }

  get hasOlder() {
    return this.#isCut || this.#rows.length > this.#size;
  }

  get isShort() {
    return this.#isCut && this.#rows.length < this.#size;
  }

  // Returns false for a row that is listed already, or belongs to an older page.
  add(row) {
    const index = this.#index(row.id);
    if (this.#rows[index]?.id === row.id || (index === 0 && this.#isCut)) {
      return false;
    }
    this.#rows.splice(index, 0, row);
    if (this.#rows.length > this.#size * 2) {
      this.#rows.splice(0, this.#rows.length - this.#size);
      this.#isCut = true;
    }
    return true;
  }

  remove(id) {
    const index = this.#index(id);
    if (this.#rows[index]?.id === id) {
      this.#rows.splice(index, 1);
    }
  }

  #index(id) {
    let index = this.#rows.length;
    while (index > 0 && this.#rows[index - 1].id >= id) {
      index -= 1;
    }
    return index;
  }
}
