/** `natslock evict` in a bucket for queues: removes one request, which holds or waits. */

import { evictTicket, sessionKey, ticketsOf } from "@x/natslock/internal";
import { agreed, type Question } from "./confirm.ts";
import { ANSWER_TIMEOUT } from "./domain.ts";
import { shortly } from "./duration.ts";
import type { EvictFlags } from "./evict_flags.ts";
import { CliError, EXIT } from "./exit.ts";
import { type Bucket, lockOf } from "./locks.ts";
import { DEFAULT_TTL } from "./queue_terms.ts";
import { ageOf, requester } from "./request_lines.ts";
import { type Request, requestsOf } from "./requests.ts";
import { say } from "./say.ts";

const CHECK = 'nothing was changed; check again with "natslock status"';

/**
 * Asks for confirmation, then removes the ticket that was shown: that of the holder, or the one at `--place`. Returns
 * the exit code.
 */
export async function evictRequest(bucket: Bucket, key: string, flags: EvictFlags): Promise<number> {
  const queue = (await requestsOf(bucket, [])).filter(({ name }) => name === key);
  const request = chosen(queue, key, flags);
  if (request === null) {
    say(queue.length === 0 ? `Nothing to do: "${key}" is free` : `Nothing to do: nobody holds "${key}"; see --place`);
    return EXIT.done;
  }
  const { token, clientId, state } = request;
  if (flags.ifToken !== undefined && Number(flags.ifToken) !== token) {
    const message = `Cannot evict ${requester(request)} from "${key}": its token is ${token}, not ${flags.ifToken}`;
    throw new CliError(EXIT.notAcquired, message, CHECK);
  }
  const ttl = (await lockOf(bucket.store, sessionKey(clientId))).leader?.ttl ?? DEFAULT_TTL;
  if (!flags.yes && !await agreed(questionOf(request, ttl))) return EXIT.declined;
  const outcome = await evictTicket(ticketsOf(bucket.kv), { name: key, token, ttl, timeout: ANSWER_TIMEOUT });
  if (outcome.kind === "gone" || outcome.kind === "conflict") {
    say(`Nothing to do: ${requester(request)} left "${key}" meanwhile`);
    return EXIT.done;
  }
  if (outcome.kind !== "applied") throw outcome.error;
  const after = state === "waiting" ? "; it queues again at the end" : "";
  say(`Evicted ${requester(request)} (token ${token}) from "${key}"${after}`);
  return EXIT.done;
}

/** Returns the request that the flags select; `null` if there is none. */
function chosen(queue: readonly Request[], key: string, { place, ifToken }: EvictFlags): Request | null {
  if (place !== undefined) {
    const found = queue.find((one) => `${one.place}` === place);
    if (found !== undefined) return found;
    throw new CliError(EXIT.notAcquired, `Cannot evict from "${key}": no request is at place ${place}`, CHECK);
  }
  const holders = queue.filter(({ state }) => state === "held");
  if (holders.length <= 1) return holders[0] ?? null;
  const found = holders.find(({ token }) => `${token}` === ifToken);
  if (found !== undefined) return found;
  const next = 'choose one with --place or --if-token, as "natslock status --ids" shows them';
  throw new CliError(EXIT.usage, `Cannot evict the holder of "${key}": ${holders.length} hold it`, next);
}

function questionOf(request: Request, ttl: number): Question {
  const { name, state, place, token } = request;
  const who = requester(request);
  const does = { held: "holds", waiting: "waits for", gone: "is gone, and has asked for" }[state];
  const effect = state === "waiting"
    ? "It queues again at the end"
    : `It is told at once, or notices within ${shortly(ttl)}; until then two holders may be active`;
  return {
    what: `evict ${who} from "${name}"`,
    facts: [`${who} ${does} "${name}" (place ${place}, token ${token}, requested ${ageOf(request)} ago)`, effect],
    ask: "Evict it?",
  };
}
