// What must not wait for the modules, and so is none: the colours, and what is asked of the server.
(() => {
  const kept = (name) => {
    try {
      return localStorage.getItem(name);
    } catch {
      return null; // a browser that keeps nothing
    }
  };

  // Before anything is painted: light or dark as the reader has chosen, else as their system is.
  const theme = kept("laneway.theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  if (location.pathname === "/signin") return;

  // The stream of events, see lib/stream.js: what is loaded once it is open is followed from there.
  const name = kept("laneway.name");
  const who = name ? { Authorization: `Bearer ${name}` } : {};
  const ask = (path, accept, signal) => fetch(path, { headers: { Accept: accept, ...who }, cache: "no-store", priority: "high", signal });
  const abort = new AbortController();
  const early = { abort };
  early.events = ask("/v1/events", "text/event-stream", abort.signal).then((response) => ({
    response,
    at: performance.now(),
  }));
  early.events.catch(() => null); // lib/stream.js hears of it, and comes back
  if (location.pathname === "/") {
    early.lanes = early.events.then(() => ask("/v1/lanes?limit=1000", "application/json"));
    early.lanes.catch(() => null); // the view asks by itself
  }
  globalThis.laneway = early;
})();
