// How the state of a job is said. Pure; task/pages/job_text.py says it the same way.

import { grouped } from "./words.js";

const SIGNS = {
  queued: "\u25cb",
  running: "\u25b6",
  finished: "\u2713",
  failed: "\u2715",
  cancelled: "\u25a0",
  removing: "\u21ba",
  removed: "\u21ba",
};

export function sign({ state }) {
  return SIGNS[state];
}

export function jobWords(job) {
  const { state, isVerified } = job;
  return { queued: "waiting", running: percent(job) }[state] ?? `${sign(job)} ${isVerified ? "verified" : state}`;
}

// What was done of what is to do.
export function countWords({ state, created, total, removed }) {
  const isRemoval = state === "removing" || state === "removed";
  return isRemoval ? placeWords(removed, created) : placeWords(created, total);
}

export function jobSentence(job, waiting) {
  const { state, created, total, removed } = job;
  const place = placeWords(created, total);
  const gone = placeWords(removed, created);
  const sentences = {
    queued: `Queued: ${waiting || "waiting for a worker"}`,
    running: `Running: ${percent(job)}`,
    finished: `Finished: ${place}`,
    failed: job.isRemovalBegun ? `The removal failed at ${gone}` : `Failed at ${place}`,
    cancelled: `Cancelled at ${place}`,
    removing: `Removing: ${gone} removed`,
    removed: `Removed: ${gone}${created > removed ? `, ${grouped(created - removed)} kept` : ""}`,
  };
  return sentences[state];
}

// Short, for a figure: with tenths below ten seconds.
export function duration(milliseconds) {
  const seconds = milliseconds / 1_000;
  if (seconds < 99.5) {
    return `${seconds < 9.95 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  }
  const minutes = Math.round(seconds / 60);
  return minutes < 100 ? `${minutes} min` : `${grouped(Math.round(minutes / 60))} h`;
}

// The chart for those who hear it.
export function timelineWords(peak, spanMs) {
  if (!spanMs) {
    return "Accounts a second: none yet.";
  }
  const most = peak === null ? "" : `, ${grouped(peak)} at most`;
  return `Accounts a second over ${duration(spanMs)}${most}.`;
}

function percent({ created, total }) {
  return `${Math.floor((created * 100) / total)} %`;
}

function placeWords(done, whole) {
  return `${grouped(done)} of ${grouped(whole)}`;
}
