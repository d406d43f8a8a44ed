/**
 * Server-sent events from a `fetch`, by the WHATWG's rules. Not an `EventSource`: that one hides
 * the answer's status and the comments that tell a silent stream from a dead one.
 */

/**
 * Read a stream to its end.
 *
 * @param {ReadableStream<Uint8Array>} body
 * @param {function({id: string|null, event: string, data: string}): void} onEvent called for each
 *   block; `data` is empty where the block only sets the id
 * @param {function(): void} onBytes called whenever anything arrives, comments too
 */
export async function readEvents(body, onEvent, onBytes) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  const block = blocks(onEvent);
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    onBytes();
    const lines = (rest + value).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop();
    lines.forEach(block);
  }
}

/** Takes lines; tells what they make once there is an empty one. */
function blocks(onEvent) {
  let now = fresh();
  return (line) => {
    if (line !== "") return take(now, line);
    if (now.id !== null || now.data.length) onEvent({ ...now, data: now.data.join("\n") });
    now = fresh();
  };
}

function fresh() {
  return { id: null, event: "message", data: [] };
}

function take(block, line) {
  const colon = line.indexOf(":");
  if (colon === 0) return; // a comment
  const name = colon < 0 ? line : line.slice(0, colon);
  const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
  if (name === "data") block.data.push(value);
  else if (name === "id" && !value.includes("\0")) block.id = value;
  else if (name === "event") block.event = value;
}
