import { jetstreamManager } from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import { assertEquals } from "@std/assert";
import { type KvHandle, Locker } from "@x/natslock";
import { eventually } from "../helpers/measure.ts";
import { type Lab, withServer } from "../helpers/nats.ts";

/** Lease length in ms. The bucket keeps records forever: only the TTL of each message removes it. */
const TTL = 1000;

/** Latest time of a removal in ms: the lease length, and some for the server and a busy machine. */
const LATEST = TTL + 4000;

/** Creates a bucket without `max_age`. Returns its handle, and a function that reads the TTL of the key `leader`. */
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

/** Rejects unless the server removes the record by itself. */
async function isFreed(kv: KvHandle): Promise<void> {
  await using other = new Locker({ kv, ttl: TTL });
  await eventually("the record to expire", async () => await other.leader() === null, LATEST);
}

Deno.test("Locker.acquireLead() writes a record that expires, at the grant and at each renewal", () =>
  withServer(async (lab) => {
    const { kv, ownTtl } = await endless(lab);
    const dead = new Locker({ kv, ttl: TTL });
    for (const _ of ["grant", "renewal", "renewal"]) {
      assertEquals([await dead.acquireLead(), await ownTtl()], [true, "1s"]);
    }
    await isFreed(kv);
  }));

Deno.test("Lease that was renewed leaves a record that expires when its process dies", () =>
  withServer(async (lab) => {
    const { kv, ownTtl } = await endless(lab);
    const renewed = Promise.withResolvers<void>();
    const far = await lab.connect();
    const onEvent = ({ type }: { type: string }) => type === "renewed" && renewed.resolve();
    const lease = await new Locker({ kv: await new Kvm(far).open("locks"), ttl: TTL, onEvent }).acquire();
    await renewed.promise;
    assertEquals([lease.held, await ownTtl()], [true, "1s"]);
    // The closed connection acts as the death of the process: no message of it arrives any more.
    await far.close();
    await isFreed(kv);
  }));

Deno.test("Lease.release() leaves a release marker that expires, in a bucket without max_age", () =>
  withServer(async (lab) => {
    const { kv, ownTtl } = await endless(lab);
    const lease = await new Locker({ kv, ttl: TTL }).acquire();
    await lease.release();
    assertEquals(await ownTtl(), "1s");
  }));
