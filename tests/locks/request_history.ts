/**
 * Checks that a correct implementation could have produced a history of requests.
 *
 * @module
 */

import type { RandomRequest } from "./random_schedule.ts";
import type { Ending, RequestHistory } from "./request_events.ts";

/** The course of one request. Times are positions in the history; Infinity = never. */
interface Course {
  readonly request: RandomRequest;
  /** Number of settlements before the request. */
  readonly era: number;
  readonly requested: number;
  granted: number;
  released: number;
  aborted: number;
  ended: number;
  how: Ending | null;
  error: unknown;
  tokens: Readonly<Record<string, number | undefined>>;
}

/** Returns what is wrong with a history, one sentence each. */
export function historyProblems(history: RequestHistory): string[] {
  const courses = readCourses(history);
  return courses.flatMap((course) => {
    const others = courses.filter((other) => other !== course);
    const perName = course.request.names.flatMap((name) => {
      const rivals = others.filter(({ request }) => request.names.includes(name));
      return [
        ...exclusionProblems(course, rivals),
        ...orderProblems(course, rivals),
        ...tokenProblems(course, rivals, name),
      ];
    });
    return [...endProblems(course, others), ...perName].map((problem) => `Request ${course.request.id} ${problem}`);
  });
}

/** Returns the requests that do not hold yet although they have room: an implementation must grant them in time. */
export function owed(history: RequestHistory): number[] {
  const courses = readCourses(history);
  const isOwed = (course: Course): boolean => {
    const { request, granted, era } = course;
    if (granted < Infinity || goneAt(course) < Infinity || request.ifAvailable) return false;
    if (request.steal) return true;
    return request.names.every((name) => {
      const rivals = courses.filter((other) => other !== course && other.request.names.includes(name));
      // After a theft, and for a list of names, any place is possible. Else only older requests can be in front.
      const isAnywhere = request.names.length > 1 || rivals.some((other) => other.request.steal && other.era >= era);
      const front = rivals.filter((other) => goneAt(other) === Infinity && (isAnywhere || other.era <= era));
      return !conflicts(request, front.map((other) => other.request));
    });
  };
  return courses.filter(isOwed).map(({ request }) => request.id);
}

function readCourses(history: RequestHistory): Course[] {
  const courses = new Map<number, Course>();
  let era = 0;
  history.forEach((event, now) => {
    if (event.kind === "settled") era++;
    else if (event.kind === "requested") {
      const never = { granted: Infinity, released: Infinity, aborted: Infinity, ended: Infinity };
      const { request } = event;
      courses.set(request.id, { request, era, requested: now, ...never, how: null, error: undefined, tokens: {} });
    } else {
      const course = courses.get(event.id);
      if (!course) return;
      course[event.kind] = Math.min(course[event.kind], now);
      if (event.kind === "granted") course.tokens = event.tokens;
      if (event.kind === "ended") Object.assign(course, { how: event.how, error: event.error });
    }
  });
  return [...courses.values()];
}

/** When the request stopped to hold or to wait by its own knowledge. */
function goneAt({ granted, released, aborted, ended }: Course): number {
  return Math.min(released, ended, aborted < granted ? aborted : Infinity);
}

/** Every request ends, in a way that its options and the others explain. */
function endProblems(course: Course, others: readonly Course[]): string[] {
  const { request, how, granted, aborted, requested, ended } = course;
  const isRival = (other: Course) => other.request.names.some((name) => request.names.includes(name));
  const meets = (other: Course) => isRival(other) && other.requested < ended && other.ended > requested;
  const problems: string[] = [];
  if (how === null) problems.push("did not end");
  if (how === "failed") problems.push(`failed: ${course.error}`);
  if (how === "done" && granted === Infinity) problems.push("resolved without its callback");
  if (aborted < granted && granted < Infinity) problems.push("was granted after its abort");
  if (how === "aborted" && (aborted > ended || granted < ended)) problems.push("ended as aborted without reason");
  const isRobbed = others.some((other) => other.request.steal && meets(other));
  // A theft can come between the grant and the callback.
  if (how === "stolen" && !isRobbed) problems.push("ended as stolen without a thief");
  if (how === "refused" && !request.ifAvailable) problems.push("got null although it may wait");
  if (how === "refused" && !others.some(meets)) problems.push("got null although the lock was free");
  return problems;
}

/** Reports whether a request has no room beside these. */
function conflicts({ mode, limit, weight }: RandomRequest, others: readonly RandomRequest[]): boolean {
  if (mode === "exclusive") return others.length > 0;
  if (others.some((other) => other.mode === "exclusive")) return true;
  return limit !== null && others.reduce((sum, other) => sum + other.weight, weight) > limit;
}

function ids(courses: readonly Course[]): string {
  return courses.map(({ request }) => request.id).join(", ");
}

/**
 * Nobody holds together with those that exclude it, except a victim that has not heard of its theft. Its callback can
 * also start after the theft.
 */
function exclusionProblems({ request, granted, how }: Course, rivals: readonly Course[]): string[] {
  if (granted === Infinity || how === "stolen") return [];
  const holders = rivals.filter((other) =>
    other.granted < granted && granted < goneAt(other) && other.how !== "stolen"
  );
  return conflicts(request, holders.map((other) => other.request)) ? [`holds together with ${ids(holders)}`] : [];
}

/** Nobody holds before those that were in the queue before it, unless it has room beside all of them. */
function orderProblems(course: Course, rivals: readonly Course[]): string[] {
  const { request, era, granted } = course;
  if (granted === Infinity || request.steal || request.names.length > 1) return [];
  const before = rivals.filter((other) => {
    // A list of names takes its places when it can, a request that got no lock had a place for a moment only.
    const hasPlace = other.request.names.length === 1 && (other.granted < Infinity || other.aborted < Infinity);
    // A theft gives those that wait new places.
    const isMoved = rivals.some((thief) => thief.request.steal && thief.era >= other.era && thief.requested < granted);
    return hasPlace && !isMoved && other.era < era && goneAt(other) > granted;
  });
  return conflicts(request, before.map((other) => other.request)) ? [`passed ${ids(before)}`] : [];
}

/** Of two grants that exclude each other, the later one has the higher token. */
function tokenProblems(course: Course, rivals: readonly Course[], name: string): string[] {
  const { request, granted, tokens, how } = course;
  const token = tokens[name];
  if (token === undefined || how === "stolen") return [];
  return rivals.flatMap((other) => {
    const earlier = other.tokens[name];
    const isRelevant = other.granted < granted && other.how !== "stolen" && conflicts(request, [other.request]);
    if (!isRelevant || earlier === undefined || earlier < token) return [];
    return [`has token ${token}, which is not above ${earlier} of request ${other.request.id}`];
  });
}
