/** Whether a request has a ticket. */

/** Open while a request has a ticket, and once it has ended. */
export class TicketGate {
  #isOpen = false;
  #waiting: (() => void)[] = [];

  /** The ticket is stored, or the request has ended. */
  open(): void {
    this.#isOpen = true;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** The request needs a new ticket. */
  shut(): void {
    this.#isOpen = false;
  }

  /** Resolves once it is open. */
  async whenOpen(): Promise<void> {
    while (!this.#isOpen) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}
