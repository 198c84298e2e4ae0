// The page of one job comes alive: its snapshot, and the feed's events of this job from there on.

import { Board, readRows } from "../view/board.js";
import { Chart } from "../view/chart.js";
import { Controls } from "../view/controls.js";
import { Fresh, dataOf } from "../lifecycle/page_refresh.js";
import { JobHead } from "../view/job_head.js";
import { JobState } from "../state/job_state.js";
import { Live } from "./live.js";
import { takePart, tellTimes } from "../lifecycle/page_sections.js";
import { Pause } from "../state/pause.js";
import { Refill } from "../lifecycle/refill.js";

const ASK_WHILE_QUEUED_MS = 5_000;

const page = dataOf(document, "job-data");
const table = document.getElementById("board");
const older = document.getElementById("older");
const none = document.getElementById("none");
const state = new JobState(page, readRows(table));
const board = new Board(table, page.page_size);
const head = new JobHead(document.getElementById("head"), document.getElementById("figures"));
const chart = new Chart(document.getElementById("chart"));
const pause = new Pause();
const fresh = new Fresh({ onStart: () => state.expectFresh(), onRead: takeOver });
const refill = new Refill(fresh);
const live = new Live(page, { onEvent: (event, now) => state.apply(event, now) && fresh.want(), draw });
const controls = page.is_first_page
  ? new Controls(document.getElementById("follow"), table, pause, live.drawSoon)
  : null;

function draw(now) {
  head.draw(state, now);
  chart.draw(state.timeline);
  if (!refill.isAwaited(state.isShort, now)) {
    drawBoard(now);
  }
}

function drawBoard(now) {
  const view = pause.view(state, now);
  board.draw(view.rows, view.at, now);
  none.hidden = view.rows.length > 0;
  if (controls) {
    controls.draw(view, pause.isOn);
    older.hidden = !view.hasOlder;
    older.search = new URLSearchParams({ before: view.rows.at(-1)?.place ?? "" });
  }
}

function takeOver(read) {
  state.takeFresh(read && dataOf(read, "job-data"), read && readRows(read.getElementById("board")));
  if (read) {
    takePart(read, "record");
    takePart(read, "acts");
    tellTimes(document.getElementById("record"));
  }
  live.drawSoon();
}

// Why a job waits may change without an event: a worker stops.
setInterval(() => state.job.state === "queued" && fresh.want(), ASK_WHILE_QUEUED_MS);
tellTimes(document.getElementById("record"));
live.start();
