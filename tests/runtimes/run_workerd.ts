/** Runs an order in workerd: the body of a request, within whose life all happens; answers in lines. */

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
    // Compressed, the lines would be kept back until there are more.
    return new Response(readable, { headers: { "content-encoding": "identity" } });
  },
};

// Without a default export there is nothing that workerd could serve.
export default worker;
