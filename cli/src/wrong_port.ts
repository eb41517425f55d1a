/**
 * Recognizes a port of the other kind: a NATS port where a websocket address was given, and the reverse. The clients
 * only report that they cannot connect, or wait until their time is up.
 */

import { connect as dial } from "node:net";
import { CliError, EXIT } from "./exit.ts";
import type { Settings } from "./settings.ts";

/** The most time that a port may take to show its kind, in milliseconds. */
const PATIENCE = 1500;

/** An HTTP request that any web server answers, also one that expects TLS. */
const GREETING = "GET / HTTP/1.1\r\nHost: natslock\r\nConnection: close\r\n\r\n";

/**
 * Asks each address for its kind. Returns the error for the first one that is of the other kind, else `null`. The
 * wait is at most 1.5 s.
 */
export async function wrongPort({ way, servers }: Pick<Settings, "way" | "servers">): Promise<CliError | null> {
  const answers = await Promise.all(servers.map((server) => answerOf(new URL(server), way)));
  for (const [at, answer] of answers.entries()) {
    const { protocol, host } = new URL(servers[at] ?? "");
    if (way === "websocket" && answer.startsWith("INFO {")) {
      return refusal(
        `${protocol}//${host}`,
        "NATS",
        `${/"tls_required":\s*true/.test(answer) ? "tls" : "nats"}://${host}`,
      );
    }
    if (way === "tcp" && answer.startsWith("HTTP/")) {
      return refusal(`${protocol}//${host}`, "websocket", `${/HTTPS/.test(answer) ? "wss" : "ws"}://${host}`);
    }
  }
  return null;
}

function refusal(address: string, kind: string, instead: string): CliError {
  return new CliError(
    EXIT.unreachable,
    `Cannot connect to ${address}: this looks like a ${kind} port`,
    `use ${instead}`,
  );
}

/**
 * Returns how a port answers. A NATS server speaks first, so nothing is sent to a port that should be a websocket. A
 * web server answers a request, and a NATS server refuses it.
 */
function answerOf({ hostname, port, protocol }: URL, way: Settings["way"]): Promise<string> {
  const usual = { "ws:": 80, "wss:": 443 }[protocol] ?? 4222;
  const socket = dial({ host: hostname.replace(/^\[|\]$/g, ""), port: Number(port || usual) });
  const answer = new Promise<string>((resolve) => {
    socket.setTimeout(PATIENCE, () => resolve(""));
    socket.once("error", () => resolve(""));
    socket.once("close", () => resolve(""));
    socket.once("data", (data: Uint8Array) => resolve(new TextDecoder().decode(data)));
  });
  if (way === "tcp") socket.once("connect", () => socket.write(GREETING));
  return answer.finally(() => socket.destroy());
}
