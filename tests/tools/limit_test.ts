import { assertEquals, assertRejects } from "@std/assert";
import { limited, withLimit } from "../helpers/limit.ts";

const context = { name: "it" } as Deno.TestContext;

Deno.test("limited() fails a body that does not end within its time, and names the test", async () => {
  const body = limited(() => new Promise(() => {}), 0.0001);
  await assertRejects(async () => await body(context), Error, '"it" takes longer than 0.0001 minutes');
});

Deno.test("limited() ends as its body does, and leaves no timer", async () => {
  await limited(() => {})(context);
  await assertRejects(async () => await limited(() => Promise.reject(new Error("mine")))(context), Error, "mine");
});

Deno.test("withLimit() limits the body wherever Deno.test() takes it", () => {
  const stuck = () => new Promise<void>(() => {});
  for (const args of [["name", stuck], [stuck], [{ name: "name", fn: stuck }], [{ name: "name" }, stuck]]) {
    const [limitedOne] = withLimit(args).flatMap((arg) =>
      typeof arg === "function" ? [arg] : typeof arg === "object" && arg !== null && "fn" in arg ? [arg.fn] : []
    );
    assertEquals(typeof limitedOne, "function");
    assertEquals(limitedOne === stuck, false);
  }
});
