import { assertEquals, assertRejects } from "@std/assert";
import { limited, withLimit } from "../helpers/limit.ts";

const context = { name: "it" } as Deno.TestContext;

Deno.test("limited() fails a body that exceeds its limit, and names the test", async () => {
  const body = limited(() => new Promise(() => {}), 0.0001);
  await assertRejects(async () => await body(context), Error, '"it" takes longer than 0.0001 minutes');
});

Deno.test("limited() ends like its body and leaves no timer", async () => {
  await limited(() => {})(context);
  await assertRejects(async () => await limited(() => Promise.reject(new Error("mine")))(context), Error, "mine");
});

Deno.test("withLimit() limits the body in every form of Deno.test()", () => {
  const stuck = () => new Promise<void>(() => {});
  for (const args of [["name", stuck], [stuck], [{ name: "name", fn: stuck }], [{ name: "name" }, stuck]]) {
    const [limitedOne] = withLimit(args).flatMap((arg) =>
      typeof arg === "function" ? [arg] : typeof arg === "object" && arg !== null && "fn" in arg ? [arg.fn] : []
    );
    assertEquals(typeof limitedOne, "function");
    assertEquals(limitedOne === stuck, false);
  }
});
