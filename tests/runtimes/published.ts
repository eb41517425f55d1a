/** What `deno publish` sends, and the two packages that JSR makes of it. */

import { pack } from "./tarball.ts";

type Bytes = Uint8Array<ArrayBuffer>;
/** Texts and the like by path, with a slash before. */
type Files = ReadonlyMap<string, Bytes>;

/** What is read of the `deno.json` that was published. */
interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly exports: Readonly<Record<string, string>>;
}

/** One version of a package, as both of JSR's sides have it. */
export interface Published {
  readonly manifest: Manifest;
  /** For Deno: the source, in which the import map has been applied. */
  readonly files: Files;
  /** For npm and Bun, under a name of its own. */
  readonly npm: NpmPackage;
}

interface NpmPackage {
  readonly name: string;
  readonly tarball: Bytes;
  /** Its `package.json`. */
  readonly manifest: unknown;
}

/** Where packages are made. */
export interface Workshop {
  /** Takes what is made. */
  readonly folder: string;
  /** Address of the registry that has what a package depends on. */
  readonly jsr: string;
}

/** Reads what was sent. */
export async function publishedOf(sent: ReadableStream<Bytes>, { folder, jsr }: Workshop): Promise<Published> {
  const files = await filesOf(sent);
  const manifest = jsonOf(files.get("/deno.json")) as Manifest;
  const workshop = { folder: await Deno.makeTempDir({ dir: folder }), jsr };
  return { manifest, files, npm: await npmPackageOf(manifest, files, workshop) };
}

/** What Deno reads of a version before its files. */
export async function versionMetaOf({ manifest: { exports }, files }: Published): Promise<unknown> {
  const parts = await Promise.all([...files].map(async ([path, bytes]) => {
    const checksum = `sha256-${new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex()}`;
    return [path, { size: bytes.length, checksum }] as const;
  }));
  return { manifest: Object.fromEntries(parts), moduleGraph2: {}, exports };
}

/** What npm reads of a package before its tarball, which has this address. */
export async function packumentOf({ npm, manifest: { version } }: Published, tarball: string): Promise<unknown> {
  const integrity = `sha512-${new Uint8Array(await crypto.subtle.digest("SHA-512", npm.tarball)).toBase64()}`;
  const dist = { tarball, integrity };
  const versions = { [version]: { ...npm.manifest as object, dist } };
  return { name: npm.name, "dist-tags": { latest: version }, versions, time: { [version]: new Date().toISOString() } };
}

/** JSR's npm side strips the types of what was published; "@x/natslock" is "@jsr/x__natslock" there. */
async function npmPackageOf({ name, ...rest }: Manifest, files: Files, { folder, jsr }: Workshop): Promise<NpmPackage> {
  const { version, license, exports } = rest;
  const npmName = `@jsr/${name.slice(1).replace("/", "__")}`;
  for (const [path, bytes] of files) {
    const target = `${folder}${path}`;
    await Deno.mkdir(target.slice(0, target.lastIndexOf("/")), { recursive: true });
    await Deno.writeFile(target, bytes);
  }
  await Deno.writeTextFile(`${folder}/deno.json`, JSON.stringify({ name: npmName, version, license, exports }));
  const tarball = await Deno.readFile(await pack(folder, folder, { JSR_URL: jsr }));
  const manifest = jsonOf((await filesOf(new Blob([tarball]).stream())).get("/package/package.json"));
  return { name: npmName, tarball, manifest };
}

/** The files of a zipped tar archive; the kind that `deno` writes, without long names and links. */
async function filesOf(zipped: ReadableStream<Bytes>): Promise<Files> {
  const archive = await new Response(zipped.pipeThrough(new DecompressionStream("gzip"))).bytes();
  const files = new Map<string, Bytes>();
  const text = (from: number, length: number) =>
    new TextDecoder().decode(archive.subarray(from, from + length)).replace(/\0[^]*$/, "");
  for (let head = 0; archive[head];) {
    const [name, size] = [text(head, 100), parseInt(text(head + 124, 12), 8)];
    files.set(`/${name}`, archive.slice(head + BLOCK, head + BLOCK + size));
    head += BLOCK * (1 + Math.ceil(size / BLOCK));
  }
  return files;
}

/** In bytes: what a tar archive is made of. */
const BLOCK = 512;

function jsonOf(bytes: Bytes | undefined): unknown {
  return JSON.parse(new TextDecoder().decode(bytes));
}
