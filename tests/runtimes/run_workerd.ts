/**
 * Runs an order in workerd. The order is the body of a request, and everything happens before that request ends.
 * Answers in lines.
 */

import { type Order, perform } from "./program.ts";

/** The module that workerd serves. */
const worker: { fetch(request: Request): Promise<Response> } = {
  async fetch(request) {
    const order = await request.json() as Order;
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const writer = writable.getWriter();
    const encoder = new TextEncoder();
    perform(order, (told) => void writer.write(encoder.encode(`${JSON.stringify(told)}\n`)))
      .then(() => writer.close());
    // With compression, workerd would hold lines back until there are more.
    return new Response(readable, { headers: { "content-encoding": "identity" } });
  },
};

// workerd requires a default export.
export default worker;
