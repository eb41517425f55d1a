/** Runs orders in a page. The program that drives the browser provides `tell()` and calls `order()`. */

import { type Order, perform } from "./program.ts";

interface Page {
  /** Passes a line to the program that drives the browser. */
  tell(line: string): void;
  /** Starts an order in this page or in a dedicated worker of it. */
  order(order: Order, where: "page" | "worker"): void;
}

const page = globalThis as unknown as Page;

page.order = (order, where) => {
  if (where === "page") return void perform(order, (told) => page.tell(JSON.stringify(told)));
  const worker = new Worker("/run_worker.js");
  worker.onmessage = ({ data }) => page.tell(data);
  worker.onerror = ({ message }) => page.tell(JSON.stringify({ told: "failed", error: message }));
  worker.postMessage(order);
};
