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

  const name = kept("laneway.name");
  const who = name ? { Authorization: `Bearer ${name}` } : {};
  const abort = new AbortController();
  const ask = (path, accept, more, signal) => fetch(path, { headers: { Accept: accept, ...who, ...more }, cache: "no-store", priority: "high", signal });
  // The stream of events, see lib/stream.js: what is loaded once it is open is followed from there.
  const events = async (position) => {
    const after = position === null ? {} : { "Last-Event-ID": String(position) };
    const response = await ask("/v1/events", "text/event-stream", after, abort.signal);
    return { response, position, at: performance.now() };
  };
  const early = { abort };
  if (location.pathname === "/") {
    // The lanes come first, and say from where on they are to be followed.
    early.lanes = ask("/v1/lanes?limit=1000", "application/json");
    const position = early.lanes.then((response) => response.headers.get("Laneway-Position"));
    early.lanes.catch(() => null); // the view asks by itself
    early.events = position.catch(() => null).then((found) => events(found === null ? null : Number(found)));
  } else {
    early.events = events(null);
  }
  early.events.catch(() => null); // lib/stream.js hears of it, and comes back
  globalThis.laneway = early;
})();
