/** Tests of CachedRequest: what it keeps, and which answer counts when requests overlap. */

import { assertEquals, assertRejects } from "@std/assert";
import { CachedRequest } from "../../src/base/cached_request.ts";

function asked(): {
  latest: CachedRequest<string>;
  requests: PromiseWithResolvers<string>[];
  ask: () => Promise<string>;
} {
  const requests: PromiseWithResolvers<string>[] = [];
  const ask = () => {
    const request = Promise.withResolvers<string>();
    requests.push(request);
    return request.promise;
  };
  return { latest: new CachedRequest(), requests, ask };
}

Deno.test("CachedRequest keeps the answer until it is invalidated, then asks again", async () => {
  const { latest, requests, ask } = asked();
  const first = latest.get(ask);
  requests[0]?.resolve("one");
  assertEquals([await first, await latest.get(ask)], ["one", "one"]);
  latest.invalidate();
  const second = latest.get(ask);
  requests[1]?.resolve("two");
  assertEquals([await second, latest.value, requests.length], ["two", "two", 2]);
});

Deno.test("CachedRequest gives the newer answer to both requests if the older one is answered last", async () => {
  const { latest, requests, ask } = asked();
  const [older, newer] = [latest.get(ask), latest.get(ask, true)];
  requests[1]?.resolve("new");
  assertEquals(await newer, "new");
  requests[0]?.resolve("old");
  assertEquals([await older, await latest.get(ask), latest.value], ["new", "new", "new"]);
});

Deno.test("CachedRequest returns the answer to an invalidated request to its caller but does not keep it", async () => {
  const { latest, requests, ask } = asked();
  const [older, newer] = [latest.get(ask), latest.get(ask, true)];
  requests[0]?.resolve("old");
  assertEquals([await older, latest.value], ["old", null]);
  requests[1]?.resolve("new");
  assertEquals([await newer, await latest.get(ask)], ["new", "new"]);
});

Deno.test("CachedRequest sends a request for each caller, so that a lost one delays no other caller", async () => {
  const { latest, requests, ask } = asked();
  const lost = assertRejects(() => latest.get(ask), Error, "no answer");
  const second = latest.get(ask);
  requests[1]?.resolve("new");
  assertEquals(await second, "new");
  requests[0]?.reject(new Error("no answer"));
  await lost;
  assertEquals(await latest.get(ask), "new");
});

Deno.test("CachedRequest.refresh() asks even if an answer is kept, and keeps that one on failure", async () => {
  const { latest, requests, ask } = asked();
  const first = latest.get(ask);
  requests[0]?.resolve("one");
  await first;
  const failing = latest.refresh(ask);
  requests[1]?.reject(new Error("no answer"));
  await assertRejects(() => failing, Error, "no answer");
  assertEquals([await latest.get(ask), requests.length], ["one", 2]);
  const second = latest.refresh(ask);
  requests[2]?.resolve("two");
  assertEquals([await second, await latest.get(ask), requests.length], ["two", "two", 3]);
});

Deno.test("CachedRequest.refresh() does not replace a newer answer by an older one", async () => {
  const { latest, requests, ask } = asked();
  const [older, newer] = [latest.refresh(ask), latest.get(ask, true)];
  requests[1]?.resolve("new");
  await newer;
  requests[0]?.resolve("old");
  assertEquals([await older, await latest.get(ask)], ["new", "new"]);
});
