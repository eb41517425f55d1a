/** `natslock ls` and `natslock status` in a bucket for queues. */

import { type Row, tableOf } from "./columns.ts";
import { describe, leaseTable } from "./lease_text.ts";
import type { Bucket } from "./locks.ts";
import { ageOf, modeOf, requester, requestHead, requestJson, requestRow } from "./request_lines.ts";
import { sessionHead, sessionJson, sessionRow } from "./request_lines.ts";
import { isPattern, leasesOf, type Request, requestsOf, sessionsOf, type Words } from "./requests.ts";
import { plain } from "./say.ts";
import { colours, jsonOf, type Lock, type ShowFlags } from "./show.ts";

/** Returns all requests and sessions as text or JSON; empty if there is none. */
export async function listQueues(bucket: Bucket, words: Words, { json, ids = false }: ShowFlags): Promise<string> {
  const requests = await requestsOf(bucket, words);
  const sessions = await sessionsOf(bucket, requests, words);
  const leases = await leasesOf(bucket, words);
  if (json) {
    const lines = [
      requests.map((one) => requestJson(one)),
      leases.map((one) => jsonOf(one)),
      sessions.map(sessionJson),
    ];
    return lines.flat().join("\n");
  }
  const tables = [
    table(requestHead(ids), requests.map((one) => requestRow(one, ids)), [0, 4]),
    leases.length > 0 ? leaseTable(leases, ids) : "",
    table(sessionHead(ids), sessions.map((one) => sessionRow(one, ids)), [0]),
  ];
  return tables.filter((text) => text !== "").join("\n\n");
}

/** Returns the state of each lock that was named, and of each that a filter selects, as text or JSON. */
export async function describeQueues(bucket: Bucket, words: Words, flags: ShowFlags): Promise<string> {
  const requests = await requestsOf(bucket, words);
  const leases = await leasesOf(bucket, words);
  const named = words.filter((word) => !isPattern(word));
  const names = new Set([...named, ...requests.map(({ name }) => name)]);
  const isFree = (name: string) => leases.every(({ key }) => key !== name);
  const described = [...names].flatMap((name) => {
    const queue = requests.filter((one) => one.name === name);
    if (queue.length === 0 && !isFree(name)) return [];
    if (!flags.json) return [queueText(name, queue, flags)];
    return queue.length > 0 ? queue.map((one) => requestJson(one)) : [jsonOf({ key: name, leader: null })];
  });
  const alone = leases.map((lock: Lock) => flags.json ? jsonOf(lock) : describe(lock, flags));
  return [...described, ...alone].join(flags.json ? "\n" : "\n\n");
}

/** Formats one queue as a few lines of text. */
function queueText(name: string, queue: readonly Request[], { ids = false }: ShowFlags): string {
  const { bold, green, yellow, dim } = colours();
  if (queue.length === 0) return `${bold(plain(name))}  ${dim("free")}`;
  const holders = queue.filter(({ state }) => state === "held");
  const [first] = holders;
  const by = first === undefined
    ? yellow("held by nobody now")
    : `${green("held")} by ${holders.length === 1 ? requester(first) : holders.length}`;
  const waiting = queue.filter(({ state }) => state === "waiting").length;
  const rows = queue.map((one): Row => {
    const row = [`  ${one.place}`, one.state, modeOf(one), requester(one), ageOf(one)];
    return ids ? [...row, `token ${one.token}`, one.clientId] : row;
  });
  return `${bold(plain(name))}  ${by}${waiting > 0 ? `, ${waiting} waiting` : ""}\n${tableOf(rows, { flexible: [3] })}`;
}

function table(head: Row, rows: readonly Row[], flexible: readonly number[]): string {
  if (rows.length === 0) return "";
  const { bold } = colours();
  return tableOf([head, ...rows], { flexible }, (text, row) => row === 0 ? bold(text) : text);
}
