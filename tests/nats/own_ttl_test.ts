import { jetstreamManager } from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import { assertEquals } from "@std/assert";
import { type KvHandle, Locker } from "@x/natslock";
import { eventually } from "../helpers/measure.ts";
import { type Lab, withServer } from "../helpers/nats.ts";

/** In ms. The bucket itself keeps records for ever: only what each write says of itself removes it. */
const TTL = 1000;

/** What a server may take longer to remove what has run out, and what a loaded machine may. */
const LATEST = TTL + 4000;

/** A bucket without an expiry of its own, and what a message under its key `leader` says of its own time. */
async function endless({ nc }: Lab): Promise<{ kv: KvHandle; ownTtl: () => Promise<string | undefined> }> {
  const { streams } = await jetstreamManager(nc);
  const rights = { allow_msg_ttl: true, allow_rollup_hdrs: true, allow_direct: true, deny_delete: true } as const;
  const keeping = { max_msgs_per_subject: 1, discard: "new" } as const;
  await streams.add({ name: "KV_locks", subjects: ["$KV.locks.>"], ...keeping, ...rights });
  const ownTtl = async () => {
    const message = await streams.getMessage("KV_locks", { last_by_subj: "$KV.locks.leader" });
    return message?.header.get("Nats-TTL");
  };
  return { kv: await new Kvm(nc).open("locks"), ownTtl };
}

/** Rejects unless the lock is free again by the server's own doing. */
async function isFreed(kv: KvHandle): Promise<void> {
  await using other = new Locker({ kv, ttl: TTL });
  await eventually("the record to run out", async () => await other.leader() === null, LATEST);
}

Deno.test("Locker.acquireLead() that keeps the lead writes a record that runs out, as the first one does", () =>
  withServer(async (lab) => {
    const { kv, ownTtl } = await endless(lab);
    const dead = new Locker({ kv, ttl: TTL });
    for (const _ of ["grant", "renewal", "renewal"]) {
      assertEquals([await dead.acquireLead(), await ownTtl()], [true, "1s"]);
    }
    await isFreed(kv);
  }));

Deno.test("Lease that renewed itself leaves a record that runs out when its process dies", () =>
  withServer(async (lab) => {
    const { kv, ownTtl } = await endless(lab);
    const renewed = Promise.withResolvers<void>();
    const far = await lab.connect();
    const onEvent = ({ type }: { type: string }) => type === "renewed" && renewed.resolve();
    const lease = await new Locker({ kv: await new Kvm(far).open("locks"), ttl: TTL, onEvent }).acquire();
    await renewed.promise;
    assertEquals([lease.held, await ownTtl()], [true, "1s"]);
    // To the bucket it is dead: nothing of it arrives any more.
    await far.close();
    await isFreed(kv);
  }));

Deno.test("Lease.release() leaves a mark that runs out, in a bucket without an expiry of its own", () =>
  withServer(async (lab) => {
    const { kv, ownTtl } = await endless(lab);
    const lease = await new Locker({ kv, ttl: TTL }).acquire();
    await lease.release();
    assertEquals(await ownTtl(), "1s");
  }));
