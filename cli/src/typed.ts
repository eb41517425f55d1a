/** Puts messages of the library into the words of the command line: flags instead of fields, durations with units. */

import { shortly } from "./duration.ts";

/** Fields of the library's options, and the flags that set them. */
const FLAGS: Readonly<Record<string, string>> = {
  name: "--name",
  ttl: "--ttl",
  renewEvery: "--renew",
  retryEvery: "--retry",
  requestTimeout: "--request-timeout",
  margin: "--margin",
  maxBytes: "--max-bytes",
  limit: "--limit",
  weight: "--weight",
  "timing.renewEvery": "--renew",
  "timing.retryEvery": "--retry",
  "timing.requestTimeout": "--request-timeout",
  "timing.margin": "--margin",
};

/** Returns the message with flags instead of fields. */
export function withFlags(message: string): string {
  return message.replace(/"([\w.]+)"/g, (quoted, field: string) => FLAGS[field] ?? quoted);
}

/** Returns the message with each number of milliseconds as a duration. */
export function withDurations(message: string): string {
  return message.replace(/\b(\d+(?:\.\d+)?)(?: ms)?\b/g, (_, ms: string) => shortly(Number(ms)));
}
