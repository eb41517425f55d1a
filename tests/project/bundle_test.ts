// deno-lint-ignore-file no-console
import { assert, assertEquals, assertGreater } from "@std/assert";
import { hindrance } from "../runtimes/attempt.ts";
import { type Bundle, bundleOf } from "../helpers/bundle_size.ts";
import { installed, installedNats } from "../../tools/npm/packages.ts";

/**
 * Maximum sizes in bytes, gzipped, that natslock may add to a page that already has the NATS packages: all of it, and
 * what an application of one class takes. Error messages are a quarter of it.
 */
const MOST = 41_700;
const MOST_OF = { Locker: 25_200, LockManager: 39_000 } as const;
/** Number of the largest parts to print. */
const SHOWN = 8;

function largest({ parts }: Bundle): string {
  return parts.slice(0, SHOWN).map(([file, bytes]) => `${String(bytes).padStart(8)}  ${file}`).join("\n");
}

const reason = await hindrance(() => Promise.all([installed("bundler"), installedNats()]));
if (reason !== null) console.log(`The size of the bundle: skipped, ${reason}`);

Deno.test({
  name: `mod.ts adds at most ${MOST} bytes to a page that has the NATS libraries`,
  ignore: reason !== null,
  fn: async () => {
    const all = await bundleOf(`export * from "@x/natslock";`);
    const parts = `The largest parts, minified:\n${largest(all)}`;
    console.log(`${all.gzipped} bytes gzipped, of at most ${MOST}. ${parts}`);
    assert(all.gzipped <= MOST, `${all.gzipped} bytes of at most ${MOST}. ${parts}`);
    assertGreater(all.parts.length, 20);
  },
});

for (const [name, most] of Object.entries(MOST_OF)) {
  Deno.test({
    name: `${name} alone adds at most ${most} bytes to such a page`,
    ignore: reason !== null,
    fn: async () => {
      const { gzipped, parts } = await bundleOf(`import { ${name} } from "@x/natslock"; console.log(${name});`);
      console.log(`${name}: ${gzipped} bytes gzipped, of at most ${most}`);
      assert(gzipped <= most, `${gzipped} bytes of at most ${most}`);
      const isOther = (file: string) => file.includes("src/locks/") && name === "Locker";
      assertEquals(parts.filter(([file]) => isOther(file)), []);
    },
  });
}

Deno.test({
  name: "A bundle of Locker contains nothing that only tests need",
  ignore: reason !== null,
  fn: async () => {
    const { parts } = await bundleOf(`import { Locker } from "@x/natslock"; console.log(Locker);`);
    assertEquals(parts.filter(([file]) => /testing|memory_store|manual_clock|tools\/|tests\//.test(file)), []);
    assert(parts.some(([file]) => file.endsWith("src/locker/locker.ts")));
    const testing = await bundleOf(`export * from "@x/natslock/testing";`);
    assert(
      testing.parts.some(([file]) => file.endsWith("src/memory/memory_store.ts")),
      "the names in this test are still in use",
    );
  },
});
