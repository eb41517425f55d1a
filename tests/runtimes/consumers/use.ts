/** A user's program, as in a project that has natslock from npm. It is compiled in strict mode and run. */

import {
  AcquireTimeoutError,
  DEFAULT_KEY_NAME,
  describeTiming,
  type Leadership,
  type Lease,
  LeaseLostError,
  Locker,
  type LockEvent,
  newKeyValue,
  type OpenOptions,
} from "@x/natslock";
import { instrument } from "@x/natslock/otel";
import { ManualClock, MemoryStore } from "@x/natslock/testing";

/** What the program needs of the runtime. */
interface Runtime {
  readonly natsUrl: string;
  readonly wsFactory?: NonNullable<OpenOptions["connection"]>["wsFactory"];
  say(line: string): void;
}

const { natsUrl, wsFactory, say } = globalThis as unknown as Runtime;

async function withServer(): Promise<string> {
  const events: LockEvent["type"][] = [];
  const locker: Locker = await Locker.open({
    servers: natsUrl,
    bucket: "consumer",
    ttl: 3000,
    onEvent: (event: LockEvent): void => void events.push(event.type),
    ...(wsFactory ? { connection: { wsFactory } } : {}),
  });
  const stop: () => void = instrument(locker, {});
  stop();
  const token: number = await locker.run((lease: Lease): number => lease.token);
  const leader: Leadership | null = await locker.leader();
  await locker.close();
  return `token ${token > 0}, leader ${leader}, events ${events.join(" ")}`;
}

async function withoutServer(): Promise<string> {
  const clock: ManualClock = new ManualClock();
  const locker = new Locker({ store: new MemoryStore(clock, { ttl: 3000 }), clock });
  const leads: boolean = await locker.acquireLead();
  return `leads ${leads} with key ${locker.key === DEFAULT_KEY_NAME}`;
}

say(await withServer());
say(await withoutServer());
say(`errors ${[AcquireTimeoutError, LeaseLostError].map((type) => typeof type).join(" ")}, ${typeof newKeyValue}`);
say(describeTiming(3000).split("\n")[0] ?? "");
