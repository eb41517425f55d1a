/**
 * Contexts of the `nats` CLI in a temporary folder.
 *
 * @module
 */

/** Runs a test body with a folder that contains these contexts. Set XDG_CONFIG_HOME to it. */
export async function withContexts(
  contexts: Readonly<Record<string, object>>,
  body: (home: string) => Promise<void>,
): Promise<void> {
  const home = await Deno.makeTempDir({ prefix: "natslock-contexts-" });
  try {
    await Deno.mkdir(`${home}/nats/context`, { recursive: true });
    for (const [name, context] of Object.entries(contexts)) {
      await Deno.writeTextFile(`${home}/nats/context/${name}.json`, JSON.stringify(context));
    }
    await body(home);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}
