/** Formats times for people: local time with its zone. JSON has UTC. */

const two = (number: number): string => `${number}`.padStart(2, "0");

/** Returns the zone of a local time, such as `+01:00`. */
function zoneOf(date: Date): string {
  const minutes = -date.getTimezoneOffset();
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  return `${minutes < 0 ? "-" : "+"}${two(hours)}:${two(rest)}`;
}

/** Formats a time of day, such as `08:50:14 +01:00`. */
export function timeOfDay(ms: number): string {
  const date = new Date(ms);
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())} ${zoneOf(date)}`;
}

/** Formats a date and time, such as `2026-11-26 08:50:14 +01:00`. */
export function dateAndTime(ms: number): string {
  const date = new Date(ms);
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${timeOfDay(ms)}`;
}
