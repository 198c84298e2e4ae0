// A job and its state, in the words that task/pages/job_text.py sends. It chooses between them in the same way. Pure.

import { duration, fill, grouped } from "./words.js";

export class JobWords {
  #words;

  // `words` is task.pages.job_text.WORDS.
  constructor(words) {
    this.#words = words;
  }

  sign({ state }) {
    return this.#words.signs[state];
  }

  // For a line of the users page.
  short(job) {
    return fill(this.#words.short[job.isVerified ? "verified" : job.state], { percent: percent(job) });
  }

  // How many accounts the job has made, or its removal has removed.
  count({ state, created, total, removed }) {
    const isRemoval = state === "removing" || state === "removed";
    const [done, whole] = isRemoval ? [removed, created] : [created, total];
    return fill(this.#words.count, { done: grouped(done), whole: grouped(whole) });
  }

  // For the job's own page. `waiting` is the reason why a queued job waits, or empty.
  sentence(job, waiting) {
    const { created, total, removed } = job;
    return fill(this.#words.sentence[sentenceKey(job, waiting)], {
      waiting,
      percent: percent(job),
      created: grouped(created),
      total: grouped(total),
      removed: grouped(removed),
      kept: grouped(created - removed),
    });
  }

  // The chart as a sentence, for screen readers.
  timeline(peak, spanMs) {
    const key = peak === null ? "span" : "peak";
    const values = { duration: duration(spanMs), peak: grouped(peak ?? 0) };
    return fill(this.#words.timeline[spanMs ? key : "empty"], values);
  }
}

function sentenceKey({ state, isRemovalBegun, created, removed }, waiting) {
  if (state === "queued" && waiting) {
    return "queued with a reason";
  }
  if (state === "failed" && isRemovalBegun) {
    return "removal failed";
  }
  return state === "removed" && removed < created ? "removed in part" : state;
}

// Rounds down: 499 of 500 is not yet 100 %.
function percent({ created, total }) {
  return Math.floor((created * 100) / total);
}
