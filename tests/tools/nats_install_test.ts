import { assertEquals } from "@std/assert";

const INSTALL = new URL("../../tools/nats/install.ts", import.meta.url).href;

/** A `go` that creates a server of the requested release and records the request. */
const GO = `#!/bin/sh
echo "\${2##*@}" >> "\${0%/*}/asked"
printf "#!/bin/sh\\necho nats-server: \${2##*@}\\n" > "$GOBIN/nats-server"
chmod +x "$GOBIN/nats-server"
`;

Deno.test("natsServerOf() installs exactly the requested release, once", {
  ignore: Deno.build.os === "windows",
}, async () => {
  const folder = await Deno.makeTempDir({ prefix: "natslock-test-" });
  try {
    await Deno.writeTextFile(`${folder}/go`, GO, { mode: 0o755 });
    const code = `import { natsServerOf, versionOf } from ${JSON.stringify(INSTALL)};
      for (const version of ["2.9.25", "2.10.29", "2.9.25"]) console.log(await versionOf(await natsServerOf(version)));`;
    const env = { XDG_CACHE_HOME: `${folder}/cache`, NATSLOCK_INSTALL: "go", PATH: `${folder}:/usr/bin:/bin` };
    const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["eval", "--no-lock", code], env }).output();
    assertEquals(new TextDecoder().decode(stdout).trim().split("\n"), ["2.9.25", "2.10.29", "2.9.25"]);
    assertEquals((await Deno.readTextFile(`${folder}/asked`)).trim().split("\n"), ["v2.9.25", "v2.10.29"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
