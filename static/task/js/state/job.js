// One job, as this page knows it from its snapshot and the events since. Pure.

import { Eta } from "./eta.js";

const AT_WORK = ["queued", "running", "removing"];
const STATES = ["queued", "finished", "failed", "cancelled", "removing", "removed"];
const STATE_OF = { "job.started": "running", ...Object.fromEntries(STATES.map((state) => [`job.${state}`, state])) };

// The state that an event brings, or undefined.
export function stateOf({ type }) {
  return STATE_OF[type];
}

export class Job {
  state = "running";
  created = 0;
  removed = 0;
  offset = 0; // The state includes all events up to here.
  error = "";
  isRemovalBegun = false;
  endedAt = null;
  #seen = 0; // Events came for every number from 1 to here. One figure is enough because numbers come in order.
  #eta = new Eta();

  constructor(known) {
    Object.assign(this, known);
  }

  // Takes over a snapshot, unless an event is newer.
  adopt(known) {
    if (known.offset > this.offset) {
      Object.assign(this, known, { created: Math.max(this.created, known.created) });
    }
  }

  // Keeps the greatest number, because the snapshot may include accounts whose events are still to come.
  progress(total, number) {
    this.total = total;
    this.created = Math.max(this.created, number);
  }

  account(total, number, joinedAt) {
    this.progress(total, number);
    this.#seen += number === this.#seen + 1 ? 1 : 0;
    this.#eta.add(number, joinedAt);
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

  // Accounts that exist: the bar grows during the job, and shrinks during the removal.
  get present() {
    return this.created - this.removed;
  }

  get isActive() {
    return this.state === "queued" || this.state === "running";
  }

  // False on a page that was opened after the first account, because it did not receive every event.
  get isVerified() {
    return this.state === "finished" && this.#seen === this.total;
  }

  leftMs(now) {
    return this.state === "running" ? this.#eta.left(this.total, now) : null;
  }

  #isNew(offset) {
    if (offset <= this.offset) {
      return false;
    }
    this.offset = offset ?? this.offset;
    return true;
  }
}
