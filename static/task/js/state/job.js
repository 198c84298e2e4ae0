// One job, as far as this page has seen it. Pure.

import { Pace } from "./eta.js";

const AT_WORK = ["queued", "running", "removing"];
const STATES = ["queued", "finished", "failed", "cancelled", "removing", "removed"];
const STATE_OF = { "job.started": "running", ...Object.fromEntries(STATES.map((state) => [`job.${state}`, state])) };

// The state that an event tells of, if it does.
export function stateOf({ type }) {
  return STATE_OF[type];
}

export class Job {
  state = "running";
  created = 0;
  removed = 0;
  offset = 0; // What was read of it holds up to here: events at or below are in it already.
  error = "";
  isRemovalBegun = false;
  endedAt = null;
  #seen = 0; // Every number from 1 to here has come as an event. Numbers come in order, so one figure will do.
  #pace = new Pace();

  constructor(known) {
    Object.assign(this, known);
  }

  // What was read anew, unless an event told of something later.
  adopt(known) {
    if (known.offset > this.offset) {
      Object.assign(this, known, { created: Math.max(this.created, known.created) });
    }
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

  accountRemoved({ offset }) {
    this.removed += this.#isNew(offset) ? 1 : 0;
  }

  enter(state, { offset, total, created, error }, now) {
    this.progress(total, created);
    if (this.#isNew(offset)) {
      this.state = state;
      this.error = error ?? "";
      this.isRemovalBegun ||= state === "removing";
      this.endedAt = AT_WORK.includes(state) ? null : now;
    }
  }

  // How many of its accounts there are now: the bar fills with them, and drains.
  get present() {
    return this.created - this.removed;
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

  #isNew(offset) {
    if (offset <= this.offset) {
      return false;
    }
    this.offset = offset ?? this.offset;
    return true;
  }
}
