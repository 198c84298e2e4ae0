// Reconnects at once when the network, the tab or the page comes back. Also tries when the browser goes offline,
// because a server on this machine still answers.

export function reconnectOnReturn(connection) {
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
