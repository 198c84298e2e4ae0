// The newest users, in the order in which a fresh page would list them: by id, the greatest first. Pure.

export class Rows {
  #size;
  #rows; // Ascending: the newest is pushed. A few more than are shown are kept, to fill up after a removal.

  constructor(newestFirst, size) {
    this.#size = size;
    this.#rows = newestFirst.slice().reverse();
  }

  get shown() {
    return this.#rows.slice(-this.#size).reverse();
  }

  // `total` users exist now: when not all of them are here, one below the oldest row belongs to an older page.
  add(row, total) {
    const place = this.#place(row.id);
    if (this.#rows[place]?.id === row.id || (place === 0 && total > this.#rows.length + 1)) {
      return;
    }
    this.#rows.splice(place, 0, row);
    if (this.#rows.length > this.#size * 2) {
      this.#rows.splice(0, this.#rows.length - this.#size);
    }
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
