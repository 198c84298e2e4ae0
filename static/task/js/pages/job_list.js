// The list of jobs comes alive: bars and states by events; which jobs there are, and who asked for them, by reading it anew.

import { Fresh, dataOf } from "../lifecycle/page_refresh.js";
import { JobLines } from "../view/job_lines.js";
import { Job, stateOf } from "../state/job.js";
import { Live } from "./live.js";

const page = dataOf(document, "list-data");
const jobs = new Map(page.jobs.map((known) => [known.id, new Job(known)]));
const lines = new JobLines(document.getElementById("lines"));
const fresh = new Fresh({ onRead: takeOver });
const live = new Live(page, { onEvent: apply, draw: (now) => lines.draw(jobs, now) });

function apply(event, now) {
  const job = jobs.get(event.job);
  if (event.type === "user.created") {
    job?.progress(event.total, event.number);
  } else if (event.type === "user.removed") {
    job?.accountRemoved(event);
  } else if (stateOf(event)) {
    job?.enter(stateOf(event), event, now);
    if (changesList(job)) {
      fresh.want();
    }
  }
}

// A job that comes or goes; what becomes of one that stays is told by its events.
function changesList(job) {
  return page.state !== "" || (page.is_first_page && job === undefined);
}

// Jobs that have left the list are kept: should they come back, nothing was missed.
function takeOver(read) {
  if (read) {
    for (const known of dataOf(read, "list-data").jobs) {
      const job = jobs.get(known.id) ?? new Job(known);
      job.adopt(known);
      jobs.set(known.id, job);
    }
    lines.take(read.getElementById("lines"));
    live.drawSoon();
  }
}

live.start();
