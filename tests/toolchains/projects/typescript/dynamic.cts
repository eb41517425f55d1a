/** A CommonJS file that imports the package when it runs: the compiler keeps `import()`. */

/** Takes a lock and gives it back. */
export async function work(): Promise<number> {
  const { Locker } = await import("@x/natslock");
  const locker = await Locker.open({ servers: "ws://127.0.0.1:8080", bucket: "locks", ttl: 15_000 });
  try {
    return await locker.run((lease) => lease.token);
  } finally {
    await locker.close();
  }
}
