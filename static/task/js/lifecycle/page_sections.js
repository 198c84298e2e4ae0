// Parts that only the server can write, as names and rights have a say in them: taken over from a page that was read anew.

import { clockWords } from "../format/words.js";

export function takePart(page, id) {
  const [old, part] = [document.getElementById(id), document.adoptNode(page.getElementById(id))];
  if (old.textContent === part.textContent) {
    return;
  }
  const hadFocus = old.contains(document.activeElement);
  old.replaceWith(part);
  if (hadFocus) {
    part.querySelector("[tabindex]")?.focus();
  }
}

// The server writes times in UTC; a page can tell them by the clock of whoever reads it.
export function tellTimes(root) {
  for (const element of root.querySelectorAll("time")) {
    element.textContent = clockWords(Date.parse(element.dateTime));
  }
}
