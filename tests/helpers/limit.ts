/**
 * Gives each test a time limit: `deno test --preload=tests/helpers/limit.ts`. A test that waits forever then fails
 * under its own name instead of blocking the whole run.
 *
 * @module
 */

/** Limit of one test in minutes. The slowest test takes one minute on an otherwise idle machine. */
const LONGEST = 5;

type Body = (t: Deno.TestContext) => void | Promise<void>;

/** Returns the body with a limit. It fails when the limit has passed. */
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

/** Returns the arguments of `Deno.test()`, in any of its forms, with the body limited. */
export function withLimit(args: readonly unknown[]): unknown[] {
  return args.map((arg) => {
    if (typeof arg === "function") {
      // The name of a test can be the name of its function.
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
