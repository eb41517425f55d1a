/** A store whose answers and pushes are noted. */

import { ageOfAnswer, type Contact } from "./contact.ts";
import type {
  BucketSettings,
  ConnectionState,
  Hint,
  LeaseStore,
  ReadOutcome,
  ReadRequest,
  RemoveRequest,
  SettingsRequest,
  WriteOutcome,
  WriteRequest,
} from "./store.ts";

/** Passes everything on to another store, and notes in a {@linkcode Contact} what comes back. */
export class HeardStore implements LeaseStore {
  readonly contact: Contact;
  readonly #store: LeaseStore;

  constructor(store: LeaseStore, contact: Contact) {
    this.#store = store;
    this.contact = contact;
  }

  get name(): string {
    return this.#store.name;
  }

  connection(): ConnectionState | null {
    return this.#store.connection?.() ?? null;
  }

  settings(request?: SettingsRequest): Promise<BucketSettings> {
    // Settings that were kept are as old as they say. Without an age, nothing was requested.
    return this.contact.follow(this.#store.settings(request), ({ age }) => age?.() ?? Infinity);
  }

  read(key: string, request: ReadRequest): Promise<ReadOutcome> {
    return this.contact.follow(this.#store.read(key, request), ageOfAnswer);
  }

  write(key: string, request: WriteRequest): Promise<WriteOutcome> {
    return this.contact.follow(this.#store.write(key, request), ageOfAnswer);
  }

  remove(key: string, request: RemoveRequest): Promise<WriteOutcome> {
    return this.contact.follow(this.#store.remove(key, request), ageOfAnswer);
  }

  watch(key: string, listener: (hint: Hint) => void): () => void {
    return this.#store.watch(key, (hint) => {
      if (hint.kind === "seen") this.contact.heard();
      listener(hint);
    });
  }
}
