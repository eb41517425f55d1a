/** Retries after transient errors, and reports each streak of them once. */

import { NatslockError } from "../base/errors.ts";
import type { KeyContext } from "../lease/key_context.ts";
import { pause } from "../base/wait.ts";
import type { Reporter } from "./reporter.ts";

/** Pause before a retry while the lease's times are not known yet, in ms. */
const FIRST_RETRY = 1000;

/** Retries for one wait or one observer. */
export class Retrier {
  readonly #context: KeyContext;
  readonly #reporter: Reporter;
  #lastError: NatslockError | null = null;

  constructor({ context, reporter }: { readonly context: KeyContext; readonly reporter: Reporter }) {
    this.#context = context;
    this.#reporter = reporter;
  }

  /** The last transient error; `null` after a success. */
  get lastError(): NatslockError | null {
    return this.#lastError;
  }

  /** Notes a failure. The streak lasts until `run()` succeeds. */
  noteFailure(error: NatslockError): void {
    const isFirst = this.#lastError === null;
    this.#lastError = error;
    if (isFirst) this.#reporter.report({ type: "retrying", error });
  }

  /** Repeats `work` until it succeeds or fails with a lasting error. Rejects with the signal's reason on abort. */
  async run<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const { clock } = this.#context;
    for (;;) {
      try {
        const result = await work();
        if (this.#lastError !== null) this.#reporter.report({ type: "recovered" });
        this.#lastError = null;
        return result;
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof NatslockError) || !error.transient) throw error;
        this.noteFailure(error);
        const ms = this.#context.isLoaded ? this.#context.settings.retryEvery : FIRST_RETRY;
        await pause(clock, ms, signal);
      }
    }
  }
}
