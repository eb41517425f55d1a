/** `natslock watch`: prints each change of holder as it happens. */

import { SystemClock } from "@x/natslock/internal";
import { constants } from "node:os";
import { withConnection } from "./connect.ts";
import { EXIT, Stopped } from "./exit.ts";
import { openedBucket, requireKey } from "./locks.ts";
import { Outage } from "./outage.ts";
import { print } from "./print.ts";
import { plain } from "./say.ts";
import { colours, holderOf, jsonOf, type Lock, type ShowFlags, table } from "./show.ts";
import { dieBy, Signals } from "./signals.ts";
import { Watcher } from "./watcher.ts";

/** Fixed widths of the columns. Lines are printed one by one, so the widths cannot depend on the content. */
const WIDTHS = [10, 28, 30, 10];

const clock = new SystemClock();

/** Prints changes until a signal arrives. Returns the exit code. */
export async function watch(keys: readonly string[], flags: ShowFlags): Promise<number> {
  keys.forEach(requireKey);
  try {
    await withConnection(flags, async (nc) => {
      const bucket = await openedBucket(nc, flags.bucket);
      if (!flags.json) await print(table(["TIME", "KEY", "HOLDER", "TOKEN"], [], WIDTHS));
      const outage = new Outage({ meanwhile: () => `watching bucket "${flags.bucket}"` });
      const following = outage.follow(nc);
      // Not earlier: until here the default effect of a signal must end the program at once, whatever it waits for.
      const signals = new Signals(clock);
      try {
        const change = (lock: Lock) => print(flags.json ? jsonLine(lock) : line(lock));
        const watcher = new Watcher(bucket, { change, outage });
        await (keys.length > 0 ? watcher.follow(keys, signals.stop) : watcher.followAll(signals.stop));
      } finally {
        signals[Symbol.dispose]();
        following[Symbol.dispose]();
      }
    });
    return EXIT.done;
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    await dieBy(error.by, clock);
    return EXIT.signalled + (constants.signals[error.by] ?? 0);
  }
}

const jsonLine = (lock: Lock): string => jsonOf(lock, { time: new Date(clock.wall()).toISOString() });

function line({ key, leader }: Lock): string {
  const time = new Date(clock.wall()).toTimeString().slice(0, 8);
  const { green, dim } = colours();
  const holder = leader === null ? dim("free") : green(holderOf(leader));
  return table([], [[time, plain(key), holder, leader === null ? "" : `${leader.token}`]], WIDTHS);
}
