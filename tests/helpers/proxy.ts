/**
 * A TCP proxy that can fail in one direction.
 *
 * @module
 */

/** Stands between a client and a server on loopback. */
export class Proxy {
  /** False: what the client sends is swallowed. */
  forwardRequests = true;
  /** False: what the server answers is swallowed, after it was carried out. */
  forwardAnswers = true;
  readonly #listener: Deno.TcpListener;
  readonly #target: number;
  readonly #open = new Set<Deno.Conn>();
  readonly #running: Promise<void>;
  #swallowed = Promise.withResolvers<void>();

  /** Listens on a free port and connects through to `target`. */
  constructor(target: number) {
    this.#target = target;
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.#running = this.#accept();
  }

  /** Websocket address of the proxy. */
  get url(): string {
    return `ws://127.0.0.1:${this.#listener.addr.port}`;
  }

  /** Resolves when the next answer has been swallowed. */
  nextSwallowed(): Promise<void> {
    this.#swallowed = Promise.withResolvers<void>();
    return this.#swallowed.promise;
  }

  /** Cuts the connections that are open; new ones are let through. */
  cut(): void {
    for (const end of this.#open) close(end);
    this.#open.clear();
  }

  /** Ends the proxy and all that goes through it. */
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
        // The server is down: so it looks from the other side.
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

  /** A chunk is one or more whole frames, as both ends write them at once: dropping it keeps the stream in step. */
  async #pump(from: Deno.Conn, to: Deno.Conn, forward: () => boolean): Promise<void> {
    const buffer = new Uint8Array(65_536);
    try {
      for (let read = await from.read(buffer); read !== null; read = await from.read(buffer)) {
        if (forward()) await writeAll(to, buffer.subarray(0, read));
        else this.#swallowed.resolve();
      }
    } catch {
      // One end is gone; the other follows.
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
    // It is closed already.
  }
}
