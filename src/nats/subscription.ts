/** Subscriptions, and the inbox of a store. */

import { createInbox, type Msg, type NatsConnection } from "@nats-io/nats-core";

/** Receives the messages of a subscription, or the error with which it ended. */
type Receiver = (error: unknown, message: Msg) => void;

/** A client reports that a request is denied to the subscription that names the subject of the request here. */
type Asking = { requestSubject?: string };

/** Returns a new subject for answers. */
export function inboxOf(nc: NatsConnection): string {
  const { inboxPrefix } = (nc as unknown as { readonly options?: { readonly inboxPrefix?: string } }).options ?? {};
  return createInbox(inboxPrefix);
}

/**
 * Subscribes to a subject until the returned function is called. With `asking`, the receiver also gets the error if a
 * message to that subject is denied. `ended` is called when the subscription is over, also because the connection is
 * closed: the client reports that to no callback.
 *
 * The server does not reply to a subscription. TCP would hold back the next request until the server's delayed
 * acknowledgement, about 40 ms later. The reply to a ping carries that acknowledgement at once.
 */
export function subscribe(
  nc: NatsConnection,
  subject: string,
  { callback, asking, ended }: { readonly callback: Receiver; readonly asking?: string; readonly ended?: () => void },
): () => void {
  const flushNow = () => void nc.flush().catch(() => {});
  const subscription = nc.subscribe(subject, { callback });
  if (asking !== undefined) (subscription as Asking).requestSubject = asking;
  if (ended !== undefined) subscription.closed.then(ended);
  flushNow();
  return () => {
    subscription.unsubscribe();
    flushNow();
  };
}

/**
 * Receives answers that consist of several messages, all on one subscription.
 *
 * The client's own inbox reads the headers of some messages before it passes them on. It throws on malformed ones, as
 * any writer of a stored message can send them, and then the connection reads nothing more.
 */
export class Inbox {
  readonly #nc: NatsConnection;
  readonly #subject: string;
  readonly #isKept: () => boolean;
  readonly #receivers = new Map<string, Receiver>();
  #open: { readonly prefix: string; readonly stop: () => void } | null = null;
  #asked = 0;

  /** Requests go to `subject`. While `isKept` returns true, the subscription stays between requests. */
  constructor(nc: NatsConnection, subject: string, isKept: () => boolean) {
    this.#nc = nc;
    this.#subject = subject;
    this.#isKept = isKept;
  }

  /** Sends a request and passes the answers to `receive`, which must not throw, until the returned function is called. */
  ask(payload: string, receive: Receiver): () => void {
    const { prefix } = this.#open ??= this.#subscribe();
    const reply = `${prefix}${++this.#asked}`;
    this.#nc.publish(this.#subject, payload, { reply });
    this.#receivers.set(reply, receive);
    return () => {
      this.#receivers.delete(reply);
      this.release();
    };
  }

  /** Ends the subscription if it is not needed. */
  release(): void {
    if (this.#open === null || this.#receivers.size > 0 || this.#isKept()) return;
    this.#open.stop();
    this.#open = null;
  }

  #subscribe(): { readonly prefix: string; readonly stop: () => void } {
    const prefix = `${inboxOf(this.#nc)}.`;
    const callback: Receiver = (error, message) => {
      if (error === null) return this.#receivers.get(message.subject)?.(null, message);
      // The client has ended the subscription.
      this.#open = null;
      for (const receive of [...this.#receivers.values()]) receive(error, message);
    };
    // A subscription that was stopped ends as well. Then nothing waits, or a later subscription serves what does.
    const ended = () => {
      if (this.#open?.prefix === prefix) callback(new Error("connection closed"), {} as Msg);
    };
    return { prefix, stop: subscribe(this.#nc, `${prefix}*`, { callback, asking: this.#subject, ended }) };
  }
}
