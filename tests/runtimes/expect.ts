/** Assertions for the checks of the suite. They need no test framework, which would not run in every runtime. */

/** Throws unless `holds` is true. */
export function expect(holds: boolean, wanted: string): asserts holds {
  if (!holds) throw new Error(`Wanted: ${wanted}`);
}

/** Throws unless both values have the same JSON. */
export function expectSame(actual: unknown, wanted: unknown, what: string): void {
  const [found, right] = [JSON.stringify(actual), JSON.stringify(wanted)];
  expect(found === right, `${what} to be ${right}, found ${found}`);
}

/** Returns the value that a promise rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<{ name?: unknown; message?: unknown }> {
  const settled = await promise.then((value) => ({ value }), (error: unknown) => ({ error }));
  expect("error" in settled, `a rejection, got ${JSON.stringify(settled)}`);
  return Object(settled.error);
}

/** Resolves after `ms` milliseconds. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Rejects if the promise takes longer than `ms` milliseconds. */
export async function within<T>(ms: number, what: string, promise: Promise<T>): Promise<T> {
  let timer: number | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`Timed out after ${ms} ms waiting for ${what}`)),
      ms,
    ) as unknown as number;
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Resolves with the signal's reason when the signal is aborted. */
export function aborted(signal: AbortSignal): Promise<{ name?: unknown; why?: unknown }> {
  if (signal.aborted) return Promise.resolve(signal.reason);
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(signal.reason), { once: true }));
}
