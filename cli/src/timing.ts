/** `natslock timing`: shows what follows from a lease length. */

import { BadParameterError, describeTiming, timingFigures, type TimingOptions } from "@x/natslock";
import { leaseTiming } from "@x/natslock/internal";
import { duration, shortly } from "./duration.ts";
import { CliError, EXIT } from "./exit.ts";
import { print } from "./print.ts";
import { withDurations, withFlags } from "./typed.ts";

/** The flags of `natslock timing`. */
export interface TimingFlags {
  readonly ttl: string;
  readonly renew?: string;
  readonly margin?: string;
  readonly retry?: string;
  readonly requestTimeout?: string;
  readonly json?: boolean;
}

/** Prints the times of a lease, and what follows from them. Returns the exit code. */
export async function timing(flags: TimingFlags): Promise<number> {
  const ttl = duration(flags.ttl, "--ttl");
  const options: TimingOptions = {
    ...flags.renew ? { renewEvery: duration(flags.renew, "--renew") } : {},
    ...flags.margin ? { margin: duration(flags.margin, "--margin") } : {},
    ...flags.retry ? { retryEvery: duration(flags.retry, "--retry") } : {},
    ...flags.requestTimeout ? { requestTimeout: duration(flags.requestTimeout, "--request-timeout") } : {},
  };
  const { renewEvery, margin, retryEvery, requestTimeout } = timesOf(ttl, options);
  if (flags.json) {
    const figures = timingFigures(ttl, options);
    const all = { ttl, renewEvery, margin, retryEvery, requestTimeout, ...figures };
    await print(JSON.stringify(all, (_name, value) => typeof value === "number" ? Math.round(value) : value));
    return EXIT.done;
  }
  await print([
    `lease length:                 ${shortly(ttl)}`,
    `renewal interval:             ${shortly(renewEvery)}`,
    `margin:                       ${shortly(margin)}, so the holder stops at ${shortly(ttl - margin)}`,
    `retry interval:               ${shortly(retryEvery)}, request timeout ${shortly(requestTimeout)}`,
    "",
    describeTiming(ttl, options).replace(/(\d+\.\d+) s\b/g, (_all, seconds) => shortly(Number(seconds) * 1000)),
  ].join("\n"));
  return EXIT.done;
}

/** Returns all times of the lease. @throws {CliError} in the words of the flags, if the times do not fit together */
function timesOf(ttl: number, options: TimingOptions): ReturnType<typeof leaseTiming> {
  try {
    return leaseTiming(ttl, options);
  } catch (error) {
    if (!(error instanceof BadParameterError)) throw error;
    throw new CliError(EXIT.usage, withDurations(withFlags(error.message)));
  }
}
