// Runs the page of one job.

import { Board, readRows } from "../view/board.js";
import { Chart } from "../view/chart.js";
import { Controls } from "../view/controls.js";
import { JobWords } from "../format/job_words.js";
import { PageRefresh, RowRefill, dataOf } from "../lifecycle/page_refresh.js";
import { JobHead } from "../view/job_head.js";
import { JobState } from "../state/job_state.js";
import { Live } from "./live.js";
import { replaceSection, showLocalTimes } from "../lifecycle/page_sections.js";
import { Pause } from "../state/pause.js";

const REFRESH_WHILE_QUEUED_MS = 5_000;

const page = dataOf(document, "job-data");
const table = document.getElementById("board");
const older = document.getElementById("older");
const none = document.getElementById("none");
const words = new JobWords(page.words);
const state = new JobState(page, readRows(table));
const board = new Board(table, page.page_size);
const head = new JobHead(document.getElementById("head"), document.getElementById("figures"), words);
const chart = new Chart(document.getElementById("chart"), words);
const pause = new Pause();
const refresh = new PageRefresh({ onStart: () => state.startRefresh(), onRead: takeOver });
const refill = new RowRefill(refresh);
const live = new Live(page, { onEvent: (event, now) => state.apply(event, now) && refresh.request(), draw });
const controls = page.is_first_page
  ? new Controls(document.getElementById("follow"), table, pause, live.drawSoon)
  : null;

function draw(now) {
  head.draw(state, now);
  chart.draw(state.timeline);
  if (!refill.isPending(state.isShort, now)) {
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
    older.search = new URLSearchParams({ before: view.rows.at(-1)?.number ?? "" });
  }
}

function takeOver(read) {
  state.refresh(read && dataOf(read, "job-data"), read && readRows(read.getElementById("board")));
  if (read) {
    replaceSection(read, "record");
    replaceSection(read, "acts");
    showLocalTimes(document.getElementById("record"));
  }
  live.drawSoon();
}

// The reason why a job waits can change without an event, for example when a worker stops.
setInterval(() => state.job.state === "queued" && refresh.request(), REFRESH_WHILE_QUEUED_MS);
showLocalTimes(document.getElementById("record"));
live.start();
