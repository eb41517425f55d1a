/**
 * Seeds that once broke a rule. They run in every test.
 *
 * @module
 */

/** One seed of the corpus. */
export interface Relic {
  readonly seed: number;
  /** Description of the error. */
  readonly was: string;
  /** True if it broke the rule on the simulated JetStream. */
  readonly wire?: true;
  /** True if it broke the rule in a small world. */
  readonly small?: true;
  /** True if the servers lost acknowledged writes. */
  readonly lostWrites?: true;
}

export const CORPUS: readonly Relic[] = [
  { seed: 123, was: "a read that a former leader answered with revision 0 ended a valid lease" },
  { seed: 367, was: "such a read ended a removal while the record existed" },
  { seed: 2192, was: "after lost writes, a grant with a revision equal to the highest seen was accepted" },
  { seed: 3514, was: "a refusal by a read older than a write in doubt was accepted, and the write was stored" },
  { seed: 1001659, was: "a cancelled attempt left an earlier write of its own that was stored late" },
  { seed: 10899, was: "a renewal in doubt that a read did not show was forgotten, and the release did not remove it" },
  { seed: 20010774, was: "a failed renewal that the network duplicated was stored, and was counted from a later one" },
  { seed: 300309296, was: "after a loss, releaseLead() made the next attempt forget to check the stream" },
  {
    seed: 400118562,
    was: "a write in doubt that expected 0 was considered stored because of an older record of its own",
  },
  {
    seed: 600573720,
    was: "a read that a former leader answered with revision 0 ended the removal of a write that expected 0",
  },
  { seed: 700016413, was: "close() waited for a lost request for the settings longer than for any other answer" },
  { seed: 31, was: "a holder whose renewals were refused while its record existed retried without a pause" },
  {
    seed: 73,
    was: "a holder of a stream that was gone renewed at revisions of the new one, and kept its lease forever",
  },
  {
    seed: 1000015647,
    was: "a refused removal was sent again at the same revision after a failed read, and removed another's record",
  },
  {
    seed: 1100037481,
    was: "a write in doubt for longer than a lease was fenced off when another's record was stored already",
  },
  { seed: 1100023944, was: "a wait behind the lead of its own Locker renewed that lead to check its record" },
  {
    seed: 1200083749,
    was: "a removal was retried in a re-created bucket until a revision matched the expected one",
  },
  {
    seed: 1400045389,
    was: "a removal was retried for a lease after its record had expired, and removed another's with the same revision",
  },
  {
    seed: 1800057903,
    was: "a hold by calls in a re-created bucket was expected to end within one lease, not one and a half",
  },
  { seed: 1700120083, was: "a grant in doubt on the record of an earlier process with its id was not fenced off" },
  { seed: 2200002672, wire: true, was: "close() waited for the bucket's settings although nothing was stored" },
  { seed: 2400292833, was: "the judge asked for a check of the stream that had come during the removal" },
  { seed: 2500799127, was: "the judge awaited a grant although a renewal had landed on a marker, after a roll-back" },
  {
    seed: 2700024579,
    was: "a check of the stream counted from its late answer, and a hold of a former stream lasted longer for it",
  },
  { seed: 2800392795, was: "the judge did not allow for an answer that was lost just before the faults ended" },
  { seed: 108, was: "a denied read left a write of unknown outcome stored" },
];
