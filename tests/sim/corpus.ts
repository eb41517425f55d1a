/**
 * Seeds that were red once, each with what it was. They run in every test.
 *
 * @module
 */

/** One seed of the corpus. */
export interface Relic {
  readonly seed: number;
  /** What it showed. */
  readonly was: string;
}

export const CORPUS: readonly Relic[] = [
  { seed: 123, was: "a look answered by a leader of before, at 0, made a live lease be lost" },
  { seed: 367, was: "such a look ended a taking back while the record stood" },
  { seed: 2192, was: "after lost writes a grant of a revision equal to the highest seen was believed" },
  { seed: 3514, was: "a refusal by a look older than a doubtful write was believed, and the write landed" },
  { seed: 1001659, was: "a cancelled try left an earlier write of its own that had landed after all" },
  { seed: 10899, was: "a renewal in doubt that a look did not show was forgotten, and left standing by the release" },
  { seed: 20010774, was: "a failed renewal that the network carried twice landed, and counted from a later one" },
  { seed: 300309296, was: "after a loss a releaseLead() made the next try forget to ask what the stream is" },
  { seed: 400118562, was: "a doubtful write on 0 was taken for landed where an older record of its own stood" },
  { seed: 600573720, was: "a look answered by a leader of before, at 0, ended a taking back of a write put on 0" },
  { seed: 700016413, was: "close() waited for a lost request for the settings longer than for any other answer" },
  { seed: 31, was: "a holder whose renewals were refused while its record stood asked again without a pause" },
  {
    seed: 73,
    was: "a holder of a stream that was gone renewed at numbers of the new one, and kept its lease for ever",
  },
  {
    seed: 1000015647,
    was:
      "a removal that had been refused was put on the same revision again after a failed look, and removed another's",
  },
  {
    seed: 1100037481,
    was: "a write in doubt for longer than a lease was fenced off where another's record stood by then",
  },
  { seed: 1100023944, was: "who waited behind its own Locker's lead renewed it, to see whether it stood" },
  {
    seed: 1200083749,
    was: "a removal went on into a bucket made again, until its numbers had come to the one expected",
  },
  {
    seed: 1400045389,
    was: "a removal went on for a lease after its record had run out, and took another's of its number",
  },
  { seed: 1700120083, was: "a doubtful grant on the record of an earlier life of its id was not fenced off" },
  { seed: 108, was: "a denied look left a write standing of which nothing had been heard" },
];
