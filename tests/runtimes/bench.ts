/** The bench of a check: candidates on one key of a real bucket, which are closed at the end. */

import { type CandidateOptions, Locker, type LockEvent, LockManager, type OpenOptions } from "@x/natslock";

/** Creates a socket in a runtime that has no `WebSocket`. */
export type SocketOf = (url: string) => WebSocket;

/** Where the suite runs. */
export interface Place {
  /** Websocket address of the server. */
  readonly url: string;
  /** Name of a bucket that nobody else uses. */
  readonly bucket: string;
  /** Default: the `WebSocket` of the runtime. */
  readonly socketOf?: SocketOf;
}

/** Lease length of the bucket, in milliseconds. */
export const TTL = 3000;

/** A candidate, its events, and a switch that disconnects it. */
export interface Candidate {
  readonly locker: Locker;
  readonly events: readonly LockEvent[];
  /** From now on, everything that it sends is lost without an error, as after a crash. */
  mute(): void;
}

/** Opens candidates for one check. */
export class Bench {
  /**
   * Connections are opened one after the other. Chromium delays clients that open many websockets at once by seconds.
   */
  static #turn: Promise<unknown> = Promise.resolve();
  readonly #place: Place;
  readonly #key: string;
  readonly #opened: { close(): Promise<void> }[] = [];

  constructor(place: Place, key: string) {
    this.#place = place;
    this.#key = key;
  }

  /** Opens a candidate on its own connection. */
  async candidate(options: CandidateOptions = {}): Promise<Candidate> {
    const events: LockEvent[] = [];
    const wire = wireOf(this.#place.socketOf);
    const place = { servers: this.#place.url, bucket: this.#place.bucket, ttl: TTL, key: this.#key };
    const onEvent = (event: LockEvent) => void events.push(event);
    const opening = Bench.#turn.then(() => Locker.open({ ...place, ...wire.settings, onEvent, ...options }));
    Bench.#turn = opening.catch(() => {});
    const locker = await opening;
    this.#opened.push(locker);
    return { locker, events, mute: wire.mute };
  }

  /** Opens a lock manager on its own connection. All of them share a bucket of their own. */
  async manager(): Promise<LockManager> {
    const { url: servers, bucket, socketOf } = this.#place;
    const place = { servers, bucket: `${bucket}-${this.#key}`, ttl: TTL, maxHold: 60_000, ...settingsFor(socketOf) };
    const opening = Bench.#turn.then(() => LockManager.open(place));
    Bench.#turn = opening.catch(() => {});
    const locks = await opening;
    this.#opened.push(locks);
    return locks;
  }

  /** Closes all candidates and lock managers. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#opened.map((opened) => opened.close()));
  }
}

/** Connection settings of a runtime that needs a factory; empty for others. */
export function settingsFor(socketOf: SocketOf | undefined): Pick<OpenOptions, "connection"> {
  if (socketOf === undefined) return {};
  return { connection: { wsFactory: (url) => Promise.resolve({ socket: socketOf(url), encrypted: false }) } };
}

type Settings = ReturnType<typeof settingsFor>;

/** Connection settings, and a switch that drops everything the connection sends. */
function wireOf(socketOf: SocketOf = (url) => new WebSocket(url)): { settings: Settings; mute: () => void } {
  let isMuted = false;
  const settings = settingsFor((url) => {
    const socket = socketOf(url);
    const send = socket.send.bind(socket);
    socket.send = (data) => isMuted ? undefined : send(data);
    return socket;
  });
  return { settings, mute: () => void (isMuted = true) };
}
