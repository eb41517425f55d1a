/** `natslock timing`: what a lease length means. */

import { describeTiming, timingFigures, type TimingOptions } from "@x/natslock";
import { leaseTiming } from "@x/natslock/internal";
import { duration, shortly } from "./duration.ts";
import { EXIT } from "./exit.ts";
import { print } from "./print.ts";

/** The flags of `natslock timing`. */
export interface TimingFlags {
  readonly ttl: string;
  readonly renew?: string;
  readonly margin?: string;
  readonly retry?: string;
  readonly requestTimeout?: string;
  readonly json?: boolean;
}

/** Prints the times of a lease, and what follows from them; gives the exit code. */
export async function timing(flags: TimingFlags): Promise<number> {
  const ttl = duration(flags.ttl, "--ttl");
  const options: TimingOptions = {
    ...flags.renew ? { renewEvery: duration(flags.renew, "--renew") } : {},
    ...flags.margin ? { margin: duration(flags.margin, "--margin") } : {},
    ...flags.retry ? { retryEvery: duration(flags.retry, "--retry") } : {},
    ...flags.requestTimeout ? { requestTimeout: duration(flags.requestTimeout, "--request-timeout") } : {},
  };
  const { renewEvery, margin, retryEvery, requestTimeout } = leaseTiming(ttl, options);
  if (flags.json) {
    const figures = timingFigures(ttl, options);
    await print(JSON.stringify({ ttl, renewEvery, margin, retryEvery, requestTimeout, ...figures }));
    return EXIT.done;
  }
  await print([
    `lease:                        ${shortly(ttl)}`,
    `renewed every:                ${shortly(renewEvery)}`,
    `margin:                       ${shortly(margin)}, so the holder ends at ${shortly(ttl - margin)}`,
    `retry after trouble:          ${shortly(retryEvery)}; an answer is waited for ${shortly(requestTimeout)}`,
    "",
    describeTiming(ttl, options),
  ].join("\n"));
  return EXIT.done;
}
