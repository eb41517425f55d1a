// A candidate as the Go package natslock is one, for tests: it gets, then puts.
//
// Started with the server's address, the bucket, its lease length and an id. Each line on its input is one command,
// answered by one line of JSON:
//
//	acquire   takes the lead, or keeps it: Get, then Put of the id
//	release   gives it back: Get, then Purge
//	leader    what a Get shows
//	create    makes the bucket by CreateKeyValue though it is there
//
// After "acquire slowly" or "release slowly" it says what the Get showed and waits for a line, whatever it is, before
// it writes: the gap in which others act.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
)

const key = "leader"

type answer struct {
	Leads    bool   `json:"leads"`
	Holder   string `json:"holder"`
	Revision uint64 `json:"revision"`
	Error    string `json:"error,omitempty"`
}

type candidate struct {
	js    nats.JetStreamContext
	kv    nats.KeyValue
	ttl   time.Duration
	id    string
	lines *bufio.Scanner
}

// Opens the bucket as it is, whatever its settings; makes it if there is none.
func open(js nats.JetStreamContext, bucket string, ttl time.Duration) (nats.KeyValue, error) {
	kv, err := js.KeyValue(bucket)
	if errors.Is(err, nats.ErrBucketNotFound) {
		return js.CreateKeyValue(&nats.KeyValueConfig{Bucket: bucket, TTL: ttl})
	}
	return kv, err
}

// What stands under the key; a value that is no id, as that of a release, is nobody's.
func (c *candidate) holder() (string, error) {
	entry, err := c.kv.Get(key)
	if errors.Is(err, nats.ErrKeyNotFound) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return string(entry.Value()), nil
}

func (c *candidate) acquire(slowly bool) answer {
	holder, err := c.holder()
	if err != nil {
		return answer{Error: err.Error()}
	}
	c.gap(slowly, holder)
	if isID(holder) && holder != c.id {
		return answer{Holder: holder}
	}
	revision, err := c.kv.PutString(key, c.id)
	if err != nil {
		// The package answers true all the same.
		return answer{Leads: true, Holder: c.id, Error: err.Error()}
	}
	return answer{Leads: true, Holder: c.id, Revision: revision}
}

func (c *candidate) release(slowly bool) answer {
	holder, err := c.holder()
	c.gap(slowly, holder)
	if err == nil && holder == c.id {
		err = c.kv.Purge(key)
	}
	if err != nil {
		return answer{Error: err.Error()}
	}
	return answer{}
}

func (c *candidate) leader() answer {
	holder, err := c.holder()
	if err != nil {
		return answer{Error: err.Error()}
	}
	return answer{Leads: holder == c.id, Holder: holder}
}

func (c *candidate) create() answer {
	if _, err := c.js.CreateKeyValue(&nats.KeyValueConfig{Bucket: c.kv.Bucket(), TTL: c.ttl}); err != nil {
		return answer{Error: err.Error()}
	}
	return answer{}
}

func (c *candidate) gap(slowly bool, holder string) {
	if slowly {
		tell(answer{Leads: holder == c.id, Holder: holder})
		c.lines.Scan()
	}
}

func isID(value string) bool {
	return len(value) == 36 && strings.Count(value, "-") == 4
}

func tell(what answer) {
	line, _ := json.Marshal(what)
	fmt.Println(string(line))
}

func run(url, bucket, length, id string) error {
	ttl, err := time.ParseDuration(length)
	if err != nil {
		return err
	}
	nc, err := nats.Connect(url)
	if err != nil {
		return err
	}
	defer nc.Close()
	js, err := nc.JetStream()
	if err != nil {
		return err
	}
	kv, err := open(js, bucket, ttl)
	if err != nil {
		return err
	}
	c := &candidate{js: js, kv: kv, ttl: ttl, id: id, lines: bufio.NewScanner(os.Stdin)}
	tell(answer{})
	for c.lines.Scan() {
		verb, how, _ := strings.Cut(c.lines.Text(), " ")
		switch verb {
		case "acquire":
			tell(c.acquire(how == "slowly"))
		case "release":
			tell(c.release(how == "slowly"))
		case "leader":
			tell(c.leader())
		case "create":
			tell(c.create())
		default:
			return fmt.Errorf("unknown command %q", verb)
		}
	}
	return nil
}

func main() {
	if len(os.Args) != 5 {
		fmt.Fprintln(os.Stderr, "Usage: candidate SERVER BUCKET TTL ID")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2], os.Args[3], os.Args[4]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
