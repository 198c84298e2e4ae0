// The state of a job's page: its snapshot and the events since. Pure.

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

  // Milliseconds from the start to now or to the end, or null before it. Not below 0, even if the clock went back.
  elapsed(now) {
    const { startedAt, endedAt } = this.#times;
    return startedAt === null ? null : Math.max(0, (this.job.isActive ? now : (endedAt ?? now)) - startedAt);
  }

  // Accounts per second: the current rate, or the mean of an ended job.
  rate(now) {
    if (this.job.state === "running") {
      return this.#rate.read(now);
    }
    const elapsed = this.job.isActive ? null : this.elapsed(now);
    return elapsed && this.job.created ? Math.round((this.job.created * 1_000) / elapsed) : null;
  }

  // Returns whether the page must be read again, for what the event does not bring.
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

  startRefresh() {
    this.#rows.expect();
  }

  refresh(page, rows) {
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
      this.#rows.add({ id, username, email, joinedAt, number, arrivedAt: now }, offset);
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
