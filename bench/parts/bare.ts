/**
 * The messages of natslock, published by hand: what its wire format costs at the server, without any decision.
 *
 * @module
 */

import { jetstream } from "@nats-io/jetstream";
import { headers, type MsgHdrs, type NatsConnection } from "@nats-io/nats-core";
import { Inbox } from "../../src/nats/subscription.ts";
import { encodeHeaders, paddingFor } from "../../src/store/record.ts";
import { encodeTicket } from "../../src/store/ticket.ts";
import { timed } from "../../tests/helpers/measure.ts";
import type { Sample, Subject } from "../sampling.ts";

/** Where the messages go, and how long they stay, in milliseconds. */
export interface Target {
  readonly nc: NatsConnection;
  readonly bucket: string;
  readonly ttl: number;
}

/** Publishes messages to one key of a bucket, each at the revision of the one before. */
class Key {
  revision = 0;
  readonly subject: string;
  readonly #js: ReturnType<typeof jetstream>;

  constructor({ nc, bucket }: Target, key: string) {
    this.#js = jetstream(nc);
    this.subject = `$KV.${bucket}.${key}`;
  }

  async put(value: string, head: MsgHdrs): Promise<void> {
    const expect = { lastSubjectSequence: this.revision };
    this.revision = (await this.#js.publish(this.subject, value, { headers: head, expect })).seq;
  }
}

function headersOf(pairs: readonly (readonly [name: string, value: string])[], ttl: number): MsgHdrs {
  const head = headers();
  for (const [name, value] of pairs) head.set(name, value);
  head.set("Nats-TTL", `${ttl / 1000}s`);
  return head;
}

const marker = () => headersOf([["KV-Operation", "PURGE"]], 1000);

/** Grant, renewal and release of a Locker. */
export function bareLocker(target: Target): Subject {
  const { ttl } = target;
  const holder = crypto.randomUUID();
  const key = new Key(target, `bare-${holder}`);
  const record = { holder, attempt: `${crypto.randomUUID()}.1`, name: "", since: Date.now(), ttl: null, meta: {} };
  const put = (token: number | null) => {
    const pairs = [...encodeHeaders({ ...record, token }), paddingFor(token, key.revision)];
    return timed(() => key.put(holder, headersOf(pairs, ttl)));
  };
  const sample = async (): Promise<Sample> => ({
    acquire: await put(null),
    refresh: await put(key.revision),
    release: await timed(() => key.put("", marker())),
  });
  return { name: "the messages of Locker, bare", sample };
}

/** Ticket, look at the queue and removal of a LockManager. */
export function bareManager(target: Target): Subject & { close(): void } {
  const { nc, bucket, ttl } = target;
  const session = crypto.randomUUID();
  const key = new Key(target, `=q.bare.${session}.0`);
  const inbox = new Inbox(nc, `$JS.API.DIRECT.GET.KV_${bucket}`, () => isOpen);
  let isOpen = true;
  const query = JSON.stringify({ seq: 1, next_by_subj: `$KV.${bucket}.=q.bare.>`, batch: 4 });
  const look = () =>
    new Promise<void>((resolve, reject) => {
      const leave = inbox.ask(query, (error, message) => {
        if (error === null && message.headers?.code !== 204) return;
        leave();
        error === null ? resolve() : reject(error);
      });
    });
  const ticket = { session, attempt: `${crypto.randomUUID()}.1`, lock: "bare", limit: null, weight: 1 } as const;
  const sample = async (): Promise<Sample> => ({
    acquire: await timed(async () => {
      await key.put(session, headersOf(encodeTicket({ ...ticket, mode: "exclusive", since: Date.now() }), ttl));
      await look();
    }),
    release: await timed(() => key.put("", marker())),
  });
  const close = () => {
    isOpen = false;
    inbox.release();
  };
  return { name: "the messages of LockManager, bare", sample, close };
}
