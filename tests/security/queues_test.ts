import { assertEquals, assertGreater, assertStringIncludes } from "@std/assert";
import type { LockManager, LockOptions } from "@x/natslock";
import { toLockError } from "../../src/nats/nats_errors.ts";
import { connectionError } from "../helpers/errors.ts";
import { type QueueFiles, type QueueRole, type QueueRoles, TTL, withQueueRoles } from "../helpers/queue_roles.ts";
import { rightsOf } from "../helpers/roles.ts";
import type { Act } from "./forbidden_acts.ts";
import { refusalOf } from "./refusal.ts";

/** Opens two lock managers of a role. `whenWaiting` resolves when a request of the second one waits. */
async function pair({ open }: QueueRoles, role: QueueRole): Promise<{
  readonly one: LockManager;
  readonly other: LockManager;
  readonly whenWaiting: Promise<void>;
}> {
  const { promise: whenWaiting, resolve } = Promise.withResolvers<void>();
  const one = await open(role);
  const other = await open(role, { onEvent: ({ type }) => type === "waiting" && resolve() });
  return { one, other, whenWaiting };
}

/** Resolves when a signal is aborted. */
const whenAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((done) => signal.addEventListener("abort", () => done(), { once: true }));

for (const role of ["fleet", "worker"] as const) {
  Deno.test(`${role}.conf: LockManager takes, tries, waits for, hands over, shares and steals a lock, and queries`, () =>
    withQueueRoles(async (roles) => {
      const { one, other, whenWaiting } = await pair(roles, role);
      const first = await one.acquire("nightly report");
      assertEquals(await other.acquire("nightly report", { ifAvailable: true }), null);
      const waiting = other.acquire("nightly report", { timeout: 20_000 });
      await whenWaiting;
      await first.release();
      const second = await waiting;
      assertGreater(second.token, first.token);
      const lost = whenAborted(second.signal);
      const thief = await one.acquire("nightly report", { steal: true });
      await lost;
      await thief.release();
      const several = await other.acquire(["deploy", "nightly report"]);
      assertEquals((await one.query()).held.map(({ name }) => name).sort(), ["deploy", "nightly report"]);
      await Promise.all(several.map((lock) => lock.release()));
      const shared: LockOptions = { mode: "shared", limit: 2 };
      await one.request("deploy", shared, () => other.request("deploy", shared, () => {}));
    }));

  Deno.test(`${role}.conf: LockManager buries a process that died, and takes its lock`, () =>
    withQueueRoles(async ({ as, open }) => {
      const nc = await as(role);
      const [dead, other] = [await open(role, { nc }), await open(role)];
      const first = await dead.acquire("deploy");
      await nc.close();
      const second = await other.acquire("deploy", { timeout: 20_000 });
      assertGreater(second.token, first.token);
    }));
}

Deno.test("worker.conf: another lock is denied, alone or with others, with the subject and the missing right", () =>
  withQueueRoles(async ({ open }) => {
    const worker = await open("worker");
    for (const name of ["deploy/eu", ["deploy", "deploy/eu"], "deplo", "", "nightly=0020report"]) {
      const names = [name].flat();
      for (const options of [{}, { ifAvailable: true }, { timeout: 0 }, { steal: true }]) {
        const error = await connectionError(worker.acquire(names, options));
        assertEquals([error.why, error.transient], ["denied", false]);
        assertStringIncludes(error.message, 'right to publish to "$KV.queues.=q.');
        assertStringIncludes(error.message, "add it to the user's publish permissions");
      }
    }
    assertEquals(await worker.query(), { held: [], pending: [] });
  }));

/** Returns the permission files without one subject of `fleet.conf`. */
const without = (subject: string): QueueFiles => ({
  edit: ({ "fleet.conf": text = "", ...files }) => ({ ...files, "fleet.conf": text.replace(`"${subject}"`, "") }),
});

/**
 * Resolves when no request can be in flight any more. Where changes of tickets cannot be followed, a session looks at its
 * tickets while it closes, and the timer of that look outlives the connection.
 */
const requestsOver = (): Promise<void> => new Promise((done) => setTimeout(done, TTL / 4));

/** Lets one of two managers try a lock of the other, wait for it, and take it after its release. */
async function contend(roles: QueueRoles): Promise<void> {
  const { one, other, whenWaiting } = await pair(roles, "fleet");
  const lock = await one.acquire("deploy");
  assertEquals(await other.acquire("deploy", { ifAvailable: true }), null);
  const waiting = other.acquire("deploy", { timeout: 20_000 });
  await Promise.race([waiting, whenWaiting]);
  await lock.release();
  await (await waiting).release();
}

const NEEDED: readonly (readonly [right: Act["right"], subject: string, named?: string])[] = [
  ["publish to", "$KV.queues.=s.*", "$KV.queues.=s."],
  ["publish to", "$KV.queues.=q.*.*.*", "$KV.queues.=q.deploy."],
  ["send requests to", "$JS.API.DIRECT.GET.KV_queues"],
  ["send requests to", "$JS.API.STREAM.MSG.GET.KV_queues"],
  ["send requests to", "$JS.API.STREAM.INFO.KV_queues"],
  ["subscribe to", "natslock.queues.=q.>", "natslock.queues.=q.deploy."],
];

