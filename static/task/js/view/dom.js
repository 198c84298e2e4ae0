// Text goes into the page as text, never as HTML, and only where it differs: a browser lays out anew what is written.

export function write(element, text) {
  if (element.textContent !== text) {
    element.textContent = text;
  }
}
