/** Matches keys against filters. */

/**
 * Returns a function that reports whether a key is under a filter. A filter is a key, or a key in which the token `*`
 * stands for any token, and `>` at the end for one or more tokens.
 */
export function filterOf(filter: string): (key: string) => boolean {
  if (!/[*>]/.test(filter)) return (key) => key === filter;
  const start = filter.slice(0, filter.search(/[*>]/));
  const wanted = filter.split(".");
  const isOpen = wanted.at(-1) === ">";
  if (isOpen) wanted.pop();
  return (key) => {
    if (!key.startsWith(start)) return false;
    const tokens = key.split(".");
    const fits = isOpen ? tokens.length > wanted.length : tokens.length === wanted.length;
    return fits && wanted.every((token, index) => token === "*" || token === tokens[index]);
  };
}
