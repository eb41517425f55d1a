/**
 * Reads the output of a process line by line.
 *
 * @module
 */

/** Calls `told` with each complete line. A last line without a line end was cut off by a kill and is dropped. */
export async function eachLine(stream: ReadableStream<Uint8Array>, told: (line: string) => void): Promise<void> {
  let rest = "";
  const decoder = new TextDecoder();
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) told(line);
  }
}
