// What the page knows: a snapshot and the events since. After every event it is what a fresh page would show. Pure.

import { AtWork } from "./active_jobs.js";
import { LiveRows } from "./live_rows.js";
import { Rate } from "./rate.js";
import { matcher } from "./search.js";

export class State {
  #rows;
  #matches;
  #rate = new Rate();
  #atWork;

  // `board` is the page's own data, `rows` what it lists, newest first.
  constructor(board, rows) {
    this.total = board.total;
    this.hasAccounts = board.has_accounts;
    this.isFirstPage = board.is_first_page;
    this.newestAt = board.newest_at === null ? undefined : Date.parse(board.newest_at);
    this.#rows = new LiveRows(rows, board.page_size, board.has_older);
    this.#matches = matcher(board.query);
    this.#atWork = new AtWork(board.jobs);
  }

  get rows() {
    return this.#rows.shown;
  }

  get arrived() {
    return this.#rows.arrived;
  }

  get isShort() {
    return this.isFirstPage && this.#rows.isShort;
  }

  get hasOlder() {
    return this.#rows.hasOlder && this.total > this.rows.length;
  }

  rate(now) {
    return this.#rate.read(now);
  }

  jobs(lines, now) {
    return this.#atWork.read(lines, now);
  }

  expectFresh() {
    this.#rows.expect();
  }

  // A fresh page's own data and rows, or null; totals are right without them.
  takeFresh(board, rows) {
    this.#rows.take(rows, board?.has_older, board?.head);
    this.newestAt = board?.newest_at ? Date.parse(board.newest_at) : this.newestAt;
  }

  apply(event, now) {
    if (event.type === "user.created") {
      this.#created(event, now);
    } else if (event.type === "user.removed") {
      this.#removed(event);
    } else {
      this.#atWork.change(event, now);
    }
  }

  #created(event, now) {
    const { job, user } = event;
    const joinedAt = Date.parse(user.date_joined);
    this.total += 1;
    this.newestAt = joinedAt;
    this.#rate.add(joinedAt, now);
    if (this.isFirstPage && this.#matches(user)) {
      const row = { id: user.id, username: user.username, email: user.email, joinedAt, place: job, arrivedAt: now };
      this.#rows.add(row, event.offset);
    }
    if (job !== null) {
      this.hasAccounts = true;
      this.#atWork.account(event, joinedAt);
    }
  }

  #removed(event) {
    this.total -= 1;
    this.#atWork.accountRemoved(event);
    if (this.isFirstPage) {
      this.#rows.remove(event.user.id, event.offset);
    }
  }
}
