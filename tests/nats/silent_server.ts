/**
 * Servers that accept a connection and then send nothing more.
 *
 * @module
 */

/**
 * How far the server goes: it accepts the TCP connection, completes the websocket handshake, or sends the NATS
 * greeting.
 */
export type Silence = "accepts" | "agrees" | "greets";

const GREETING = `INFO {"version":"2.15.1","max_payload":1048576,"headers":true}\r\n`;

/** Listens on loopback until it is disposed. Never answers a closing handshake. */
export class SilentServer {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #silence: Silence;
  readonly #open: Deno.Conn[] = [];
  readonly #running: Promise<void>;

  /** Starts to listen on a free port. */
  constructor(silence: Silence) {
    this.#silence = silence;
    this.#running = this.#accept();
  }

  /** Websocket address. */
  get url(): string {
    return `ws://127.0.0.1:${this.#listener.addr.port}`;
  }

  /** Number of accepted connections. */
  get taken(): number {
    return this.#open.length;
  }

  /** Closes all connections. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#running;
    for (const conn of this.#open) conn.close();
  }

  async #accept(): Promise<void> {
    for await (const conn of this.#listener) {
      this.#open.push(conn);
      if (this.#silence !== "accepts") await agree(conn, this.#silence === "greets");
    }
  }
}

async function agree(conn: Deno.Conn, greets: boolean): Promise<void> {
  const buffer = new Uint8Array(4096);
  const request = new TextDecoder().decode(buffer.subarray(0, await conn.read(buffer) ?? 0));
  const key = /^sec-websocket-key: *(\S+)/im.exec(request)?.[1] ?? "";
  const hash = await crypto.subtle.digest("SHA-1", bytes(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`));
  const accept = btoa(String.fromCharCode(...new Uint8Array(hash)));
  const head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade";
  await conn.write(bytes(`${head}\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`));
  if (greets) await conn.write(new Uint8Array([0x82, GREETING.length, ...bytes(GREETING)]));
}

function bytes(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
