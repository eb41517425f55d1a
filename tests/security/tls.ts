/**
 * A server with TLS, and connection options for Deno that trust it.
 *
 * @module
 */

import type { WsConnectionOptions } from "@nats-io/nats-core";
import { NatsServer } from "../../tools/nats/server.ts";
import { certificates } from "./certificates.ts";

/** Address of the server, and options of a connection that trusts it. */
export interface TlsLab {
  readonly url: string;
  readonly trusting: WsConnectionOptions;
}

/** Runs a test body against a server with a certificate that a new authority signed. */
export async function withTls(body: (lab: TlsLab) => Promise<void>): Promise<void> {
  const { authority, certificate, key } = await certificates();
  const folder = await Deno.makeTempDir({ prefix: "natslock-tls-" });
  // Does what DENO_CERT does for a whole process.
  const client = Deno.createHttpClient({ caCerts: [authority] });
  try {
    const [certFile, keyFile] = [`${folder}/certificate.pem`, `${folder}/key.pem`];
    await Deno.writeTextFile(certFile, certificate);
    await Deno.writeTextFile(keyFile, key);
    const websocket = `tls { cert_file: ${JSON.stringify(certFile)}, key_file: ${JSON.stringify(keyFile)} }`;
    await using server = await NatsServer.start({ websocket });
    const wsFactory = (url: string) => Promise.resolve({ socket: new WebSocket(url, { client }), encrypted: true });
    await body({ url: server.url.replace("ws:", "wss:"), trusting: { wsFactory } });
  } finally {
    client.close();
    await Deno.remove(folder, { recursive: true });
  }
}
