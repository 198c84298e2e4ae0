// The jobs on the users page: active ones, and those that ended in the last seconds. Pure.

import { Job, stateOf } from "./job.js";

const ENDED_STAYS_MS = 6_000;
const FAILED_KEPT = 3;
const BY_INTEREST = ["running", "removing", "finished", "cancelled", "removed", "queued", "failed"];

export class ActiveJobs {
  #jobs = new Map();

  constructor(known) {
    known.forEach((job) => this.#jobs.set(job.id, new Job(job)));
  }

  // Returns the jobs for `lines` lines, in the order in which they came. If there are too many, leaves out the least
  // interesting ones, and keeps the last line free for their number `more`.
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

  // Ignores a job that ended long ago: its accounts can still be deleted.
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

  // Keeps an ended job for six seconds so that it can be read, and the last three failed ones with their errors. Runs
  // after events, too, because a hidden tab draws nothing for hours while jobs come and end.
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
