// One job, as far as this page has seen it. Pure.

import { Pace } from "./pace.js";

export class Job {
  state = "running";
  created = 0;
  error = "";
  endedAt = null;
  #seen = 0; // Every number from 1 to here has come as an event. Numbers come in order, so one figure will do.
  #pace = new Pace();

  constructor(known) {
    Object.assign(this, known);
  }

  // The snapshot may be ahead of the cursor, and tells of some accounts before their events do: hence the greatest number.
  progress(total, number) {
    this.total = total;
    this.created = Math.max(this.created, number);
  }

  account(total, number, joinedAt) {
    this.progress(total, number);
    this.#seen += number === this.#seen + 1 ? 1 : 0;
    this.#pace.add(number, joinedAt);
  }

  enter(state, { total, created, error }, now) {
    this.progress(total, created);
    this.state = state;
    this.error = error ?? "";
    this.endedAt = this.isActive ? null : now;
  }

  get isActive() {
    return this.state === "queued" || this.state === "running";
  }

  // A page that came late has not seen the first accounts, and does not vouch for them.
  get isVerified() {
    return this.state === "finished" && this.#seen === this.total;
  }

  leftMs(now) {
    return this.state === "running" ? this.#pace.left(this.total, now) : null;
  }
}
