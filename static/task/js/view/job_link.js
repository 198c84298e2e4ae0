// The number of a job, as a link where somebody may see jobs. Text only, never HTML.

import { write } from "./dom.js";

export function writeJob(cell, number, address) {
  if (number === null || !address) {
    write(cell, number === null ? "" : String(number));
    return;
  }
  if (cell.firstElementChild?.textContent !== String(number)) {
    cell.replaceChildren(linkTo(number, address));
  }
}

// A new one for each job: at the right edge a number of more digits would else have moved. No stop for the keyboard:
// fifty of them would stand before "Older", each changing under the focus. The list of jobs has them all.
function linkTo(number, address) {
  const link = document.createElement("a");
  link.tabIndex = -1;
  link.href = `${address}${number}/`;
  link.textContent = String(number);
  return link;
}
