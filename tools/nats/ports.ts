/**
 * Ports on loopback for servers.
 *
 * @module
 */

import { tmpdir } from "node:os";
import { isAlive } from "./alive.ts";

/** A range of ports, both ends included. */
export type PortRange = readonly [lowest: number, highest: number];

/**
 * Systems give other ports to outgoing connections and to listeners on port 0: Linux those from 32,768 on, others those
 * from 49,152 on. So nothing takes the ports of a server that is down before it starts again.
 */
const RANGE: PortRange = [20_000, 32_767];

/** How many ports to try until enough of them are free. */
const MOST_TRIES = 1000;

/** Which process has each reserved port. All processes of a user share the file, so that no two get the same port. */
const FILE = `${tmpdir()}/natslock-ports-${Deno.uid() ?? "all"}.json`;

type Reservations = Record<string, number>;

/**
 * Returns ports that are free now, and reserves them for as long as this process runs: its server may not listen yet, or
 * be down. A program that does not ask for a reservation can still take one. The start then fails.
 */
export function freePorts(count: number, [lowest, highest]: PortRange = RANGE): number[] {
  return withReservations((reserved) => {
    const ports: number[] = [];
    for (let tries = 0; ports.length < count; tries++) {
      if (tries === MOST_TRIES) throw new Error(`Cannot find ${count} free ports from ${lowest} to ${highest}`);
      const port = lowest + Math.floor(Math.random() * (highest - lowest + 1));
      if (port in reserved || !isFree(port)) continue;
      reserved[port] = Deno.pid;
      ports.push(port);
    }
    return ports;
  });
}

/** Changes the reservations while nobody else does. Drops those of processes that have ended. */
function withReservations<Result>(change: (reserved: Reservations) => Result): Result {
  using file = Deno.openSync(FILE, { read: true, write: true, create: true });
  // Closing the file unlocks it.
  file.lockSync(true);
  const reserved = livingIn(Deno.readTextFileSync(FILE));
  const result = change(reserved);
  Deno.writeTextFileSync(FILE, JSON.stringify(reserved));
  return result;
}

function livingIn(text: string): Reservations {
  const all = parsed(text);
  const living = new Set([...new Set(Object.values(all))].filter(isAlive));
  return Object.fromEntries(Object.entries(all).filter(([, pid]) => living.has(pid)));
}

/** Returns no reservations if the file is new, or was cut off by a kill. */
function parsed(text: string): Reservations {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

/** How many times to choose ports. Another program can take a port between its choice and its use. */
const PORT_TRIES = 3;

/** Calls `start`, which chooses ports, again if another program took one of them meanwhile. */
export async function withOtherPorts<Started>(start: () => Promise<Started>): Promise<Started> {
  for (let tries = 1;; tries++) {
    try {
      return await start();
    } catch (error) {
      if (tries === PORT_TRIES || !String(error).includes("address already in use")) throw error;
    }
  }
}

/** True if no program listens on this port of loopback now. */
export function isFree(port: number): boolean {
  try {
    Deno.listen({ hostname: "127.0.0.1", port }).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse || error instanceof Deno.errors.PermissionDenied) return false;
    throw error;
  }
}
