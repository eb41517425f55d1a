/**
 * Gives each test a limit of its own: `deno test --preload tests/helpers/limit.ts`. A test that waits for ever then fails by
 * its name, instead of stopping the gate.
 *
 * @module
 */

/** The longest that a test may take, in minutes: the slowest takes one, on a machine that does nothing else. */
const LONGEST = 5;

type Body = (t: Deno.TestContext) => void | Promise<void>;

/** The body, which fails when the limit has passed. */
export function limited(body: Body, minutes = LONGEST): Body {
  return async (t) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const tooLong = new Promise<never>((_, reject) => {
      const error = new Error(`"${t.name}" takes longer than ${minutes} minutes`);
      timer = setTimeout(() => reject(error), minutes * 60_000);
    });
    try {
      await Promise.race([body(t), tooLong]);
    } finally {
      clearTimeout(timer);
    }
  };
}

/** The arguments of `Deno.test()`, however they are given, with the body limited. */
export function withLimit(args: readonly unknown[]): unknown[] {
  return args.map((arg) => {
    if (typeof arg === "function") {
      // The name of a test may be that of its function.
      const body = limited(arg as Body);
      return Object.defineProperty(body, "name", { value: arg.name });
    }
    const { fn } = (arg ?? {}) as { fn?: Body };
    return typeof fn === "function" ? { ...(arg as object), fn: limited(fn) } : arg;
  });
}

const plain = Deno.test as unknown as (...args: unknown[]) => void;
const all = (...args: unknown[]) => plain(...withLimit(args));
Object.defineProperty(Deno, "test", { value: Object.assign(all, Deno.test), configurable: true, writable: true });
