// Runs the jobs page. Events update bars and states. For new lines and their requesters, it reads the page again.

import { JobWords } from "../format/job_words.js";
import { PageRefresh, dataOf } from "../lifecycle/page_refresh.js";
import { JobLines } from "../view/job_lines.js";
import { Job, stateOf } from "../state/job.js";
import { Live } from "./live.js";

const page = dataOf(document, "list-data");
const jobs = new Map(page.jobs.map((known) => [known.id, new Job(known)]));
const lines = new JobLines(document.getElementById("lines"), new JobWords(page.words));
const refresh = new PageRefresh({ onRead: takeOver });
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
      refresh.request();
    }
  }
}

// Whether a job may come or leave. Its events are enough for a job that stays.
function changesList(job) {
  return page.state !== "" || (page.is_first_page && job === undefined);
}

// Keeps jobs that left the list, so that they are up to date if they come back.
function takeOver(read) {
  if (read) {
    for (const known of dataOf(read, "list-data").jobs) {
      const job = jobs.get(known.id) ?? new Job(known);
      job.adopt(known);
      jobs.set(known.id, job);
    }
    lines.replace(read.getElementById("lines"));
    live.drawSoon();
  }
}

live.start();
