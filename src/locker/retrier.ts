/** Retries after transient errors, and reports each streak of them once. */

import { NatslockError } from "../base/errors.ts";
import type { KeyContext } from "../lease/key_context.ts";
import { wait } from "../base/wait.ts";
import type { Reporter } from "./reporter.ts";

/** Pause before a retry while the lease's times are not known yet, in ms. */
const FIRST_RETRY = 1000;

/** Retries for one wait or one observer. */
export class Retrier {
  readonly #context: KeyContext;
  readonly #reporter: Reporter;
  #trouble: NatslockError | null = null;

  constructor({ context, reporter }: { readonly context: KeyContext; readonly reporter: Reporter }) {
    this.#context = context;
    this.#reporter = reporter;
  }

  /** The last transient error; `null` after a success. */
  get trouble(): NatslockError | null {
    return this.#trouble;
  }

  /** Notes a failure. The streak lasts until `run()` succeeds. */
  failed(error: NatslockError): void {
    const isFirst = this.#trouble === null;
    this.#trouble = error;
    if (isFirst) this.#reporter.tell({ type: "retrying", error });
  }

  /** Repeats `work` until it succeeds or fails with a lasting error. Rejects with the signal's reason on abort. */
  async run<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const { clock } = this.#context;
    for (;;) {
      try {
        const result = await work();
        if (this.#trouble !== null) this.#reporter.tell({ type: "recovered" });
        this.#trouble = null;
        return result;
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof NatslockError) || !error.transient) throw error;
        this.failed(error);
        const ms = this.#context.isLoaded ? this.#context.settings.retryEvery : FIRST_RETRY;
        await wait<void>(signal, (done) => clock.after(ms, done));
      }
    }
  }
}
