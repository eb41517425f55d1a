import { jetstream } from "@nats-io/jetstream";
import { headers, type NatsConnection } from "@nats-io/nats-core";
import { assertEquals } from "@std/assert";
import { Locker, newKeyValue } from "@x/natslock";
import { storeOf } from "../../src/nats/kv_store.ts";
import type { Hint } from "../../src/store/store.ts";
import { Following } from "./following.ts";
import { withServer } from "../helpers/nats.ts";
import { type Roles, TTL, withRoles } from "../helpers/roles.ts";

const VICTIM = "jobs.victim";
/** Far above every revision here: a client that believes it takes every true change as older. */
const FAR = "1000000";

/** Returns the headers of a forged change of the victim's key: a release at a future revision. */
function planted(): { readonly headers: ReturnType<typeof headers> } {
  const all = headers();
  const says = { Stream: "KV_locks", Subject: `$KV.locks.${VICTIM}`, Sequence: FAR, "Last-Sequence": "0" };
  for (const [name, value] of Object.entries(says)) all.set(`Nats-${name}`, value);
  all.set("KV-Operation", "PURGE");
  return { headers: all };
}

/** Makes the server send a stored message to the victim's watchers, as a reply to a request. */
async function aim(nc: NatsConnection, subject: string): Promise<void> {
  nc.publish(`$JS.API.DIRECT.GET.KV_locks.${subject}`, "", { reply: `natslock.locks.${VICTIM}` });
  await nc.flush();
}

/** Lets an observer aim a message at the victim's watchers. Resolves when it has reached one. */
async function arrivalOf(roles: Roles, subject: string): Promise<void> {
  const nc = await roles.as("admin");
  const { promise, resolve } = Promise.withResolvers<void>();
  nc.subscribe(`natslock.locks.${VICTIM}`, { callback: () => resolve(), max: 1 });
  await nc.flush();
  await aim(await roles.as("observer"), subject);
  await promise;
}

/** Does the same with a message planted by a candidate. */
async function forge(roles: Roles): Promise<void> {
  await jetstream(await roles.as("jobs")).publish("$KV.locks.jobs.planted", "", planted());
  await arrivalOf(roles, "$KV.locks.jobs.planted");
}

Deno.test("KvStore.watch() ignores a reply that was aimed at a key's watchers, whatever it contains", () =>
  withRoles("users.conf", async (roles) => {
    const holder = await roles.locker("jobs", VICTIM);
    const lease = await holder.acquire();
    const nc = await roles.as("observer");
    const store = storeOf(await newKeyValue(nc, "locks", TTL));
    const hints: Hint[] = [];
    const stop = store.watch(VICTIM, (hint) => hints.push(hint));
    await nc.flush();
    // No permission restricts where a reply goes, so it does arrive.
    await forge(roles);
    await nc.flush();
    assertEquals(hints, []);
    await lease.release();
    await nc.flush();
    assertEquals(hints.map((hint) => hint.kind === "seen" && hint.keyState.kind), ["vacant"]);
    stop();
  }));

Deno.test("Locker.observe() shows no leader from an aimed reply", () =>
  withRoles("users.conf", async (roles) => {
    const [holder, candidate] = [await roles.locker("jobs", VICTIM), await roles.locker("jobs", "jobs.planted")];
    const lease = await holder.acquire();
    // A true and newer record, but of another key: it must not be taken as the victim's.
    const other = await candidate.acquire();
    await using seen = new Following(await roles.locker("observer", VICTIM));
    assertEquals((await seen.next())?.token, lease.token);
    const change = seen.next();
    await arrivalOf(roles, "$KV.locks.jobs.planted");
    await lease.release();
    assertEquals(await change, null);
    await other.release();
  }));

Deno.test("accounts.conf: a reply that an observer aims at the watchers of a key does not leave its account", () =>
  withRoles("accounts.conf", async (roles) => {
    const holder = await roles.locker("jobs", VICTIM);
    const lease = await holder.acquire();
    const admin = await roles.as("admin");
    let arrived = 0;
    admin.subscribe(`natslock.locks.${VICTIM}`, { callback: () => void arrived++ });
    await admin.flush();
    const observer = await roles.as("observer");
    await aim(observer, `$KV.locks.${VICTIM}`);
    // This reply arrives, so the server has sent the one before it.
    await observer.request(`$JS.API.DIRECT.GET.KV_locks.$KV.locks.${VICTIM}`);
    await admin.flush();
    assertEquals(arrived, 0);
    await lease.release();
  }));

Deno.test("Locker.observe() believes the server's headers, not headers of the same names in a record", () =>
  withServer(async ({ nc }) => {
    const kv = await newKeyValue(nc, "locks", 60_000);
    await using locker = new Locker({ kv, key: VICTIM });
    await using seen = new Following(locker);
    assertEquals(await seen.next(), null);
    await jetstream(nc).publish(`$KV.locks.${VICTIM}`, "somebody", { headers: withoutOperation() });
    assertEquals((await seen.next())?.revision, 1);
    await kv.delete(VICTIM);
    assertEquals(await seen.next(), null);
  }));

function withoutOperation(): ReturnType<typeof headers> {
  const { headers: all } = planted();
  all.delete("KV-Operation");
  return all;
}
