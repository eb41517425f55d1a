/**
 * The half of the assertions that is about errors; see `assert.ts`.
 *
 * @module
 */
/**
 * Any class, abstract ones included: constructors of every parameter list
 * must be accepted, and only `never` is below all parameters.
 */
export type AnyConstructor<T> = abstract new (...args: never[]) => T;
type ErrorClass<E extends Error> = AnyConstructor<E>;

/** Thrown by every assertion of this module that does not hold. */
export class AssertionError extends Error {
  /** Makes the error with the message shown to the reader of the test report. */
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "AssertionError";
  }
}

/** The end of a message: the words of the caller, or a full stop. */
export function suffix(msg: string | undefined): string {
  return msg ? `: ${msg}` : ".";
}

/** Throws the AssertionError for what did not hold. */
export function refuse(what: string, msg?: string): never {
  throw new AssertionError(`${what}${suffix(msg)}`);
}

type ErrorRest<E extends Error> = [classOrMsg?: ErrorClass<E> | string, msgIncludes?: string, msg?: string];

interface Wanted<E extends Error> {
  errorClass: ErrorClass<E> | undefined;
  includes: string | undefined;
  msg: string | undefined;
}

// The published signature lets the second argument be a class or the message, so it is told apart here.
function readRest<E extends Error>(rest: ErrorRest<E>): Wanted<E> {
  const [first, second, third] = rest;
  return typeof first === "function"
    ? { errorClass: first, includes: second, msg: third }
    : { errorClass: undefined, includes: undefined, msg: first };
}

function checkError<E extends Error>(error: unknown, wanted: Wanted<E>): unknown {
  const { errorClass, includes, msg } = wanted;
  if (errorClass === undefined) return error;
  if (!(error instanceof Error)) {
    refuse(`A non-Error object was thrown or rejected`, msg);
  }
  if (!(error instanceof errorClass)) {
    const found = error.constructor.name;
    refuse(`Expected error to be instance of "${errorClass.name}", but was "${found}"`, msg);
  }
  if (includes !== undefined && !error.message.includes(includes)) {
    refuse(`Expected error message to include "${includes}", but got "${error.message}"`, msg);
  }
  return error;
}

/** Holds when the function throws; with a class, when what it throws is of that class. */
export function assertThrows(fn: () => unknown, msg?: string): unknown;
/** Holds when the function throws an error of the class, its message containing the text. */
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  ErrorClass: ErrorClass<E>,
  msgIncludes?: string,
  msg?: string,
): E;
export function assertThrows<E extends Error>(
  fn: () => unknown,
  ...rest: ErrorRest<E>
): unknown {
  const wanted = readRest(rest);
  try {
    fn();
  } catch (error) {
    return checkError(error, wanted);
  }
  refuse("Expected function to throw", wanted.msg);
}

/** Holds when the promise of the function rejects; a synchronous throw does not count. */
export function assertRejects(fn: () => PromiseLike<unknown>, msg?: string): Promise<unknown>;
/** Holds when it rejects with an error of the class, its message containing the text. */
export function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  ErrorClass: ErrorClass<E>,
  msgIncludes?: string,
  msg?: string,
): Promise<E>;
export async function assertRejects<E extends Error>(
  fn: () => PromiseLike<unknown>,
  ...rest: ErrorRest<E>
): Promise<unknown> {
  const wanted = readRest(rest);
  let promise: PromiseLike<unknown>;
  try {
    promise = fn();
  } catch {
    refuse("Function throws when expected to reject", wanted.msg);
  }
  try {
    await promise;
  } catch (error) {
    return checkError(error, wanted);
  }
  refuse("Expected function to reject", wanted.msg);
}
