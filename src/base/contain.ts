/** Calls of functions that a user supplied. */

/**
 * Calls a user's function. What it throws, or its promise rejects with, goes to `failed`: it must neither stop the caller
 * nor end the process.
 */
export function contain(call: () => unknown, failed: (error: unknown) => void): void {
  try {
    Promise.resolve(call()).catch(failed);
  } catch (error) {
    failed(error);
  }
}
