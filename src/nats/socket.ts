/** Websockets, made fit for the client: each call ends in time, and no request waits for the acknowledgement of TCP. */

import type { WsConnectionOptions } from "@nats-io/nats-core";
import type { Clock } from "../base/clock.ts";

/** Longest wait for the server to confirm that a websocket is closed, in milliseconds. */
export const CLOSE_HANDSHAKE_TIMEOUT = 1000;

/** `readyState` of a closed socket. */
const CLOSED = 3;

/** Longest frame that each runtime passes to the operating system in one piece, in bytes. */
const WHOLE_FRAME = 1024;

/** Longer data is sent in one frame, in bytes: it takes long in any case, and a thousand frames would take longer. */
const MOST_SPLIT = 65_536;

/** Makes the socket for an address. Can be used as `wsFactory` of the client. */
export const webSocketOf: NonNullable<WsConnectionOptions["wsFactory"]> = (url) => {
  const socket = withWholeFrames(new WebSocket(url));
  return Promise.resolve({ socket, encrypted: url.startsWith("wss:") });
};

/**
 * Returns the socket, changed so that it sends long data in several frames. To the server, frames are a stream of bytes.
 * After that `send()` takes only an ArrayBuffer, which is all that the client sends.
 *
 * Deno writes the head of a longer frame by itself, and leaves Nagle's algorithm on. So the rest waits for the server's
 * delayed acknowledgement of the head, about 40 ms later. The first of several short frames has a whole request as a
 * rule, and the reply to it carries the acknowledgement at once. In other runtimes it makes no difference.
 */
export function withWholeFrames<Socket extends Pick<WebSocket, "send">>(socket: Socket): Socket {
  const whole = socket.send;
  const send = (data: ArrayBuffer) => {
    const length = data.byteLength > MOST_SPLIT ? data.byteLength : WHOLE_FRAME;
    for (let at = 0; at < data.byteLength; at += length) whole.call(socket, data.slice(at, at + length));
  };
  return Object.defineProperty(socket, "send", { value: send });
}

/**
 * Returns the socket, changed so that it counts as closed at most one second after its `close()` is called.
 *
 * No runtime limits the duration of the closing handshake. The client waits for its end before it dials again,
 * gives up an address or reports itself closed. Without this limit a frozen server would block all of that.
 */
export function withCloseTimeout(socket: WebSocket, clock: Clock): WebSocket {
  const end = socket.close;
  let closing = false;
  const close = (...why: Parameters<WebSocket["close"]>) => {
    end.apply(socket, why);
    if (closing || socket.readyState === CLOSED) return;
    closing = true;
    const event = { wasClean: true, reason: "" } as CloseEvent;
    const cancel = clock.after(CLOSE_HANDSHAKE_TIMEOUT, () => socket.onclose?.(event));
    socket.addEventListener("close", cancel);
  };
  // Before it closes the socket, the client waits without limit until `bufferedAmount` is 0. That is not needed: a
  // socket sends its buffered data before it closes.
  return Object.defineProperties(socket, { close: { value: close }, bufferedAmount: { value: 0 } });
}
