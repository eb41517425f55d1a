/** What a check of the suite works on: candidates on one key of a real bucket, closed at its end. */

import { type CandidateOptions, type LockEvent, Locker, type OpenOptions } from "@x/natslock";

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
    const locker = await Locker.open({
      ...{ servers: this.#place.url, bucket: this.#place.bucket, ttl: TTL, key: this.#key },
      onEvent: (event) => events.push(event),
      connection: wire.connection,
      ...options,
    });
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

function wireOf(socketOf: SocketOf = (url) => new WebSocket(url)): Required<Wire> {
  let isMuted = false;
  const muted = (url: string): WebSocket => {
    const socket = socketOf(url);
    const send = socket.send.bind(socket);
    socket.send = (data) => isMuted ? undefined : send(data);
    return socket;
  };
  return { ...settingsFor(muted) as Required<ReturnType<typeof settingsFor>>, mute: () => void (isMuted = true) };
}

type Wire = ReturnType<typeof settingsFor> & { readonly mute: () => void };