for (const [right, subject, named = subject] of NEEDED) {
  Deno.test(`fleet.conf: without the right to ${right} "${subject}", a request is denied and names it`, async () => {
    await withQueueRoles(async (roles) => {
      const error = await connectionError(contend(roles));
      assertEquals([error.why, error.transient], ["denied", false]);
      assertStringIncludes(error.message, `this user lacks the right to ${right} "${named}`);
    }, without(subject));
    await requestsOver();
  });
}

Deno.test("fleet.conf: without the right to follow sessions, locks are handed over, also that of a dead process", async () => {
  await withQueueRoles(async (roles) => {
    await contend(roles);
    const nc = await roles.as("fleet");
    const [dead, other] = [await roles.open("fleet", { nc }), await roles.open("fleet")];
    const first = await dead.acquire("nightly report");
    await nc.close();
    assertGreater((await other.acquire("nightly report", { timeout: 20_000 })).token, first.token);
  }, without("natslock.queues.=s.*"));
  await requestsOver();
});

type Forbidden = Pick<Act, "what" | "right" | "subject">;
const writes = (what: string, subject: string): Forbidden => ({ what, right: "publish to", subject });
const asks = (what: string, request: string): Forbidden => {
  return { what, right: "send requests to", subject: `$JS.API.${request}` };
};

const FOR_ALL: readonly Forbidden[] = [
  writes("forge the end of a ticket", "natslock.queues.=q.deploy.x.0"),
  writes("forge the renewal of a session", "natslock.queues.=s.x"),
  writes("take the lock of a Locker in the bucket", "$KV.queues.leader"),
  writes("write to another bucket", "$KV.locks.=q.deploy.x.0"),
  writes("forge an answer", "_INBOX_queues-admin.x"),
  asks("change the bucket", "STREAM.UPDATE.KV_queues"),
  asks("purge the bucket", "STREAM.PURGE.KV_queues"),
  asks("delete the bucket", "STREAM.DELETE.KV_queues"),
  asks("delete a message", "STREAM.MSG.DELETE.KV_queues"),
  asks("create a consumer", "CONSUMER.CREATE.KV_queues"),
  asks("read another bucket", "DIRECT.GET.KV_locks"),
  { what: "read the answers of others", right: "subscribe to", subject: "_INBOX_queues-admin.>" },
  { what: "follow another bucket", right: "subscribe to", subject: "natslock.locks.>" },
];
const FORBIDDEN = {
  fleet: FOR_ALL,
  worker: [
    ...FOR_ALL,
    writes("write a ticket for another lock", "$KV.queues.=q.billing.x.0"),
    writes("write a ticket for another lock that begins like its own", "$KV.queues.=q.deploy=002feu.x.0"),
  ],
  "queues-admin": [
    writes("take a lock", "$KV.queues.=q.deploy.x.0"),
    writes("end a session", "$KV.queues.=s.x"),
    writes("forge the end of a ticket", "natslock.queues.=q.deploy.x.0"),
  ],
} as const;

for (const [role, acts] of Object.entries(FORBIDDEN) as ["fleet", readonly Forbidden[]][]) {
  Deno.test(`queues.conf: ${acts.length} acts are forbidden to ${role}, with the subject and the missing right`, () =>
    withQueueRoles(async ({ as }) => {
      const nc = await as(role);
      for (const act of acts) {
        const { error } = toLockError(await refusalOf(nc, act), act.what);
        assertEquals(error.why, "denied", act.what);
        assertStringIncludes(error.message, `this user lacks the right to ${act.right} "${act.subject}"`);
      }
    }));
}

Deno.test("queues_accounts.conf: two parties hold a lock of the same name, and neither sees that of the other", () =>
  withQueueRoles(async (roles) => {
    const [jobs, billing] = [await roles.open("jobs"), await roles.open("billing")];
    await Promise.all([jobs.acquire("deploy"), billing.acquire("deploy", { timeout: 0 })]);
    for (const [locks, holder] of [[jobs, "jobs"], [billing, "billing"]] as const) {
      const { held, pending } = await locks.query();
      assertEquals([held.map((lock) => lock.holder), pending], [[holder], []]);
    }
    await jobs.acquire("deploy", { steal: true });
    assertEquals((await billing.query()).held.map((lock) => lock.holder), ["billing"]);
  }, { file: "queues_accounts.conf", admins: ["jobs-admin", "billing-admin"] }));

Deno.test("docs/security.md names every subject that the files for a LockManager allow", async () => {
  const text = await Deno.readTextFile(new URL("../../docs/security.md", import.meta.url));
  for (const file of ["fleet.conf", "worker.conf", "queues_admin.conf"]) {
    const { publish, subscribe } = await rightsOf(file);
    assertGreater(publish.length, 4);
    for (const subject of [...publish, ...subscribe]) assertStringIncludes(text, `\`${subject}\``, file);
  }
});
