/**
 * What a process prints, line by line.
 *
 * @module
 */

/** Calls back with each line; what is left without an end was cut off by a kill and is left out. */
export async function eachLine(stream: ReadableStream<Uint8Array>, told: (line: string) => void): Promise<void> {
  let rest = "";
  const decoder = new TextDecoder();
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) told(line);
  }
}
