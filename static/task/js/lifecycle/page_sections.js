// Replaces sections that only the server can render, because they depend on names and permissions.

import { clockWords } from "../format/words.js";

export function replaceSection(page, id) {
  const [old, section] = [document.getElementById(id), document.adoptNode(page.getElementById(id))];
  if (old.textContent === section.textContent) {
    return;
  }
  const hadFocus = old.contains(document.activeElement);
  old.replaceWith(section);
  if (hadFocus) {
    section.querySelector("[tabindex]")?.focus();
  }
}

// The server renders times in UTC. This shows them in the time zone of the browser.
export function showLocalTimes(root) {
  for (const element of root.querySelectorAll("time")) {
    element.textContent = clockWords(Date.parse(element.dateTime));
  }
}
