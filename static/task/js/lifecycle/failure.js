// Shows "Not live" after an uncaught error. Replaces the status element by a copy, because the failed modules may go on
// writing into the element that they know.

const WORDS = "Not live: this page failed. Reload it to continue.";

function showNotLive() {
  removeEventListener("error", showNotLive);
  removeEventListener("unhandledrejection", showNotLive);
  const status = document.getElementById("status");
  if (status) {
    const notLive = status.cloneNode(true);
    notLive.dataset.tone = "off";
    notLive.querySelector(".status-words").textContent = WORDS;
    notLive.querySelector(".status-sign-in").hidden = true;
    status.replaceWith(notLive);
    notLive.querySelector(".status-spoken").textContent = WORDS;
  }
}

addEventListener("error", showNotLive);
addEventListener("unhandledrejection", showNotLive);
