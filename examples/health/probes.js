/**
 * What a process with a Locker or a LockManager answers to its probes, on any runtime.
 *
 * @module
 */

/** What only a new process cures: closed for good, or work that hangs although it was asked to stop. */
const FATAL = ["closed", "lost", "stuck"];

/**
 * Answers a request for `/readyz` or `/livez`.
 *
 * @param {string} path
 * @param {import("@x/natslock").Health} health
 * @returns {{ status: number, body: string }}
 */
export function answer(path, health) {
  const isFine = { "/readyz": health.ok, "/livez": !FATAL.includes(health.reason) }[path];
  if (isFine === undefined) return { status: 404, body: "" };
  return { status: isFine ? 200 : 503, body: JSON.stringify(health) };
}
