/** What a check of the suite works on: candidates on one key of a real bucket, closed at its end. */

import { type CandidateOptions, Locker, type LockEvent, type OpenOptions } from "@x/natslock";

/** Makes the socket to an address where the runtime has no `WebSocket` of its own. */
export type SocketOf = (url: string) => WebSocket;

/** Where the suite runs. */
export interface Place {
  /** Websocket address of the server. */
  readonly url: string;
  /** Name of a bucket that nobody else uses. */
  readonly bucket: string;
  /** Default: the runtime's `WebSocket`. */
  readonly socketOf?: SocketOf;
}

/** Lease length of the suite's bucket, in milliseconds. */
export const TTL = 3000;

/** A candidate, what happened to it, and a switch that takes its network away. */
export interface Candidate {
  readonly locker: Locker;
  readonly events: readonly LockEvent[];
  /** From now on whatever it sends is lost, without anybody being told: as in a crash. */
  mute(): void;
}

/** Opens candidates for one check. */
export class Bench {
  /** Chromium makes whoever opens many websockets at once wait for seconds, so they are opened one after the other. */
  static #turn: Promise<unknown> = Promise.resolve();
  readonly #place: Place;
  readonly #key: string;
  readonly #opened: Locker[] = [];

  constructor(place: Place, key: string) {
    this.#place = place;
    this.#key = key;
  }

  /** A candidate on a connection of its own. */
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

  /** Closes whatever was opened. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#opened.map((locker) => locker.close()));
  }
}

/** The connection settings of a runtime that needs a factory; none for any other. */
export function settingsFor(socketOf: SocketOf | undefined): Pick<OpenOptions, "connection"> {
  if (socketOf === undefined) return {};
  return { connection: { wsFactory: (url) => Promise.resolve({ socket: socketOf(url), encrypted: false }) } };
}

type Settings = ReturnType<typeof settingsFor>;

/** Settings of a connection, and a switch that makes all it sends be lost. */
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
