import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { wsconnect } from "@nats-io/nats-core";
import { assert, assertEquals, assertGreater, assertStringIncludes } from "@std/assert";
import { Locker, newKeyValue } from "@x/natslock";
import { NatsServer } from "../../tools/nats/server.ts";
import { apiCodeOf, toLockError } from "../../src/nats/nats_errors.ts";
import { FORBIDDEN } from "./forbidden_acts.ts";
import { head, refusalOf } from "./refusal.ts";
import { withServer } from "../helpers/nats.ts";
import { PASSWORDS, permissionFiles, type Roles, withRoles } from "../helpers/roles.ts";

const ROLL_UP_REFUSED = 10111;

/** Returns everything that a forbidden act could have changed. */
async function stateOf(roles: Roles): Promise<unknown> {
  const { config, state } = await (await jetstreamManager(await roles.as("admin"))).streams.info("KV_locks");
  return { config, last: state.last_seq, messages: state.messages, consumers: state.consumer_count };
}

/** The candidate's acts on the prefix that a tenant uses for JetStream. */
const BY_TENANT = FORBIDDEN.filter(({ role, subject }) => role === "jobs" && /^\$(?:JS|KV)\b/.test(subject)).map(
  (act) => {
    const { what, subject } = act;
    const inAccount = subject.replace("$JS.API", "$JS.locks.API").replace(/^\$KV/, "$JS.locks.API.$KV");
    return { ...act, what: `${what} as a tenant`, subject: inAccount };
  },
);
const ACTS = { "users.conf": FORBIDDEN, "accounts.conf": [...FORBIDDEN, ...BY_TENANT] };

for (const [file, acts] of Object.entries(ACTS)) {
  Deno.test(`${file}: each of ${acts.length} forbidden acts is refused, with the subject and the missing right`, async (t) => {
    assertGreater(acts.length, 24);
    await withRoles(file, async (roles) => {
      await using other = await roles.locker("admin", "billing.leader");
      assert(await other.acquireLead());
      const before = await stateOf(roles);
      for (const act of acts) {
        await t.step(`${act.role} may not ${act.what}`, async () => {
          const { error, certain } = toLockError(await refusalOf(await roles.as(act.role), act), act.what);
          assertEquals([error.why, certain, error.transient], ["denied", true, false]);
          assertStringIncludes(error.message, `Cannot ${act.what}: this user lacks the right to ${act.right} "`);
          assertStringIncludes(error.message, `"${act.subject}": add it to the user's`);
        });
      }
      assertEquals(await stateOf(roles), before);
    });
  });
}

for (
  const [file, account] of [["users.conf", 0], ["accounts.conf", 0], ["accounts.conf", 1], [
    "accounts.conf",
    2,
  ]] as const
) {
  Deno.test(`${file}: a user added to list ${account + 1} without permissions may do nothing`, async () => {
    const { [file]: text = "", ...files } = await permissionFiles();
    const lists = text.split("users: [");
    lists[account] += "users: [ { user: stranger, password: stranger }";
    const added = lists.map((part, i) => i < lists.length - 1 && i !== account ? `${part}users: [` : part).join("");
    const config = `include "${file}"`;
    await using server = await NatsServer.start({ config, files: { ...files, [file]: added }, env: PASSWORDS });
    const login = { user: "stranger", pass: "stranger" };
    const nc = await wsconnect({ servers: server.url, ...login, reconnect: false });
    for (const subject of ["natslock.locks.jobs.leader", "$KV.locks.jobs.leader", "x", "$JS.API.INFO"]) {
      for (const right of ["publish to", "subscribe to"] as const) {
        const refusal = await refusalOf(nc, { right, subject });
        assertEquals(toLockError(refusal, "").error.why, "denied", `${right} ${subject}`);
      }
    }
    await nc.close();
  });
}

Deno.test("A bucket created with rollups false refuses a roll-up on a candidate's own key, and a release works", () =>
  withRoles("users.conf", async ({ as, locker }) => {
    await using other = await locker("admin", "billing.leader");
    assert(await other.acquireLead());
    const js = jetstream(await as("jobs"));
    const rolling = js.publish("$KV.locks.jobs.leader", "x", head([["Nats-Rollup", "all"]]));
    assertEquals(apiCodeOf(await rolling.then(() => null, (error) => error)), ROLL_UP_REFUSED);
    assertEquals((await other.leader())?.token, other.token);
    const one = await locker("jobs", "jobs.leader");
    assert(await one.acquireLead());
    await one.releaseLead();
    assertEquals(await one.leader(), null);
  }));

Deno.test("A bucket that allows roll-ups can be emptied by a client that may write one key, as docs/security.md says", () =>
  withServer(async ({ nc }) => {
    const kv = await newKeyValue(nc, "locks", 5000);
    const victim = new Locker({ kv, key: "billing.leader" });
    assert(await victim.acquireLead());
    await jetstream(nc).publish("$KV.locks.jobs.leader", "x", head([["Nats-Rollup", "all"]]));
    assertEquals(await victim.leader(), null);
  }));
