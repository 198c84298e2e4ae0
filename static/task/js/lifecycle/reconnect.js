// Where the network, the tab or the page comes or goes, a connection is tried at once: trying tells more than the
// browser does, and a server on this machine answers.

export function keepPresent(connection) {
  const openNow = () => connection.openNow();
  addEventListener("online", openNow);
  addEventListener("offline", openNow);
  addEventListener("pagehide", () => connection.leave());
  addEventListener("pageshow", (event) => event.persisted && openNow());
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && connection.link.phase === "waiting") {
      openNow();
    }
  });
}
