/** The text of `natslock help queues`. */
export const QUEUES_HELP: string = `A bucket for queues keeps a queue for each lock. Locks are taken in the order of
the requests, and can be shared. Create such a bucket once:

  natslock bucket create --queues NAME

In it, run and hold take all locks from queues (LockManager of the library),
also without the flags below. In other buckets they take leases (Locker). The
two do not exclude each other, so the settings of the bucket decide: it is for
queues if it keeps records for 1h or more and forbids roll-ups.

  --shared       hold the lock together with others that share it
  --limit <n>    share it, but at most n at once; the same n for all requests
  --weight <n>   take n of the limit (default: 1)
  -k, --key <k>  hold this lock, too: all or none; can be repeated
  --ttl <time>   lease length (default: 15s): a lock is free this long after its
                 process died; a lock is held for at most 24h

A key can be any text that does not begin with "-". NATSLOCK_KEY and
NATSLOCK_TOKEN are those of the first key. NATSLOCK_TOKENS has the tokens of
several keys.

Examples:
  natslock run -b queues --limit 5 crawl ./crawl.sh
  natslock run -b queues account/1 -k account/2 ./transfer.sh`;
