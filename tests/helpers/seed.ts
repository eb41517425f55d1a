/**
 * The seed of the random numbers in tests. It is the same in every run.
 *
 * @module
 */

/** The seed: 1, or the value of `NATSLOCK_SEED`. A test that uses it names it in its failure messages. */
export const SEED = Number(Deno.env.get("NATSLOCK_SEED") ?? 1);
