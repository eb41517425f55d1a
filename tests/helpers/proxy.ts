/**
 * A TCP proxy that can fail in one direction.
 *
 * @module
 */

/** A proxy between a client and a server on loopback. */
export class Proxy {
  /** If false, everything that the client sends is dropped. */
  forwardRequests = true;
  /** If false, everything that the server sends is dropped. The server has performed the requests. */
  forwardAnswers = true;
  readonly #listener: Deno.TcpListener;
  readonly #target: number;
  readonly #open = new Set<Deno.Conn>();
  readonly #running: Promise<void>;
  #swallowed = Promise.withResolvers<void>();

  /** Listens on a free port and forwards connections to `target`. */
  constructor(target: number) {
    this.#target = target;
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.#running = this.#accept();
  }

  /** Websocket address of the proxy. */
  get url(): string {
    return `ws://127.0.0.1:${this.#listener.addr.port}`;
  }

  /** Resolves when the next chunk has been dropped. */
  nextSwallowed(): Promise<void> {
    this.#swallowed = Promise.withResolvers<void>();
    return this.#swallowed.promise;
  }

  /** Closes the open connections. New connections are accepted. */
  cut(): void {
    for (const end of this.#open) close(end);
    this.#open.clear();
  }

  /** Closes the proxy and all of its connections. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    this.cut();
    await this.#running;
  }

  async #accept(): Promise<void> {
    const pumps: Promise<void>[] = [];
    try {
      for await (const client of this.#listener) {
        const server = await Deno.connect({ hostname: "127.0.0.1", port: this.#target }).catch(() => null);
        // The server is down. The client sees a closed connection.
        if (server === null) {
          close(client);
          continue;
        }
        for (const end of [client, server]) end.setNoDelay();
        this.#open.add(client).add(server);
        pumps.push(this.#pump(client, server, () => this.forwardRequests));
        pumps.push(this.#pump(server, client, () => this.forwardAnswers));
      }
    } finally {
      await Promise.all(pumps);
    }
  }

  /**
   * Forwards chunks in one direction. Both ends write whole frames at once, so a chunk is one or more whole frames, and
   * dropping a chunk does not break the framing.
   */
  async #pump(from: Deno.Conn, to: Deno.Conn, forward: () => boolean): Promise<void> {
    const buffer = new Uint8Array(65_536);
    try {
      for (let read = await from.read(buffer); read !== null; read = await from.read(buffer)) {
        if (forward()) await writeAll(to, buffer.subarray(0, read));
        else this.#swallowed.resolve();
      }
    } catch {
      // One end is closed. The other is closed below.
    }
    close(from);
    close(to);
  }
}

async function writeAll(to: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length;) written += await to.write(bytes.subarray(written));
}

function close(end: Deno.Conn): void {
  try {
    end.close();
  } catch {
    // It is already closed.
  }
}
