// Reads an event stream as a browser would, with npm's eventsource, across lost connections:
//   node read_events.mjs URL TYPE…
// Prints one line of JSON for each event, and ends when the server says that there are no more.
import { EventSource } from "eventsource";

const [url, ...types] = process.argv.slice(2);
const source = new EventSource(url);

for (const type of types) {
  source.addEventListener(type, ({ lastEventId, data }) => {
    console.log(JSON.stringify({ id: lastEventId, type, data: JSON.parse(data) }));
  });
}
source.addEventListener("end", () => {
  source.close();
  console.log(JSON.stringify({ type: "end" }));
});
source.addEventListener("error", ({ code }) => {
  // 204 means that the stream is over; anything else is waited out, as EventSource does by itself.
  if (source.readyState === EventSource.CLOSED) {
    console.log(JSON.stringify({ type: "closed", code }));
  }
});
