import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { assertEquals, assertGreater, assertNotEquals } from "@std/assert";
import { type Role, type Roles, withRoles } from "../helpers/roles.ts";

const VICTIM = "billing.leader";

/** Returns every request that gets a reply, with the role that may send it. */
function questions({ apiPrefix }: Roles): readonly (readonly [role: Role, subject: string, body: string])[] {
  const write = (key: string) => apiPrefix === "$JS.API" ? `$KV.locks.${key}` : `${apiPrefix}.$KV.locks.${key}`;
  return [
    ["jobs", `${apiPrefix}.STREAM.INFO.KV_locks`, ""],
    ["jobs", `${apiPrefix}.STREAM.MSG.GET.KV_locks`, JSON.stringify({ last_by_subj: "$KV.locks.jobs.planted" })],
    ["jobs", write("jobs.other"), "x"],
    ["observer", "$JS.API.DIRECT.GET.KV_locks.$KV.locks.jobs.planted", ""],
    ["observer", "$JS.API.DIRECT.GET.KV_locks.$KV.locks.nothing", ""],
    ["observer", "$JS.API.DIRECT.GET.KV_locks", JSON.stringify({ seq: 1, batch: 100, next_by_subj: "$KV.locks.>" })],
  ];
}

/** Returns the revision of the victim's key. */
async function revisionOf(roles: Roles): Promise<number> {
  const { streams } = await jetstreamManager(await roles.as("admin"));
  return (await streams.getMessage("KV_locks", { last_by_subj: `$KV.locks.${VICTIM}` }))?.seq ?? 0;
}

/** Sends a request whose reply goes to `subject`. Resolves when the server has sent the reply. */
async function aim(
  roles: Roles,
  [role, question, body]: readonly [Role, string, string],
  subject: string,
): Promise<void> {
  const nc = await roles.as(role);
  nc.publish(question, body, { reply: subject });
  // The server replies in order, so the first reply was sent before this one.
  await nc.request(question, body);
}

/** Runs a body while the victim's lock is held and a record planted by a candidate is stored. */
async function withVictim(file: string, body: (roles: Roles) => Promise<void>): Promise<void> {
  await withRoles(file, async (roles) => {
    const { apiPrefix } = roles;
    const victim = await roles.locker("admin", VICTIM);
    await victim.acquireLead();
    const planting = jetstream(await roles.as("jobs"), { apiPrefix });
    const subject = apiPrefix === "$JS.API" ? "$KV.locks.jobs.planted" : `${apiPrefix}.$KV.locks.jobs.planted`;
    await planting.publish(subject, "planted");
    await body(roles);
  });
}

Deno.test("accounts.conf: no reply that is aimed at another's key is written to it", () =>
  withVictim("accounts.conf", async (roles) => {
    const before = await revisionOf(roles);
    assertGreater(before, 0);
    for (const question of questions(roles)) {
      await aim(roles, question, `$KV.locks.${VICTIM}`);
      assertEquals(await revisionOf(roles), before, question[1]);
    }
  }));

Deno.test("accounts.conf: no reply reaches the watchers of another's key, or another's inbox", () =>
  withVictim("accounts.conf", async (roles) => {
    const admin = await roles.as("admin");
    const heard: string[] = [];
    for (const subject of [`natslock.locks.${VICTIM}`, "_INBOX_admin.aimed"]) {
      admin.subscribe(subject, { callback: (_, message) => void heard.push(message.subject) });
    }
    await admin.flush();
    for (const question of questions(roles)) {
      await aim(roles, question, `natslock.locks.${VICTIM}`);
      await aim(roles, question, "_INBOX_admin.aimed");
    }
    await admin.flush();
    assertEquals(heard, []);
  }));

Deno.test("users.conf: in one account each reply can be written to any key, as docs/security.md says", () =>
  withVictim("users.conf", async (roles) => {
    for (const question of questions(roles)) {
      const before = await revisionOf(roles);
      await aim(roles, question, `$KV.locks.${VICTIM}`);
      let after = before;
      for (let looks = 0; after === before && looks < 1000; looks++) after = await revisionOf(roles);
      assertNotEquals(after, before, question[1]);
    }
  }));
