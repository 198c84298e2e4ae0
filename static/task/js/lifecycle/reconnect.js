// Reconnects at once when the network, the tab or the page comes back. Also tries when the browser goes offline,
// because a server on this machine still answers.

// Whether no network leads to the server. A server on this machine needs none.
export function isOffline({ onLine }, { hostname }) {
  return !onLine && !/^((.+\.)?localhost|127\.[\d.]+|\[::1\])$/.test(hostname);
}

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
