// What the page of a job knows: its snapshot and the events since. Pure.

import { Job, stateOf } from "./job.js";
import { LiveRows } from "./live_rows.js";
import { Rate } from "./rate.js";
import { Timeline } from "./timeline.js";

export class JobState {
  waiting;
  isFirstPage;
  #rate = new Rate();
  #rows;
  #times;

  constructor(page, rows) {
    this.job = new Job(page.job);
    this.timeline = new Timeline(page.timeline);
    this.waiting = page.waiting;
    this.isFirstPage = page.is_first_page;
    this.#rows = new LiveRows(rows, page.page_size, page.has_older);
    this.#times = timesOf(page);
  }

  get rows() {
    return this.#rows.shown;
  }

  get arrived() {
    return this.#rows.arrived;
  }

  get hasOlder() {
    return this.#rows.hasOlder;
  }

  get isShort() {
    return this.isFirstPage && this.#rows.isShort;
  }

  // Milliseconds since it started, or until it ended; null before. A clock may have gone back since: never below 0.
  elapsed(now) {
    const { startedAt, endedAt } = this.#times;
    return startedAt === null ? null : Math.max(0, (this.job.isActive ? now : (endedAt ?? now)) - startedAt);
  }

  // Accounts a second: now, or all in all when it has ended.
  rate(now) {
    if (this.job.state === "running") {
      return this.#rate.read(now);
    }
    const elapsed = this.job.isActive ? null : this.elapsed(now);
    return elapsed && this.job.created ? Math.round((this.job.created * 1_000) / elapsed) : null;
  }

  // Whether a fresh page would tell more than the event does.
  apply(event, now) {
    if (event.type === "user.created") {
      this.#created(event, now);
    } else if (event.type === "user.removed") {
      this.job.accountRemoved(event);
      this.#rows.remove(event.user.id, event.offset);
    } else if (stateOf(event)) {
      this.#enter(stateOf(event), event, now);
    }
    return stateOf(event) !== undefined;
  }

  expectFresh() {
    this.#rows.expect();
  }

  takeFresh(page, rows) {
    this.#rows.take(this.isFirstPage ? rows : null, page?.has_older, page?.head);
    if (page) {
      this.job.adopt(page.job);
      this.waiting = page.waiting;
      this.#times = timesOf(page);
    }
  }

  #created({ offset, number, total, user }, now) {
    const joinedAt = Date.parse(user.date_joined);
    this.job.account(total, number, joinedAt);
    this.timeline.add(joinedAt);
    this.#rate.add(joinedAt, now);
    if (this.isFirstPage) {
      const { id, username, email } = user;
      this.#rows.add({ id, username, email, joinedAt, place: number, arrivedAt: now }, offset);
    }
  }

  #enter(state, event, now) {
    this.job.enter(state, event, now);
    if (state === "running") {
      this.#times.startedAt ??= now;
    } else if (["finished", "failed", "cancelled"].includes(state)) {
      this.#times.endedAt ??= now;
    } else if (state === "queued") {
      this.#times.endedAt = null;
    }
  }
}

function timesOf({ started_at: startedAt, finished_at: endedAt }) {
  const time = (text) => (text === null ? null : Date.parse(text));
  return { startedAt: time(startedAt), endedAt: time(endedAt) };
}
