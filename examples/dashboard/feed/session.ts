/** Follows a bucket: pushed changes, regular lists, and the state of the connection. */

import type { Msg, NatsConnection } from "@nats-io/nats-core";
import { type Change, changeOf } from "../model/change.ts";
import type { Link, Listing, Repeats, Settings } from "../model/link.ts";
import { connect, inboxPrefixOf, LinkError, linkErrorOf } from "./connect.ts";
import { list, look, serverMessage, UnansweredError } from "./reader.ts";

/** Receives what a session finds, and answers its questions. */
export interface Audience {
  /** The connection has changed. */
  link(link: Link): void;
  /** A list ended, or could not be read. */
  listing(listing: Listing): void;
  /** It is now known whether the bucket republishes its changes. */
  repeats(repeats: Repeats): void;
  /** A record was pushed or found. */
  change(change: Change): void;
  /** A read that began when the key was at `revision` found nothing. */
  nothing(key: string, revision: number): void;
  /** Returns the revision of each known key. */
  revisions(): ReadonlyMap<string, number>;
}

/** Pauses between two lists, in milliseconds: short after a connect, then long, because changes are pushed. */
const PAUSES: readonly number[] = [1000, 2000, 5000, 10_000, 30_000];
/** Pause between two lists if nothing is pushed, in milliseconds. */
const POLL = 2000;

/** One connection and what is read over it; ends with {@linkcode Session.stop}. */
export class Session {
  readonly #settings: Settings;
  readonly #audience: Audience;
  #nc: NatsConnection | null = null;
  #timer = 0;
  #stopped = false;
  #pushes = 0;
  #finds = 0;
  #sweeps = 0;
  #mayList = true;

  constructor(settings: Settings, audience: Audience) {
    this.#settings = settings;
    this.#audience = audience;
  }

  /** Connects; resolves once that has succeeded or failed. Reports later events to the audience. */
  async start(): Promise<void> {
    this.#audience.link({ state: "connecting" });
    try {
      const nc = await connect(this.#settings);
      if (this.#stopped) return await nc.close();
      this.#nc = nc;
      this.#follow(nc);
      this.#live(nc);
    } catch (error) {
      this.#fail(error instanceof LinkError ? error : linkErrorOf(error));
    }
  }

  /** Reads keys whose lease has ended. */
  look(keys: readonly string[]): void {
    for (const key of keys) void this.#look(key).catch(() => {});
  }

  /** Ends the session; the audience gets no further calls. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#nc?.close();
  }

  #follow(nc: NatsConnection): void {
    const { bucket } = this.#settings;
    const callback = (error: Error | null, message: Msg) => {
      if (this.#stopped) return;
      if (error) return this.#fail(new LinkError("rights", error.message, error));
      const change = changeOf(bucket, serverMessage(message), true);
      if (!change) return;
      if (this.#pushes++ === 0) this.#audience.repeats("yes");
      this.#audience.change(change);
    };
    nc.subscribe(`natslock.${bucket}.>`, { callback });
    void this.#followStatus(nc);
    void nc.closed().then((error) => {
      if (error) this.#fail(linkErrorOf(error));
    });
  }

  async #followStatus(nc: NatsConnection): Promise<void> {
    for await (const status of nc.status()) {
      if (this.#stopped) return;
      if (status.type === "disconnect") {
        clearTimeout(this.#timer);
        this.#audience.link({ state: "lost", since: Date.now() });
      }
      if (status.type === "reconnect") this.#live(nc);
      // The error names the subject that was refused. A list publishes without a request, so no promise rejects.
      if (status.type === "error" && status.error.message.includes(`GET.KV_${this.#settings.bucket}"`)) {
        this.#mayList = false;
        this.#audience.listing("denied");
      }
    }
  }

  #live(nc: NatsConnection): void {
    this.#audience.link({ state: "live", server: nc.getServer() });
    this.#sweeps = 0;
    void this.#sweep(nc);
  }

  #fail({ why, message }: LinkError): void {
    if (this.#stopped) return;
    this.#audience.link({ state: "failed", why, message });
    void this.stop();
  }

  /** Reads all keys, and schedules the next time. */
  async #sweep(nc: NatsConnection): Promise<void> {
    clearTimeout(this.#timer);
    await (this.#mayList ? this.#list(nc) : this.#lookAtAll());
    if (this.#stopped) return;
    const isDeaf = this.#pushes === 0 && this.#finds >= 2;
    if (isDeaf) this.#audience.repeats("no");
    const pause = PAUSES[Math.min(this.#sweeps++, PAUSES.length - 1)] ?? POLL;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#sweep(nc), isDeaf ? POLL : pause);
  }

  async #list(nc: NatsConnection): Promise<void> {
    const known = new Map(this.#audience.revisions());
    let news = 0;
    try {
      const { bucket } = this.#settings;
      await list({ nc, bucket, inboxPrefix: inboxPrefixOf(this.#settings) }, (change) => {
        if (change.keyState.revision > (known.get(change.key) ?? 0)) news++;
        known.delete(change.key);
        this.#audience.change(change);
      });
      if (this.#stopped) return;
      for (const [key, revision] of known) this.#audience.nothing(key, revision);
      // The first list after a connect finds older changes, which could not have been pushed.
      if (news > 0 && this.#sweeps > 0) this.#finds++;
      this.#audience.listing("done");
    } catch (error) {
      if (this.#stopped || !this.#mayList) return;
      this.#audience.listing(error instanceof UnansweredError ? "unanswered" : "failed");
      await this.#lookAtAll();
    }
  }

  async #lookAtAll(): Promise<void> {
    for (const key of this.#audience.revisions().keys()) await this.#look(key).catch(() => {});
  }

  async #look(key: string): Promise<void> {
    const { bucket } = this.#settings;
    const revision = this.#audience.revisions().get(key) ?? 0;
    if (!this.#nc || this.#stopped) return;
    const change = await look(this.#nc, bucket, key);
    if (this.#stopped) return;
    if (change) this.#audience.change(change);
    else this.#audience.nothing(key, revision);
  }
}
