/**
 * Wire: a TCP line on loopback that can be cut, held in one direction or slowed down.
 *
 * @module
 */

/** A direction: to the server ("up") or back from it ("down"). */
export type Direction = "up" | "down";

/**
 * A line between a client or server that dials `port`, and a server. Held data is delivered late, or is lost with its
 * connections.
 */
export class Wire {
  /** Delay of all data, in milliseconds. */
  delay = 0;
  readonly #listener: Deno.TcpListener;
  readonly #target: number;
  readonly #ends = new Set<Deno.Conn>();
  readonly #held = new Set<Direction>();
  #changed = Promise.withResolvers<void>();

  /** Listens on a free port and forwards connections to `target`. */
  constructor(target: number) {
    this.#target = target;
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.#accept();
  }

  /** The port to dial in place of the target's port. */
  get port(): number {
    return this.#listener.addr.port;
  }

  /** Holds all data in these directions until {@linkcode Wire.heal} or {@linkcode Wire.cut}. */
  hold(...directions: Direction[]): void {
    for (const direction of directions) this.#held.add(direction);
  }

  /** Ends all faults and delivers the held data. */
  heal(): void {
    this.delay = 0;
    this.#held.clear();
    this.#wake();
  }

  /** Closes the open connections and drops their held data. */
  cut(): void {
    for (const end of this.#ends) close(end);
    this.#ends.clear();
    this.#wake();
  }

  /** Closes the line and its connections. */
  [Symbol.dispose](): void {
    this.#listener.close();
    this.heal();
    this.cut();
  }

  #wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  async #accept(): Promise<void> {
    for await (const caller of this.#listener) this.#connect(caller);
  }

  async #connect(caller: Deno.Conn): Promise<void> {
    this.#ends.add(caller);
    try {
      const server = await Deno.connect({ hostname: "127.0.0.1", port: this.#target });
      if (!this.#ends.has(caller)) return close(server);
      this.#ends.add(server);
      await Promise.all([this.#pump("up", caller, server), this.#pump("down", server, caller)]);
    } catch {
      // Nobody listens there now. The dialing side sees a closed connection.
      this.#drop(caller);
    }
  }

  async #pump(direction: Direction, from: Deno.Conn, to: Deno.Conn): Promise<void> {
    const buffer = new Uint8Array(65_536);
    try {
      for (let read = await from.read(buffer); read !== null; read = await from.read(buffer)) {
        if (this.delay > 0) await new Promise((resolve) => setTimeout(resolve, this.delay));
        while (this.#held.has(direction) && this.#ends.has(from)) await this.#changed.promise;
        for (let sent = 0; sent < read;) sent += await to.write(buffer.subarray(sent, read));
      }
    } catch {
      // One end is closed. The other is closed below.
    }
    this.#drop(from, to);
  }

  #drop(...ends: Deno.Conn[]): void {
    for (const end of ends) {
      this.#ends.delete(end);
      close(end);
    }
    this.#wake();
  }
}

function close(end: Deno.Conn): void {
  try {
    end.close();
  } catch {
    // It is already closed.
  }
}
