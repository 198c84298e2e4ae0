// What the page knows: a snapshot and the events since. After every event it is what a fresh page would show. Pure.

import { Rate } from "./rate.js";
import { Rows } from "./rows.js";

const FINISHED_STAYS_MS = 6_000;
const STATES = { "job.queued": "queued", "job.started": "running", "job.finished": "finished", "job.failed": "failed" };

export class State {
  #rows;
  #rate = new Rate();
  #jobs = new Map();

  // `board` is the page's own data, `rows` what it lists, newest first.
  constructor(board, rows) {
    this.total = board.total;
    this.hasAccounts = board.has_accounts;
    this.isFirstPage = board.is_first_page;
    this.newestAt = this.isFirstPage ? rows[0]?.joinedAt : undefined;
    this.#rows = new Rows(rows, board.page_size);
    board.jobs.forEach((job) => this.#jobs.set(job.id, { ...job }));
  }

  get rows() {
    return this.#rows.shown;
  }

  get hasOlder() {
    return this.total > this.rows.length;
  }

  rate(now) {
    return this.#rate.read(now);
  }

  // A finished job stays for a moment, so that one can read it; a failed one stays with its reason.
  jobs(now) {
    for (const [id, job] of this.#jobs) {
      if (job.state === "finished" && now > job.endedAt + FINISHED_STAYS_MS) {
        this.#jobs.delete(id);
      }
    }
    return [...this.#jobs.values()];
  }

  apply(event, now) {
    if (event.type === "user.created") {
      this.#created(event, now);
    } else if (event.type === "user.removed") {
      this.#removed(event);
    } else if (event.type in STATES) {
      this.#moved(event, now);
    }
  }

  #created({ job, number, total, user }, now) {
    const joinedAt = Date.parse(user.date_joined);
    this.total += 1;
    this.newestAt = joinedAt;
    this.#rate.add(joinedAt, now);
    if (this.isFirstPage) {
      const row = { id: user.id, username: user.username, email: user.email, joinedAt, job, arrivedAt: now };
      this.#rows.add(row, this.total);
    }
    if (job !== null) {
      this.hasAccounts = true;
      this.#progress(job, total, number);
    }
  }

  #removed({ user }) {
    this.total -= 1;
    if (this.isFirstPage) {
      this.#rows.remove(user.id);
    }
  }

  #moved({ type, job: id, total, created, error }, now) {
    const job = this.#progress(id, total, created);
    job.state = STATES[type];
    job.endedAt = now;
    job.error = error ?? "";
  }

  // The snapshot may be ahead of the cursor, and tells of some accounts before their events do: hence the greatest number.
  #progress(id, total, number) {
    const job = this.#jobs.get(id) ?? { id, created: 0, state: "running" };
    job.total = total;
    job.created = Math.max(job.created, number);
    this.#jobs.set(id, job);
    return job;
  }
}
