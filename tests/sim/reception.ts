/**
 * What the server does with the requests of one candidate.
 *
 * @module
 */

import { ConnectionError } from "../../src/base/errors.ts";
import type { StoreRequest } from "../../src/memory/memory_link.ts";
import type { Answers } from "./access.ts";
import { type CarriedOut, type Place, type Station, TTL } from "./server.ts";

/** Called for each message on a link. */
export interface Listener {
  carriedOut(request: StoreRequest<unknown>, change: CarriedOut): void;
  note(text: string): void;
}

/** The part of the servers that performs requests. */
type Performer = Pick<Station, "answers" | "replicas" | "stale" | "carryOut">;

/** The server's end of a link. */
export class Reception {
  readonly #place: Place;
  readonly #server: Performer;
  readonly #listener: Listener;
  #misledUntil = 0;

  constructor(place: Place, server: Performer, listener: Listener) {
    this.#place = place;
    this.#server = server;
    this.#listener = listener;
  }

  /** Performs a request on the server. */
  answer<Outcome>(
    request: StoreRequest<Outcome>,
    answers: Answers<Outcome>,
    { sentAt, copy = false }: { readonly sentAt: number; readonly copy?: boolean },
  ): () => Outcome {
    const { weather } = this.#place;
    const writes = request.kind === "write" || request.kind === "remove" || request.kind === "append";
    const refuse = (why: "unavailable" | "denied") => {
      this.#listener.note(`server: ${request.kind} ${why}`);
      return () => request.fail(new ConnectionError(why, `refused: ${why}`));
    };
    if (!this.#server.answers || weather.hit("request refused")) return refuse("unavailable");
    if (weather.hit("right revoked")) return refuse("denied");
    if (writes && this.#server.replicas === 3 && weather.hit("write in flight")) {
      return () => answers.conflict(null);
    }
    // Not twice within one lease: the next read asks for the stream first and then reaches the current leader.
    const { now } = this.#place.timeline;
    const stale = request.kind === "read" && weather.hit("stale read") && now >= this.#misledUntil;
    if (stale) this.#misledUntil = now + TTL;
    if (stale) {
      const keyState = this.#server.stale(request.key);
      if (keyState !== null) return () => answers.seen(keyState);
    }
    try {
      const [outcome, change] = this.#server.carryOut(request, { sentAt, copy });
      this.#listener.carriedOut(request, change);
      return () => outcome;
    } catch (error) {
      return () => {
        throw error;
      };
    }
  }
}
