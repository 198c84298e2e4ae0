// The number of a job, as a link where somebody may see jobs. Text only, never HTML.

import { write } from "./text.js";

export function writeJob(cell, number, address) {
  if (number === null || !address) {
    write(cell, number === null ? "" : String(number));
    return;
  }
  if (!cell.firstElementChild) {
    cell.replaceChildren(emptyLink());
  }
  cell.firstElementChild.setAttribute("href", `${address}${number}/`);
  write(cell.firstElementChild, String(number));
}

// No stop for the keyboard: fifty of them would stand before "Older", each changing under the focus. The list of jobs has
// them all.
function emptyLink() {
  const link = document.createElement("a");
  link.tabIndex = -1;
  return link;
}
