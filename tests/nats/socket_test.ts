import { assert, assertEquals } from "@std/assert";
import { jetstream } from "@nats-io/jetstream";
import { Locker } from "@x/natslock";
import { withWholeFrames } from "../../src/nats/socket.ts";
import { timed } from "../helpers/measure.ts";
import { connectionOf, withServer } from "../helpers/nats.ts";

/** Returns the frames in which data of this size is sent. Checks that they have the same bytes. */
function framesOf(size: number): number[] {
  const data = Uint8Array.from({ length: size }, (_, at) => at % 251);
  const frames: ArrayBuffer[] = [];
  withWholeFrames({ send: (frame) => void frames.push(frame as ArrayBuffer) }).send(data.buffer);
  assertEquals(new Uint8Array(frames.flatMap((frame) => [...new Uint8Array(frame)])), data);
  return frames.map(({ byteLength }) => byteLength);
}

Deno.test("withWholeFrames() sends the same bytes, at most 1,024 in a frame", () => {
  assertEquals([1, 1024, 1025, 2500].map(framesOf), [[1], [1024], [1024, 1], [1024, 1024, 452]]);
});

Deno.test("withWholeFrames() sends more than 64 KiB in one frame", () => {
  assertEquals([framesOf(65_536).length, framesOf(65_537)], [64, [65_537]]);
});

Deno.test("Locker.open() makes a connection on which ten requests at once do not wait for an acknowledgement of TCP", () =>
  withServer(async ({ server }) => {
    await using locker = await Locker.open({ servers: server.url, bucket: "locks", ttl: 3000 });
    const js = jetstream(connectionOf(locker));
    const payload = "x".repeat(300);
    const ten = () => Promise.all(Array.from({ length: 10 }, (_, at) => js.publish(`$KV.locks.key-${at}`, payload)));
    // The acknowledgement comes after 40 ms at the earliest: so one quick round is enough, on a busy machine too.
    const rounds: number[] = [];
    while (rounds.length < 20) rounds.push(await timed(ten));
    assert(Math.min(...rounds) < 35, `the quickest of 20 rounds took ${Math.min(...rounds)} ms`);
  }));
