/**
 * What a bundle for browsers holds.
 *
 * @module
 */

import { bundle } from "../../tools/npm/bundle.ts";

/** A minified bundle. */
export interface Bundle {
  /** Size that a page loads, in bytes. */
  readonly gzipped: number;
  /** Bytes before compression by source file, largest first. */
  readonly parts: readonly (readonly [file: string, bytes: number])[];
}

/** Returns the minified bundle of a module with this text, without the NATS packages. */
export async function bundleOf(text: string): Promise<Bundle> {
  const folder = await Deno.makeTempDir({ prefix: "natslock-bundle-" });
  try {
    const [entry, outfile] = [`${folder}/entry.ts`, `${folder}/out.js`];
    await Deno.writeTextFile(entry, text);
    const { outputs } = await bundle(entry, outfile, { platform: "browser", minify: true, external: ["@nats-io/*"] });
    const inputs = Object.values(outputs).flatMap(({ inputs }) => Object.entries(inputs));
    const parts = inputs.map(([file, { bytesInOutput }]) => [file, bytesInOutput] as const);
    const file = await Deno.open(outfile);
    const zipped = file.readable.pipeThrough(new CompressionStream("gzip"));
    const gzipped = (await new Response(zipped).bytes()).length;
    return { gzipped, parts: parts.filter(([, bytes]) => bytes > 0).sort(([, a], [, b]) => b - a) };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
