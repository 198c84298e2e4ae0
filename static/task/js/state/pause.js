// When the board holds still, and what it then shows. Counting goes on: total, rate and jobs never pause. Pure.

export class Pause {
  #byHand = false;
  #reasons = new Set(); // Why it holds still by itself: "scrolled", "selected".
  #waived = new Set(); // Reasons that somebody has overruled, until they come anew.
  #view = null;

  get isOn() {
    return this.#byHand || [...this.#reasons].some((reason) => !this.#waived.has(reason));
  }

  press() {
    if (this.isOn) {
      this.#byHand = false;
      this.#waived = new Set(this.#reasons);
    } else {
      this.#byHand = true;
    }
  }

  note(reason, isThere) {
    if (isThere) {
      this.#reasons.add(reason);
    } else {
      this.#reasons.delete(reason);
      this.#waived.delete(reason);
    }
  }

  // Brings a board that holds still up to date, once.
  catchUp() {
    this.#view = null;
  }

  // What was last shown stays as it is, ages included: the page says from when it is. Users that are removed meanwhile
  // leave it on resuming.
  view(state, now) {
    if (!this.isOn || this.#view === null) {
      this.#view = { rows: state.rows, at: now, hasOlder: state.hasOlder, arrived: state.arrived };
    }
    return { ...this.#view, missed: state.arrived - this.#view.arrived };
  }
}
