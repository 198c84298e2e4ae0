// Writes text into the page: as text, never as HTML, and only where it differs, because each write costs a layout.

export function write(element, text) {
  if (element.textContent !== text) {
    element.textContent = text;
  }
}

// The number of a job, linked if the user may see jobs (then `address` is set).
export function writeJobLink(cell, number, address) {
  if (number === null || !address) {
    write(cell, number === null ? "" : String(number));
    return;
  }
  if (cell.firstElementChild?.textContent !== String(number)) {
    cell.replaceChildren(linkTo(number, address));
  }
}

// Creates a new element for each job, because in an old one a number with more digits would count as a layout shift.
// Takes no keyboard focus: fifty changing links would come before "Older", and the jobs page links to all jobs.
function linkTo(number, address) {
  const link = document.createElement("a");
  link.tabIndex = -1;
  link.href = `${address}${number}/`;
  link.textContent = String(number);
  return link;
}
