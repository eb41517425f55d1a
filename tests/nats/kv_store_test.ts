import { assertEquals } from "@std/assert";
import { storeOf } from "../../src/nats/kv_store.ts";
import { newKeyValue, withServer } from "../helpers/nats.ts";
import { testStore } from "../helpers/store_contract.ts";

type Handle = Parameters<typeof storeOf>[0];

/** How late a server may remove an expired message: up to 254 ms were measured, and the machine may add some. */
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

/** Returns a handle like the client's, on a connection that records the subjects of requests and never replies. */
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

Deno.test("storeOf() returns the same store for the same handle, and another one for another handle", () => {
  const [one, other] = [unansweredHandle(undefined), unansweredHandle(undefined)];
  assertEquals([storeOf(one.kv) === storeOf(one.kv), storeOf(one.kv) === storeOf(other.kv)], [true, false]);
});
