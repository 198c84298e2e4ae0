// Runs the users page.

import { Board, readRows } from "../view/board.js";
import { Controls } from "../view/controls.js";
import { Figures } from "../view/figures.js";
import { JobWords } from "../format/job_words.js";
import { PageRefresh, RowRefill, dataOf } from "../lifecycle/page_refresh.js";
import { Jobs } from "../view/jobs.js";
import { Live } from "./live.js";
import { Pause } from "../state/pause.js";
import { State } from "../state/state.js";

const page = dataOf(document, "board-data");
const table = document.getElementById("board");
const state = new State(page, readRows(table));
const board = new Board(table, page.page_size);
const jobs = new Jobs(document.getElementById("jobs"), page.job_lines, new JobWords(page.words));
const figures = new Figures(document.getElementById("figures"));
const older = document.getElementById("older");
const none = document.getElementById("none");
const pause = new Pause();
const live = new Live(page, { onEvent: (event, now) => state.apply(event, now), draw });
const controls = page.is_first_page
  ? new Controls(document.getElementById("follow"), table, pause, live.drawSoon)
  : null;
const refresh = new PageRefresh({ onStart: () => state.startRefresh(), onRead: takeOver });
const refill = new RowRefill(refresh);

function draw(now) {
  figures.draw(state, now);
  jobs.draw(state.jobs(page.job_lines, now), state.hasAccounts, now);
  if (!refill.isPending(state.isShort, now)) {
    drawBoard(now);
  }
}

function takeOver(read) {
  state.refresh(read && dataOf(read, "board-data"), read && readRows(read.getElementById("board")));
  live.drawSoon();
}

function drawBoard(now) {
  const view = pause.view(state, now);
  board.draw(view.rows, view.at, now);
  none.hidden = view.rows.length > 0;
  if (controls) {
    controls.draw(view, pause.isOn);
    older.hidden = !view.hasOlder;
    older.search = new URLSearchParams({ ...(page.query && { q: page.query }), before: view.rows.at(-1)?.id ?? "" });
  }
}

live.start();
