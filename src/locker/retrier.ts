/** Waits out trouble that passes, and tells of it once a streak. */

import { NatslockError } from "../base/errors.ts";
import type { KeyContext } from "../lease/key_context.ts";
import { wait } from "../base/wait.ts";
import type { Reporter } from "./reporter.ts";

/** Pause after trouble before the lease's times are known, in ms. */
const FIRST_RETRY = 1000;

/** One wait or one observer. */
export class Retrier {
  readonly #context: KeyContext;
  readonly #reporter: Reporter;
  #trouble: NatslockError | null = null;

  constructor({ context, reporter }: { readonly context: KeyContext; readonly reporter: Reporter }) {
    this.#context = context;
    this.#reporter = reporter;
  }

  /** What was met last, if nothing has been answered since. */
  get trouble(): NatslockError | null {
    return this.#trouble;
  }

  /** Takes in that something failed, and goes on failing until `work` succeeds. */
  failed(error: NatslockError): void {
    const isFirst = this.#trouble === null;
    this.#trouble = error;
    if (isFirst) this.#reporter.tell({ type: "retrying", error });
  }

  /** Does `work` until it succeeds or meets trouble that waiting does not mend. Rejects with the signal's reason. */
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
