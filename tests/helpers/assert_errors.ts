/**
 * The assertions about errors. See `assert.ts` for the others.
 *
 * @module
 */
/** Any class, including abstract ones. Only `never` accepts constructors with every parameter list. */
export type AnyConstructor<T> = abstract new (...args: never[]) => T;
type ErrorClass<E extends Error> = AnyConstructor<E>;

/** Thrown by every assertion of this module that fails. */
export class AssertionError extends Error {
  /** Creates the error with the message that the test report shows. */
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "AssertionError";
  }
}

/** The end of a message: the caller's text, or a period. */
export function suffix(msg: string | undefined): string {
  return msg ? `: ${msg}` : ".";
}

/** Throws an AssertionError. */
export function refuse(what: string, msg?: string): never {
  throw new AssertionError(`${what}${suffix(msg)}`);
}

type ErrorRest<E extends Error> = [classOrMsg?: ErrorClass<E> | string, msgIncludes?: string, msg?: string];

interface Wanted<E extends Error> {
  errorClass: ErrorClass<E> | undefined;
  includes: string | undefined;
  msg: string | undefined;
}

// In the published signature, the second argument is either a class or the message.
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

/** Passes if the function throws. If a class is given, the thrown value must be of that class. */
export function assertThrows(fn: () => unknown, msg?: string): unknown;
/** Passes if the function throws an error of the class and its message contains the text. */
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

/** Passes if the promise of the function rejects. A synchronous throw is a failure. */
export function assertRejects(fn: () => PromiseLike<unknown>, msg?: string): Promise<unknown>;
/** Passes if the promise rejects with an error of the class and its message contains the text. */
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
