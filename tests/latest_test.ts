import { assertEquals, assertRejects } from "@std/assert";
import { Latest } from "../src/latest.ts";

function asked(): { latest: Latest<string>; requests: PromiseWithResolvers<string>[]; ask: () => Promise<string> } {
  const requests: PromiseWithResolvers<string>[] = [];
  const ask = () => {
    const request = Promise.withResolvers<string>();
    requests.push(request);
    return request.promise;
  };
  return { latest: new Latest(), requests, ask };
}

Deno.test("Latest asks once for all who need the answer, and keeps it", async () => {
  const { latest, requests, ask } = asked();
  const both = Promise.all([latest.get(ask), latest.get(ask)]);
  requests[0]?.resolve("new");
  assertEquals(await both, ["new", "new"]);
  assertEquals(await latest.get(ask), "new");
  assertEquals([requests.length, latest.value], [1, "new"]);
});

Deno.test("Latest gives the answer of the newest of two requests that cross, also to who asked first", async () => {
  for (const order of [[0, 1], [1, 0]]) {
    const { latest, requests, ask } = asked();
    const both = Promise.all([latest.get(ask), latest.get(ask, true)]);
    for (const which of order) requests[which]?.resolve(["old", "new"][which] ?? "");
    assertEquals(await both, ["new", "new"]);
    assertEquals(latest.value, "new");
  }
});

Deno.test("Latest answers who asked first with the newer answer, though the older request fails", async () => {
  const { latest, requests, ask } = asked();
  const both = Promise.all([latest.get(ask), latest.get(ask, true)]);
  requests[1]?.resolve("new");
  requests[0]?.reject(new Error("late"));
  assertEquals(await both, ["new", "new"]);
  assertEquals(await latest.get(ask), "new");
  assertEquals(requests.length, 2);
});

Deno.test("Latest asks again after a request that failed, and once told to forget", async () => {
  const { latest, requests, ask } = asked();
  const first = assertRejects(() => latest.get(ask), Error, "refused");
  requests[0]?.reject(new Error("refused"));
  await first;
  const second = latest.get(ask);
  requests[1]?.resolve("one");
  assertEquals(await second, "one");
  latest.forget();
  const third = latest.get(ask);
  requests[2]?.resolve("two");
  assertEquals([await third, latest.value], ["two", "two"]);
});
