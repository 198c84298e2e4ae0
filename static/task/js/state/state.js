// The state of the users page: a snapshot and the events since. After every event it equals a page just loaded. Pure.

import { ActiveJobs } from "./active_jobs.js";
import { LiveRows } from "./live_rows.js";
import { Rate } from "./rate.js";
import { matcher } from "./search.js";

export class State {
  #rows;
  #matches;
  #rate = new Rate();
  #activeJobs;

  // `page` is the page's own data, `rows` its users, newest first.
  constructor(page, rows) {
    this.total = page.total;
    this.hasAccounts = page.has_accounts;
    this.isFirstPage = page.is_first_page;
    this.newestAt = page.newest_at === null ? undefined : Date.parse(page.newest_at);
    this.#rows = new LiveRows(rows, page.page_size, page.has_older);
    this.#matches = matcher(page.query);
    this.#activeJobs = new ActiveJobs(page.jobs);
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
    return this.#activeJobs.read(lines, now);
  }

  startRefresh() {
    this.#rows.expect();
  }

  // Takes the data and rows of a page that was read again, or null. Totals need no refresh.
  refresh(page, rows) {
    this.#rows.take(rows, page?.has_older, page?.head);
    this.newestAt = page?.newest_at ? Date.parse(page.newest_at) : this.newestAt;
  }

  apply(event, now) {
    if (event.type === "user.created") {
      this.#created(event, now);
    } else if (event.type === "user.removed") {
      this.#removed(event);
    } else {
      this.#activeJobs.change(event, now);
    }
  }

  #created(event, now) {
    const { job, user } = event;
    const joinedAt = Date.parse(user.date_joined);
    this.total += 1;
    this.newestAt = joinedAt;
    this.#rate.add(joinedAt, now);
    if (this.isFirstPage && this.#matches(user)) {
      const { id, username, email } = user;
      this.#rows.add({ id, username, email, joinedAt, number: job, arrivedAt: now }, event.offset);
    }
    if (job !== null) {
      this.hasAccounts = true;
      this.#activeJobs.account(event, joinedAt);
    }
  }

  #removed(event) {
    this.total -= 1;
    this.#activeJobs.accountRemoved(event);
    if (this.isFirstPage) {
      this.#rows.remove(event.user.id, event.offset);
    }
  }
}
