/** Why a test cannot run on this machine; `null` if it can, or if it has to, as in continuous integration. */
export async function hindranceOf(need: () => Promise<unknown>): Promise<string | null> {
  if (Deno.env.get("CI") === "true") return null;
  return await need().then(() => null, (error: Error) => error.message);
}
