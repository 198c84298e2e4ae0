// The newest users that match, in the order in which a fresh page would list them: by id, the greatest first. Pure.

export class Rows {
  #size;
  #rows; // Ascending: the newest is pushed. A few more than are shown are kept, to fill up after a removal.
  #isCut; // There are users below the oldest row that is kept here.

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

  // Whether it is new here: it may be listed already, or belong to an older page.
  add(row) {
    const place = this.#place(row.id);
    if (this.#rows[place]?.id === row.id || (place === 0 && this.#isCut)) {
      return false;
    }
    this.#rows.splice(place, 0, row);
    if (this.#rows.length > this.#size * 2) {
      this.#rows.splice(0, this.#rows.length - this.#size);
      this.#isCut = true;
    }
    return true;
  }

  remove(id) {
    const place = this.#place(id);
    if (this.#rows[place]?.id === id) {
      this.#rows.splice(place, 1);
    }
  }

  #place(id) {
    let place = this.#rows.length;
    while (place > 0 && this.#rows[place - 1].id >= id) {
      place -= 1;
    }
    return place;
  }
}
