/** A store of tickets whose answers and pushes are noted. */

import { ageOfAnswer, type Contact } from "../store/contact.ts";
import { HeardStore } from "../store/heard_store.ts";
import type { WriteOutcome } from "../store/store.ts";
import type { AppendRequest, Push, ScanOutcome, ScanRequest, TicketStore } from "../store/ticket_store.ts";

/** A {@linkcode HeardStore} that also has queues. */
export class HeardTickets extends HeardStore implements TicketStore {
  readonly #store: TicketStore;

  constructor(store: TicketStore, contact: Contact) {
    super(store, contact);
    this.#store = store;
  }

  append(key: string, request: AppendRequest): Promise<WriteOutcome> {
    return this.contact.follow(this.#store.append(key, request), ageOfAnswer);
  }

  scan(filter: string, request: ScanRequest): Promise<ScanOutcome> {
    return this.contact.follow(this.#store.scan(filter, request), ageOfAnswer);
  }

  follow(filter: string, listener: (push: Push) => void): () => void {
    return this.#store.follow(filter, (push) => {
      if (push.kind === "seen") this.contact.heard();
      listener(push);
    });
  }
}
