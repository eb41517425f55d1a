/** `natslock watch`: prints each change of holder as it happens. */

import { isMissing, SystemClock } from "@x/natslock/internal";
import type { NatsConnection } from "@nats-io/nats-core";
import { constants } from "node:os";
import { missing } from "./bucket_stream.ts";
import { withConnection } from "./connect.ts";
import { EXIT, Stopped } from "./exit.ts";
import { selectionOf } from "./filter.ts";
import { type Bucket, shownBucket } from "./locks.ts";
import { Outage } from "./outage.ts";
import { print } from "./print.ts";
import { Pulse } from "./pulse.ts";
import type { ShowFlags } from "./show.ts";
import { dieBy, Signals } from "./signals.ts";
import { JsonLines, TableLines, type WatchLines } from "./watch_lines.ts";
import { Watcher } from "./watcher.ts";

const clock = new SystemClock();

/** Prints changes of the selected locks, or of all, until a signal arrives. Returns the exit code. */
export async function watch(words: readonly string[], flags: ShowFlags): Promise<number> {
  const lines = flags.json ? new JsonLines(clock) : new TableLines(clock, flags.ids ?? false);
  try {
    await withConnection(flags, (nc) => follow(nc, { words, flags, lines }));
    return EXIT.done;
  } catch (error) {
    if (isMissing(error)) throw missing(flags.bucket);
    if (!(error instanceof Stopped)) throw error;
    await dieBy(error.by, clock);
    return EXIT.signalled + (constants.signals[error.by] ?? 0);
  }
}

interface Watch {
  readonly words: readonly string[];
  readonly flags: ShowFlags;
  readonly lines: WatchLines;
}

/** What is watched, and how it is printed. */
interface Watched {
  /** Returns the first line; `null` if there is none. */
  head(): string | null;
  /** Returns the lines for all that is shown, marked as stale. */
  stale(): string[];
  /** Reads and prints all again. */
  refresh(): void;
  /** Prints each change until the signal is aborted. Then rejects with its reason. */
  follow(signal: AbortSignal): Promise<never>;
}

/** Prints until a signal arrives. Then rejects with {@linkcode Stopped}. */
async function follow(nc: NatsConnection, watch: Watch): Promise<void> {
  const { flags, lines } = watch;
  let watched: Watched | null = null;
  const outage = new Outage({
    meanwhile: () => `watching bucket "${flags.bucket}"`,
    changed: (why) => {
      void put(lines.outage(why));
      if (why === null) watched?.refresh();
      else for (const line of watched?.stale() ?? []) void put(line);
    },
  });
  const following = [outage.follow(nc), resetAtReconnects(nc, outage)];
  const pulse = new Pulse(clock, outage).start(nc);
  let signals: Signals | null = null;
  try {
    const bucket = await shownBucket(nc, flags);
    watched = bucket.maxHold === null ? leasesIn(bucket, watch, outage) : await queuesIn(bucket, watch, outage);
    await put(watched.head());
    // Not earlier: until here the default effect of a signal must end the program at once, whatever it waits for.
    signals = new Signals(clock);
    await watched.follow(signals.stop);
  } finally {
    signals?.[Symbol.dispose]();
    pulse[Symbol.dispose]();
    for (const one of following) one[Symbol.dispose]();
  }
}

const put = async (line: string | null) => line === null ? undefined : await print(line);

function leasesIn(bucket: Bucket, { words, lines }: Watch, outage: Outage): Watched {
  const selection = selectionOf(words.length > 0 ? words : [">"]);
  const watcher = new Watcher(bucket, { change: (lock) => put(lines.line({ lock, stale: false })), outage });
  return {
    head: () => lines.head(),
    stale: () => watcher.shown.map((lock) => lines.line({ lock, stale: true })),
    refresh: () => watcher.refresh(),
    follow: (signal) => watcher.follow(selection, signal),
  };
}

async function queuesIn(bucket: Bucket, { words, flags }: Watch, outage: Outage): Promise<Watched> {
  const { QueueLines } = await import("./watch_queue_lines.ts");
  const { QueueWatcher } = await import("./watch_queues.ts");
  const lines = new QueueLines(clock, flags);
  const tell = (change: Parameters<typeof lines.line>[0]) => put(lines.line(change, false));
  const watcher = new QueueWatcher({ bucket, words, clock, outage, tell });
  return {
    head: () => lines.head(),
    stale: () => watcher.shown.map((request) => lines.line({ kind: "request", request }, true)),
    refresh: () => watcher.refresh(),
    follow: (signal) => watcher.follow(signal),
  };
}

/**
 * Ends an outage as soon as the connection is back. Requests that were sent meanwhile are lost, and those who wait for
 * their answers would notice that only when the time for the answer is up.
 */
function resetAtReconnects(nc: NatsConnection, outage: Outage): Disposable {
  const statuses: AsyncIterable<{ readonly type: string }> & { stop?(): void } = nc.status();
  const run = async () => {
    for await (const { type } of statuses) if (type === "reconnect") outage.reset();
  };
  run().catch(() => {});
  return { [Symbol.dispose]: () => statuses.stop?.() };
}
