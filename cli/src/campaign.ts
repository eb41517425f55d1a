/** `natslock run --keep-trying`: runs the command again and again, each time under a new lease. */

import { wait } from "@x/natslock/internal";
import type { Candidate, Held } from "./candidate.ts";
import type { Ending } from "./child.ts";
import { shortly } from "./duration.ts";
import { endOf } from "./end_of.ts";
import { CliError, EXIT } from "./exit.ts";
import type { Run } from "./run_plan.ts";
import { say } from "./say.ts";
import type { Tenure } from "./tenure.ts";

/** First and longest pause between two starts, in milliseconds. */
const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 60_000;

/** A command that ran for this long has started well, so the next pause is the first again, in milliseconds. */
const STARTED_WELL = 10_000;

/** Wait for a signal that ended the command but is not handled here yet, in milliseconds. */
const SIGNAL_LAG = 100;

/** The pause before the next start. It doubles with each start that fails soon. */
export class StartPause {
  #next = FIRST_PAUSE;

  /** Returns the pause after a command that ended like this, `ran` milliseconds after its start. */
  after({ code }: Ending, ran: number): number {
    if (code === 0 || ran >= STARTED_WELL) this.#next = FIRST_PAUSE;
    const pause = this.#next;
    if (code !== 0) this.#next = Math.min(LONGEST_PAUSE, 2 * pause);
    return pause;
  }
}

/**
 * Runs the command after each grant until a signal ends the campaign. Returns how the command ended that got this
 * signal. Rejects with the reason of the signal if no command was running, or if the signal was Ctrl-C.
 */
export async function campaign(candidate: Candidate, tenure: Tenure, run: Run): Promise<Ending> {
  const { signals, clock, plan: { atLeast } } = run;
  const signal = signals.stop;
  const pause = new StartPause();
  for (;;) {
    tenure.last = null;
    const began = { at: 0 };
    const work = (held: Held) => {
      began.at = clock.now();
      return tenure.workAtLeast(held, atLeast);
    };
    const ending = await candidate.run(work, { signal }).catch((error) => afterLoss(error, run, tenure));
    await wait<void>(signal, (done) => clock.after(SIGNAL_LAG, done)).catch(() => {});
    if (signal.aborted) {
      if (signals.asked === "SIGINT" || tenure.last === null) throw signal.reason;
      return tenure.last;
    }
    if (ending === null) continue;
    const ran = tenure.endedAt - began.at;
    const ms = pause.after(ending, ran);
    say(
      `The command ended with ${ending.signal ?? ending.code} after ${shortly(Math.max(10, ran))}; next start in ${
        shortly(ms)
      }`,
    );
    await wait<void>(signal, (done) => clock.after(ms, done)).catch(() => {});
    if (signal.aborted) throw signal.reason;
  }
}

/** Handles an error of one round: reports a loss, after which the next round begins. Rejects with any other error. */
function afterLoss(error: unknown, { signals, goodbye }: Run, { last }: Tenure): Ending | null {
  if (signals.stop.aborted) return last;
  const { exitCode, message, next } = endOf(error);
  if (exitCode !== EXIT.lost) {
    goodbye.begin();
    throw error;
  }
  if (error instanceof CliError) say(`${message}; ${next}`);
  return last;
}
