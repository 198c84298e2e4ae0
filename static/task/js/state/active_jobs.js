// The jobs that the strip tells of: those at work, and for a while those that have ended. Pure.

import { Job, stateOf } from "./job.js";

const ENDED_STAYS_MS = 6_000;
const FAILED_KEPT = 3;
const BY_INTEREST = ["running", "removing", "finished", "cancelled", "removed", "queued", "failed"];

export class AtWork {
  #jobs = new Map();

  constructor(known) {
    known.forEach((job) => this.#jobs.set(job.id, new Job(job)));
  }

  // What `lines` lines can show, in the order in which the jobs came. Where they are too many, the last line counts the
  // rest, and the least interesting give way.
  read(lines, now) {
    this.#expire(now);
    const all = [...this.#jobs.values()];
    if (all.length <= lines) {
      return { jobs: all, more: 0 };
    }
    const rank = (job) => BY_INTEREST.indexOf(job.state);
    const shown = new Set(all.toSorted((one, other) => rank(one) - rank(other)).slice(0, lines - 1));
    return { jobs: all.filter((job) => shown.has(job)), more: all.length - shown.size };
  }

  account({ job: id, total, number }, joinedAt) {
    this.#job(id).account(total, number, joinedAt);
  }

  // Somebody may delete an account of a job that is long at rest.
  accountRemoved(event) {
    this.#jobs.get(event.job)?.accountRemoved(event);
  }

  change(event, now) {
    const state = stateOf(event);
    if (state) {
      this.#job(event.job).enter(state, event, now);
      this.#expire(now);
    }
  }

  #job(id) {
    if (!this.#jobs.has(id)) {
      this.#jobs.set(id, new Job({ id }));
    }
    return this.#jobs.get(id);
  }

  // A job that has ended stays for a moment, so that one can read it; a failed one stays with its reason. Not only drawing
  // asks for this: a hidden tab draws nothing for hours, while jobs come and end.
  #expire(now) {
    const failed = [];
    for (const [id, job] of this.#jobs) {
      if (job.state === "failed") {
        failed.push(id);
      } else if (job.endedAt !== null && now > job.endedAt + ENDED_STAYS_MS) {
        this.#jobs.delete(id);
      }
    }
    failed.slice(0, -FAILED_KEPT).forEach((id) => this.#jobs.delete(id));
  }
}
