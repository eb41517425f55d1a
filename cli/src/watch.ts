/** `natslock watch`: prints each change of holder as it happens. */

import { isMissing, SystemClock } from "@x/natslock/internal";
import type { NatsConnection } from "@nats-io/nats-core";
import { constants } from "node:os";
import { missing } from "./bucket_stream.ts";
import { withConnection } from "./connect.ts";
import { EXIT, Stopped } from "./exit.ts";
import { type Selection, selectionOf } from "./filter.ts";
import { shownBucket } from "./locks.ts";
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
  const selection = selectionOf(words.length > 0 ? words : [">"]);
  const lines = flags.json ? new JsonLines(clock) : new TableLines(clock, flags.ids ?? false);
  try {
    await withConnection(flags, (nc) => follow(nc, { selection, flags, lines }));
    return EXIT.done;
  } catch (error) {
    if (isMissing(error)) throw missing(flags.bucket);
    if (!(error instanceof Stopped)) throw error;
    await dieBy(error.by, clock);
    return EXIT.signalled + (constants.signals[error.by] ?? 0);
  }
}

interface Watch {
  readonly selection: Selection;
  readonly flags: ShowFlags;
  readonly lines: WatchLines;
}

/** Prints until a signal arrives. Then rejects with {@linkcode Stopped}. */
async function follow(nc: NatsConnection, { selection, flags, lines }: Watch): Promise<void> {
  let watcher: Watcher | null = null;
  const put = async (line: string | null) => line === null ? undefined : await print(line);
  const outage = new Outage({
    meanwhile: () => `watching bucket "${flags.bucket}"`,
    changed: (why) => {
      void put(lines.outage(why));
      if (why === null) watcher?.refresh();
      else for (const lock of watcher?.shown ?? []) void put(lines.line({ lock, stale: true }));
    },
  });
  const following = [outage.follow(nc), resetAtReconnects(nc, outage)];
  const pulse = new Pulse(clock, outage).start(nc);
  let signals: Signals | null = null;
  try {
    const bucket = await shownBucket(nc, flags);
    await put(lines.head());
    watcher = new Watcher(bucket, { change: (lock) => put(lines.line({ lock, stale: false })), outage });
    // Not earlier: until here the default effect of a signal must end the program at once, whatever it waits for.
    signals = new Signals(clock);
    await watcher.follow(selection, signals.stop);
  } finally {
    signals?.[Symbol.dispose]();
    pulse[Symbol.dispose]();
    for (const one of following) one[Symbol.dispose]();
  }
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
