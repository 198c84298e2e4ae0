// A page whose scripts fail must not go on saying "Live". The modules that failed cannot be asked to say so: they may be
// the ones that write the words. So the words move to a new element, which none of them knows.

const WORDS = "Not live: this page has failed. Reload it to go on.";

function sayNotLive() {
  removeEventListener("error", sayNotLive);
  removeEventListener("unhandledrejection", sayNotLive);
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

addEventListener("error", sayNotLive);
addEventListener("unhandledrejection", sayNotLive);
