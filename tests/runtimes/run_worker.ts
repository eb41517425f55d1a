/** Runs an order in a dedicated worker of a page. */

import { type Order, perform } from "./program.ts";

interface Scope {
  onmessage: ((message: { readonly data: Order }) => void) | null;
  postMessage(line: string): void;
}

const scope = globalThis as unknown as Scope;

scope.onmessage = ({ data }) => void perform(data, (told) => scope.postMessage(JSON.stringify(told)));
