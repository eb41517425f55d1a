/** Texts as words of a shell command that a message shows. */

/** Quotes a text for a shell. */
export const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;

/** Returns a text as one word of a command: as it is if no shell changes it, else in quotes. */
export const wordOf = (text: string): string => /^[-\w./=:@%+,]+$/.test(text) ? text : quoted(text);
