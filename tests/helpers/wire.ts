/**
 * Generated records that a foreign client may write under the key of a lock, and a client that publishes bytes
 * unchanged.
 *
 * @module
 */

import fc from "fast-check";

/**
 * A generated record can have this ID. The candidate under test has it too, as if the record came from an earlier
 * process of it.
 */
export const OWN_ID = "0b5e8f1c-2d3a-4c5b-9e6f-a1b2c3d4e5f6";

/** One message as a foreign client sends it. */
export interface WireRecord {
  readonly value: Uint8Array;
  /** Headers in order. The same name can occur more than once. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Bytes to send in place of the headers; `null` if the headers are well formed. */
  readonly mangled: Uint8Array | null;
}

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** The value of the first header with this name, as clients read it. */
export function headerOf({ headers }: WireRecord, name: string): string | undefined {
  return headers.find(([other]) => other === name)?.[1].trim();
}

/** The headers as bytes. */
export function headBytes({ headers, mangled }: WireRecord): Uint8Array {
  return mangled ?? bytesOf(`NATS/1.0\r\n${headers.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`);
}

const NUMBERS = ["0", "1", "99", "100", "-1", "NaN", "Infinity", "1.5", "1e3", "0x10", "", "7 7", "+7", "٣"];
const LARGE = ["9007199254740991", "9007199254740992", "18446744073709551615", "9".repeat(400), "-9007199254740993"];
const number = fc.oneof(fc.constantFrom(...NUMBERS, ...LARGE), fc.nat().map(String), fc.double().map(String));

/** Text that a header can carry. Only mangled headers contain line ends. */
const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 200 }),
  fc.string({ unit: "grapheme", maxLength: 40 }),
  fc.constantFrom(
    "\x1b[2J",
    "\u0000",
    "\u009b1m",
    "x".repeat(128),
    "x".repeat(129),
    "é".repeat(65),
    "a".repeat(40_000),
  ),
).map((any) => any.replace(/[\r\n]/g, "").toWellFormed());

const meta = fc.oneof(
  fc.jsonValue().map((value) => JSON.stringify(value)),
  fc.dictionary(fc.string({ maxLength: 8 }), fc.jsonValue({ maxDepth: 2 })).map((value) => JSON.stringify(value)),
  fc.constantFrom(
    "{",
    "[1]",
    "null",
    "undefined",
    '{"__proto__":{"a":1}}',
    "[".repeat(20_000),
    `{"a":${"[".repeat(9_000)}`,
  ),
  text,
);

const named = fc.oneof(
  fc.tuple(fc.constantFrom("Natslock-Token", "Natslock-Since", "Natslock-Ttl"), number),
  fc.tuple(fc.constantFrom("Natslock-Name", "Natslock-Attempt", "X-Other"), text),
  fc.tuple(fc.constant("Natslock-Meta"), meta),
);

const marker = fc.oneof(
  fc.tuple(fc.constant("KV-Operation"), fc.constantFrom("DEL", "PURGE", "PUT", "del", "", "DEL PURGE")),
  fc.tuple(fc.constant("Nats-Marker-Reason"), fc.constantFrom("MaxAge", "Purge", "Remove", "Other", "")),
  fc.tuple(fc.constant("Nats-Rollup"), fc.constant("sub")),
);

const otherCase = fc.tuple(named, fc.boolean()).map(([[name, value], upper]): [string, string] => [
  upper ? name.toUpperCase() : name.toLowerCase(),
  value,
]);

const headers = fc.array(
  fc.oneof({ arbitrary: named, weight: 6 }, { arbitrary: otherCase, weight: 1 }, { arbitrary: marker, weight: 1 }),
  { maxLength: 9 },
);

const uuid = fc.oneof(fc.uuid(), fc.uuid().map((id) => id.toUpperCase()), fc.constant(OWN_ID));

const value = fc.oneof(
  { arbitrary: uuid.map(bytesOf), weight: 5 },
  { arbitrary: uuid.map((id) => bytesOf(`${id}\n`)), weight: 1 },
  { arbitrary: fc.uint8Array({ maxLength: 80 }), weight: 3 },
  { arbitrary: fc.uint8Array({ minLength: 36, maxLength: 36 }), weight: 1 },
  { arbitrary: fc.constantFrom(new Uint8Array(0), new Uint8Array(60_000).fill(0xff), bytesOf("leader")), weight: 1 },
);

const BROKEN = [
  "NATS/1.0\r\nBad Name: x\r\n\r\n",
  "NATS/1.0\r\nA: b\nc\r\n\r\n",
  "NATS/1.0\r\nÄ: b\r\n\r\n",
  "\r\n",
  "HTTP/1.1 200",
];

/**
 * Headers that are cut off, of another protocol, with invalid names or line ends, or that are not text at all. Never a
 * single byte: if the bucket republishes its changes, one byte of headers crashes nats-server 2.15.1, which cuts two
 * bytes off the end.
 */
const mangled = fc.oneof(
  fc.constantFrom(...BROKEN).map(bytesOf),
  fc.uint8Array({ minLength: 2, maxLength: 60 }),
  fc.tuple(headers, fc.nat(200)).map(([pairs, cut]) =>
    headBytes({ value: bytesOf(""), headers: pairs, mangled: null }).slice(0, cut + 2)
  ),
);

/** Any record. */
export const wireRecord: fc.Arbitrary<WireRecord> = fc.oneof(
  { arbitrary: fc.record({ value, headers, mangled: fc.constant(null) }), weight: 4 },
  { arbitrary: fc.record({ value, headers: fc.constant([]), mangled }), weight: 1 },
);

/** Publishes bytes over plain TCP. No client library would send them. */
export class RawPublisher {
  readonly #conn: Deno.TcpConn;

  private constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
  }

  /** Connects to the client port of a server on loopback. */
  static async connect(port: number): Promise<RawPublisher> {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port });
    conn.setNoDelay();
    const publisher = new RawPublisher(conn);
    await publisher.#send([bytesOf('CONNECT {"verbose":false,"headers":true}\r\n')]);
    await publisher.flush();
    return publisher;
  }

  /** Sends one message with unchanged headers. */
  async publish(subject: string, record: WireRecord): Promise<void> {
    const head = headBytes(record);
    const size = head.length + record.value.length;
    const line = bytesOf(`HPUB ${subject} ${head.length} ${size}\r\n`);
    await this.#send([line, head, record.value, bytesOf("\r\n")]);
  }

  /** Resolves when the server has processed everything sent. Rejects if it reported an error. */
  async flush(): Promise<void> {
    await this.#send([bytesOf("PING\r\n")]);
    const buffer = new Uint8Array(4_096);
    for (let said = ""; !said.includes("PONG\r\n");) {
      const read = await this.#conn.read(buffer);
      said += new TextDecoder().decode(buffer.subarray(0, read ?? 0));
      if (read === null || said.includes("-ERR")) throw new Error(`Cannot publish: the server said ${said}`);
    }
  }

  /** Ends the connection. */
  [Symbol.dispose](): void {
    this.#conn.close();
  }

  async #send(parts: readonly Uint8Array[]): Promise<void> {
    const whole = new Uint8Array(await new Blob(parts as Uint8Array<ArrayBuffer>[]).arrayBuffer());
    for (let written = 0; written < whole.length;) written += await this.#conn.write(whole.subarray(written));
  }
}
