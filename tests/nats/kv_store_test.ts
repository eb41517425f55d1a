import { assertEquals } from "@std/assert";
import { storeOf } from "../../src/nats/kv_store.ts";
import { newKeyValue, withServer } from "../helpers/nats.ts";
import { testStore } from "../helpers/store_contract.ts";

type Handle = Parameters<typeof storeOf>[0];

/** What a server may take longer to remove what has run out (nats-facts 1). */
const LAG = 350;

testStore("KvStore", (body) =>
  withServer(async ({ nc }) => {
    const ttl = 2000;
    const kv = await newKeyValue(nc, "contract", ttl);
    await body({
      store: storeOf(kv),
      ttl,
      pass: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      expire: (ms) => new Promise((resolve) => setTimeout(resolve, ms + LAG)),
      deleteBucket: async () => void await kv.destroy(),
      recreateBucket: async () => {
        await kv.destroy();
        await newKeyValue(nc, "contract", ttl);
      },
    });
  }));

/** A handle as the client makes it, on a connection that keeps the subjects of requests and answers none. */
function unansweredHandle(prefix: string | undefined): { kv: Handle; subjects: string[] } {
  const subjects: string[] = [];
  const request = (subject: string) => {
    subjects.push(subject);
    return Promise.reject(Object.assign(new Error("timeout"), { name: "TimeoutError" }));
  };
  const nc = { options: { inboxPrefix: "_INBOX" }, info: { version: "2.15.1" }, isClosed: () => false, request };
  const handle = { bucket: "locks", stream: "KV_locks", js: { nc, prefix } };
  return { kv: handle as unknown as Handle, subjects };
}

for (const [prefix, api] of [[undefined, "$JS.API"], ["$JS.API", "$JS.API"], ["$JS.hub.API", "$JS.hub.API"]] as const) {
  Deno.test(`KvStore sends to the subjects of ${api} for a handle with the prefix ${prefix}`, async () => {
    const { kv, subjects } = unansweredHandle(prefix);
    const store = storeOf(kv);
    const record = {
      holder: crypto.randomUUID(),
      attempt: "a",
      token: null,
      name: "",
      since: null,
      ttl: null,
      meta: {},
    };
    const written = await store.write("leader", { record, expected: 0, ttl: null, timeout: 1000 });
    const read = await store.read("leader", { timeout: 1000 });
    assertEquals([written.kind, read.kind], ["unknown", "failed"]);
    const target = api === "$JS.API" ? "$KV.locks.leader" : `${api}.$KV.locks.leader`;
    assertEquals(subjects, [target, `${api}.STREAM.MSG.GET.KV_locks`]);
  });
}

Deno.test("storeOf() is the same for the same handle, and another for another", () => {
  const [one, other] = [unansweredHandle(undefined), unansweredHandle(undefined)];
  assertEquals([storeOf(one.kv) === storeOf(one.kv), storeOf(one.kv) === storeOf(other.kv)], [true, false]);
});
