// Whether the board is paused, and what it shows then. The total, the rate and the jobs never pause. Pure.

export class Pause {
  #byHand = false;
  #reasons = new Set(); // Reasons for an automatic pause: "scrolled", "selected".
  #waived = new Set(); // Reasons that the user overruled, until they occur again.
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

  // Updates a paused board once.
  catchUp() {
    this.#view = null;
  }

  // While paused, returns the last view, and the time `at` which it was taken. Removed users stay in it until Resume.
  view(state, now) {
    if (!this.isOn || this.#view === null) {
      this.#view = { rows: state.rows, at: now, hasOlder: state.hasOlder, arrived: state.arrived };
    }
    return { ...this.#view, missed: state.arrived - this.#view.arrived };
  }
}
