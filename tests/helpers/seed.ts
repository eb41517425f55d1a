/**
 * What tests draw their chance from: the same in every run of the gate.
 *
 * @module
 */

/** The seed of the gate, unless `NATSLOCK_SEED` gives another. Whoever uses it names it in what a failure says. */
export const SEED = Number(Deno.env.get("NATSLOCK_SEED") ?? 1);
